"""Temporary passwords: activation codes that open the page that changes them, and nothing else (PRODUCT.md §4.5)."""

import base64
import hmac
import re
import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F, Q

from dure.accounts import hashing
from dure.accounts.models import ActivationCode
from dure.core import clock, keys
from dure.core.models import new_uid

# Crockford's base 32: no i, l, o and u, and what is misread is read as what was meant.
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_MISREAD = str.maketrans({"o": "0", "i": "1", "l": "1"})
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", LETTERS)
_NOISE = re.compile(r"[^0-9a-z]+")
_KEYED = "keyed$"


@dataclass(frozen=True)
class Code:
    """An activation code as a sign-in reads it."""

    uid: str
    encoded: str
    issued_at: datetime
    opens_at: datetime
    expires_at: datetime
    used_at: datetime | None


class NewCode(NamedTuple):
    """A code to be written; ``encoded`` is what is stored of it."""

    account_id: int
    workspace_id: int
    method: str
    encoded: str
    opens_at: datetime
    expires_at: datetime


def generate() -> str:
    """Return a temporary password of 80 random bits, in four groups that can be read aloud."""
    letters = base64.b32encode(secrets.token_bytes(10)).decode().translate(_CROCKFORD)
    return "-".join((letters[:4], letters[4:8], letters[8:12], letters[12:]))


def fold(typed: str) -> str:
    """Return a generated code as it is compared: plain letters and digits alone, full-width ones as such.

    What stands between them may be any hyphen, and on a kana keyboard is the sign of a long vowel.
    """
    plain = unicodedata.normalize("NFKC", typed).casefold()
    return _NOISE.sub("", plain).translate(_MISREAD)


def encode_generated(code: str) -> str:
    """Return what is stored of a generated code: a keyed hash, since nobody can guess 80 bits (ARCHITECTURE §3)."""
    return _KEYED + keys.keyed_hash("temporary-password", code.replace("-", "")).hex()


def encode_typed(code: str) -> str:
    """Return what is stored of a code an admin typed: a slow hash, since it can be guessed."""
    return hashing.hash_password(code.strip())


def is_generated(encoded: str) -> bool:
    """Tell whether a stored code was generated, so that nobody can guess it."""
    return encoded.startswith(_KEYED)


def matches(typed: str, encoded: str) -> bool:
    """Compare at the cost of exactly one password hash, whatever is stored."""
    if not is_generated(encoded):
        return hashing.verify_password(typed.strip(), encoded)
    hashing.verify_password(typed, "")
    return is_same(typed, encoded)


def is_same(typed: str, encoded: str) -> bool:
    """Compare with a generated code alone, at no cost."""
    found = keys.keyed_hashes("temporary-password", fold(typed))
    return any(hmac.compare_digest(_KEYED + one.hex(), encoded) for one in found)


WRITE = """
INSERT INTO dure_activationcode
(uid, account_id, workspace_id, method, encoded, issued_at, opens_at, expires_at, used_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, NULL)
ON CONFLICT (account_id) DO UPDATE SET uid = excluded.uid, workspace_id = excluded.workspace_id,
method = excluded.method, encoded = excluded.encoded, issued_at = excluded.issued_at, opens_at = excluded.opens_at,
expires_at = excluded.expires_at, used_at = NULL
"""


def write(codes: Iterable[NewCode]) -> dict[int, str]:
    """Store codes in one statement, each in the place of its account's older one; returns their uids by account."""
    moment = cache(connection.ops.adapt_datetimefield_value)
    rows: list[list[Any]] = []
    uids: dict[int, str] = {}
    at = moment(clock.now())
    for code in codes:
        uids[code.account_id] = new_uid()
        who = [uids[code.account_id], code.account_id, code.workspace_id, code.method, code.encoded]
        rows.append([*who, at, moment(code.opens_at), moment(code.expires_at)])
    with connection.cursor() as cursor:
        cursor.executemany(WRITE, rows)
    return uids


def spend(uid: str) -> bool:
    """Use a code up by one conditional UPDATE; False when it was replaced, used, or its time is not now."""
    at = clock.now()
    begun = Q(opens_at__lte=at) | Q(opens_at__lte=F("issued_at"))
    living = ActivationCode.objects.filter(begun, uid=uid, used_at=None, expires_at__gt=at)
    return living.filter(issued_at__lte=at + clock.SKEW).update(used_at=at) == 1


def end_of(code: Code | ActivationCode) -> str:
    """Return why a code opens nothing now: ``used``, ``expired``, ``early``; empty while it does."""
    at = clock.now()
    if code.used_at:
        return "used"
    if code.expires_at <= at or clock.is_ahead(code.issued_at):
        return "expired"
    return "early" if code.opens_at > max(at, code.issued_at) else ""
