"""Proving that nobody changed a chain: every event once more, in order (PRODUCT.md §4.12).

Plain SQL in batches, because a chain may hold a million events and goes on growing while it is read.
"""

import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

from dure.audit.trail import GENESIS, Entry, digest_of, seal_of

BATCH = 5000
FACTS = ("number", *Entry._fields, "digest")
AT, FIELDS = FACTS.index("at"), FACTS.index("fields")
READ = (
    "SELECT {} FROM dure_auditevent WHERE workspace_id = %s AND number > %s AND number <= %s ORDER BY number LIMIT %s"
)
ENDS = """
SELECT (SELECT max(number) FROM dure_auditevent WHERE workspace_id = %s),
       (SELECT min(number) FROM dure_auditevent WHERE workspace_id = %s),
       (SELECT number FROM dure_audithead WHERE workspace_id = %s),
       (SELECT digest FROM dure_audithead WHERE workspace_id = %s),
       (SELECT seal FROM dure_audithead WHERE workspace_id = %s)
"""
BELOW_ALL = -(2**62)


class Proof(NamedTuple):
    """What was found: how many events hold, from the first on, and the number of the first that does not, if any."""

    held: int
    broken: int | None
    digest: bytes


class _Ends(NamedTuple):
    """Both ends of a chain at one moment, and what its head says; one statement, so nothing comes in between."""

    last: int | None
    first: int | None
    number: int | None
    digest: bytes | None
    seal: bytes | None


def chains() -> list[int]:
    """Return the workspaces that have a chain, the server's own (0) among them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT workspace_id FROM dure_audithead ORDER BY workspace_id")
        return [workspace_id for (workspace_id,) in cursor.fetchall()]


def prove(workspace_id: int, *, keys: Sequence[bytes]) -> Proof:
    """Read one chain from its first event to the one that was the newest when the reading began.

    ``keys`` are the current one and those of older secret keys; any of them may have made a link.
    """
    with connection.cursor() as cursor:
        cursor.execute(ENDS, [workspace_id] * 5)
        ends = _Ends._make(cursor.fetchone())
    if ends.number is None:
        return Proof(0, None if ends.last is None else 1, GENESIS)
    held, digest = _held(workspace_id, ends.number, keys)
    if held < ends.number:
        return Proof(held, held + 1, digest)
    whole = (ends.first or 1) >= 1 and (ends.last or 0) == held and digest == bytes(ends.digest or b"")
    sealed = any(
        hmac.compare_digest(seal_of(workspace_id, held, digest, key=key), bytes(ends.seal or b"")) for key in keys
    )
    return Proof(held, None if whole and sealed else held + 1, digest)


def _held(workspace_id: int, last: int, keys: Sequence[bytes]) -> tuple[int, bytes]:
    """Return the number of the last event that fits, every one before it included, and its digest."""
    expected, before, good = 1, GENESIS, list(keys)
    for row in _rows(workspace_id, last):
        facts = _as_hashed(row)
        if facts is None or facts[0] != expected or not _fits(good, before, facts):
            break
        before, expected = facts[-1], expected + 1
    return expected - 1, before


def _fits(keys: list[bytes], before: bytes, facts: list[Any]) -> bool:
    """Tell whether a link was made with one of the keys, and put that first: the next one was probably, too."""
    for place, key in enumerate(keys):
        if hmac.compare_digest(digest_of(*facts[:-1], before=before, key=key), facts[-1]):
            keys.insert(0, keys.pop(place))
            return True
    return False


def _rows(workspace_id: int, last: int) -> Iterator[tuple[Any, ...]]:
    sql = READ.format(", ".join(FACTS))
    if connection.vendor == "sqlite":  # as text, which is nearer to what was hashed than what Python makes of it
        sql = sql.replace(" at,", " at || '',")
    number, rows = BELOW_ALL, [()]
    while rows:
        with connection.cursor() as cursor:
            cursor.execute(sql, [workspace_id, number, last, BATCH])
            rows = cursor.fetchall()
        yield from rows
        number = rows[-1][0] if rows else number


def _as_hashed(row: tuple[Any, ...]) -> list[Any] | None:
    """Return an event as it was hashed, or None when it holds what Dure never writes."""
    facts = list(row)
    try:
        facts[AT], facts[FIELDS], facts[-1] = _moment(row[AT]), _names(row[FIELDS]), bytes(row[-1])
    except (TypeError, ValueError, AttributeError, RecursionError):
        return None
    return facts


def _moment(stored: datetime | str) -> str:
    """Return a moment as ISO 8601; SQLite hands out text without a zone, which is UTC."""
    if isinstance(stored, datetime):
        return stored.astimezone(UTC).isoformat()
    return f"{stored.replace(' ', 'T')}+00:00"


@lru_cache(1024)
def _names(stored: str) -> Any:
    return json.loads(stored)
