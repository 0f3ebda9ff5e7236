"""Addresses that leave the server: always from ``DURE_PUBLIC_URL``, never from a request's Host header."""

import ipaddress
from urllib.parse import urlsplit

from django.conf import settings

MAILED = "/l/"


def absolute(path: str) -> str:
    """Return the public address of a path."""
    return f"{settings.DURE['PUBLIC_URL']}{path}"


def mailed(secret: str) -> str:
    """Return the address a letter carries; opening it changes nothing (PRODUCT.md §4.6)."""
    return absolute(f"{MAILED}{secret}")


def host() -> str:
    """Return the host of the public address; passkeys belong to it (WebAuthn's RP ID)."""
    return urlsplit(settings.DURE["PUBLIC_URL"]).hostname or ""


def origin() -> str:
    """Return the public address as browsers write an origin: without the port that goes with the scheme."""
    parts = urlsplit(settings.DURE["PUBLIC_URL"])
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port not in (None, usual) else ""
    return f"{parts.scheme}://{host()}{port}"


def passkey_origin() -> str:
    """Return the origin passkeys work under, empty when the host is a bare number (WebAuthn §5)."""
    try:
        ipaddress.ip_address(host())
    except ValueError:
        return origin()
    return ""
