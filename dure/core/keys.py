"""Keys derived from the server's secret key, and columns sealed with them (ARCHITECTURE §3)."""

import base64
import hmac
import json
from functools import cache
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def derive(purpose: str) -> bytes:
    """Return the 32-byte key of one purpose."""
    return _derive(settings.SECRET_KEY, purpose)


def derive_all(purpose: str) -> list[bytes]:
    """Return the keys of one purpose, the newest first, then those of older secret keys."""
    return [_derive(key, purpose) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


@cache
def _derive(secret: str, purpose: str) -> bytes:
    return hmac.digest(secret.encode(), b"dure:" + purpose.encode(), sha256)


def keyed_hash(purpose: str, value: str) -> bytes:
    """Return the fast hash for secrets of ≥ 80 random bits and for keys that must not be read back."""
    return hmac.digest(derive(purpose), value.encode(), sha256)


def keyed_hashes(purpose: str, value: str) -> list[bytes]:
    """Return the hash under the current and every older secret key."""
    return [hmac.digest(key, value.encode(), sha256) for key in derive_all(purpose)]


def fits(purpose: str, value: str, stored: bytes | memoryview) -> bool:
    """Tell whether a value is the one whose keyed hash is stored."""
    found = keyed_hashes(purpose, value) if value.isascii() else []
    return any(hmac.compare_digest(candidate, bytes(stored)) for candidate in found)


@cache
def _box(keys: tuple[bytes, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def seal(purpose: str, value: Any) -> bytes:
    """Encrypt a JSON value for one purpose (AES-128-CBC with HMAC-SHA256, Fernet)."""
    return _box(tuple(derive_all(purpose))).encrypt(json.dumps(value, ensure_ascii=False).encode())


class Unreadable(Exception):
    """Sealed with a key that is no longer known, or changed."""


def unseal(purpose: str, sealed: bytes | memoryview) -> Any:
    """Return what was sealed.

    :raises Unreadable: as its name says.
    """
    try:
        return json.loads(_box(tuple(derive_all(purpose))).decrypt(bytes(sealed)))
    except InvalidToken:
        raise Unreadable(purpose) from None
