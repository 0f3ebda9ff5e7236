"""Where a page of a list ends, as its address says it: the values of the row it stands at (docs/adr/0013)."""

import base64
import binascii
import json
from datetime import UTC, datetime
from typing import Any


def mark(sort: str, values: list[Any]) -> str:
    """Return the place of a row in this order, for an address."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps([sort, *plain], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(after: str, before: str, sort: str, size: int) -> tuple[list[Any], bool]:
    """Return the values of a cursor of this order and whether it leads back; anything else is the beginning."""
    backwards = bool(before) and not after
    given = after or before
    try:
        text = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4)).decode() if len(given) < 1500 else ""
        known, *values = json.loads(text) if text else [""]
        *names, last = values or [None]
        names = [_as_stored(name, sort) for name in names]
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error, RecursionError):
        return [], False
    fits = known == sort and len(values) == size and type(last) is int and 0 <= last < 2**63
    return ([*names, last], backwards) if fits else ([], False)


def _as_stored(value: Any, sort: str) -> Any:
    """Return a value of a cursor as its column holds it; raises for what no database takes."""
    if sort in ("joined", "signed_in", "due"):
        return datetime.fromisoformat(value).astimezone(UTC)
    if "\0" in value:
        raise ValueError
    return value.encode().decode()
