"""Addresses that leave the server: always from ``DURE_PUBLIC_URL``, never from a request's Host header."""

from django.conf import settings

MAILED = "/l/"


def absolute(path: str) -> str:
    """Return the public address of a path."""
    return f"{settings.DURE['PUBLIC_URL']}{path}"


def mailed(secret: str) -> str:
    """Return the address a letter carries; opening it changes nothing (PRODUCT.md §4.6)."""
    return absolute(f"{MAILED}{secret}")
