"""Reading the trail of one workspace, the newest first, by keyset: the same cost at any depth (ARCHITECTURE §3).

What is looked for is read along an index that holds it in the order of time, one *strand* for each thing that may
match; the strands are merged. Plain SQL, because a query builder neither limits each strand nor names an index.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.db import connection

PAGE = 50
BATCH = 2000
COUNTED = 1000
"""How far strands are counted to find out which of two ways is the shorter one."""
COLUMNS = "number, at, event, actor_kind, actor_id, door, subject_kind, subject_id, fields, via, digest"
Ref = tuple[str, int]
"""A kind and a row's id, as ``actor_kind, actor_id`` and ``subject_kind, subject_id`` hold them."""


class Told(NamedTuple):
    """One event as it was recorded."""

    number: int
    at: datetime
    event: str
    actor_kind: str
    actor_id: int | None
    door: str
    subject_kind: str
    subject_id: int | None
    fields: tuple[str, ...]
    via: str
    digest: bytes


@dataclass(frozen=True)
class Sought:
    """What a reader looks for; empty parts do not narrow. ``about`` is whoever acted or was acted on."""

    actors: tuple[Ref, ...] = ()
    subjects: tuple[Ref, ...] = ()
    about: tuple[Ref, ...] = ()
    events: tuple[str, ...] = ()
    door: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class Page:
    """One page of the trail; the cursors are empty at its ends."""

    rows: list[Told]
    newer: str
    older: str


class _Strand(NamedTuple):
    along: str
    condition: str
    values: tuple[Any, ...]


def page(workspace_id: int, sought: Sought, *, older: str = "", newer: str = "") -> Page:
    """Return a page; ``older`` and ``newer`` are numbers of events, from which it goes on."""
    backwards = bool(newer) and not older
    anchor = _anchor(workspace_id, older or newer)
    rows = _read(workspace_id, sought, anchor=anchor, backwards=backwards, limit=PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    has_newer, has_older = (more, True) if backwards else (anchor is not None, more)
    return Page(
        rows=rows,
        newer=str(rows[0].number) if rows and has_newer else "",
        older=str(rows[-1].number) if rows and has_older else "",
    )


def batches(workspace_id: int, sought: Sought) -> Iterator[list[Told]]:
    """Give everything that is looked for, the newest first; what is recorded meanwhile is newer and not among it."""
    anchor: tuple[Any, int] | None = None
    while rows := _read(workspace_id, sought, anchor=anchor, limit=BATCH):
        yield rows
        anchor = (rows[-1].at, rows[-1].number)


def _anchor(workspace_id: int, number: str) -> tuple[Any, int] | None:
    if not number.isdecimal() or len(number) > 18:
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT at, number FROM dure_auditevent WHERE workspace_id = %s AND number = %s",
            [workspace_id, int(number)],
        )
        row = cursor.fetchone()
    return (_moment(row[0]), row[1]) if row else None


def _read(
    workspace_id: int, sought: Sought, *, anchor: tuple[Any, int] | None, limit: int, backwards: bool = False
) -> list[Told]:
    strands, rest = _way(workspace_id, sought)
    conditions = [*rest, *_days(sought)]
    if anchor:
        sign = ">" if backwards else "<"
        conditions.append((f"(at, number) {sign} (%s, %s)", (_stored(anchor[0]), anchor[1])))
    order = "ORDER BY at ASC, number ASC" if backwards else "ORDER BY at DESC, number DESC"
    parts, values = [], []
    for place, strand in enumerate(strands):
        where, given = _where(workspace_id, strand, conditions)
        inner = f"SELECT {COLUMNS} FROM {_table(strand.along)} WHERE {where} {order} LIMIT %s"  # noqa: S608
        parts.append(f"SELECT * FROM ({inner}) AS strand{place}")  # noqa: S608 - words of this file, values apart
        values += [*given, limit]
    sql = f"{' UNION '.join(parts)} {order} LIMIT %s"
    with connection.cursor() as cursor:
        cursor.execute(sql, [*values, limit])
        return [_told(row) for row in cursor.fetchall()]


def _way(workspace_id: int, sought: Sought) -> tuple[list[_Strand], list[tuple[str, tuple[Any, ...]]]]:
    """Return the strands to read along and the conditions on what stands there: the shortest way there is."""
    ways = [way for way in _ways(sought) if way]
    if not ways:
        return [_Strand("audit_by_time", "1 = 1", ())], _door(sought)
    shortest = ways[0] if len(ways) == 1 else min(ways, key=lambda way: _length(workspace_id, way, sought))
    return shortest, [_either(way) for way in ways if way is not shortest] + _door(sought)


def _ways(sought: Sought) -> list[list[_Strand]]:
    door = [_Strand("audit_by_door", "NOT (door = 'web') AND door = %s", (sought.door,))]
    return [
        _refs("subject", sought.subjects),
        _refs("actor", sought.actors),
        _refs("subject", sought.about) + _refs("actor", sought.about),
        [_Strand("audit_by_event", "event = %s", (event,)) for event in sought.events],
        door if sought.door not in ("", "web") else [],
    ]


def _refs(role: str, refs: Sequence[Ref]) -> list[_Strand]:
    return [_Strand(f"audit_by_{role}", f"{role}_kind = %s AND {role}_id = %s", ref) for ref in refs]


def _door(sought: Sought) -> list[tuple[str, tuple[Any, ...]]]:
    return [("door = %s", (sought.door,))] if sought.door == "web" else []


def _days(sought: Sought) -> list[tuple[str, tuple[Any, ...]]]:
    ends = (("at >= %s", sought.since), ("at < %s", sought.until))
    return [(condition, (_stored(moment),)) for condition, moment in ends if moment]


def _either(way: list[_Strand]) -> tuple[str, tuple[Any, ...]]:
    condition = " OR ".join(f"({strand.condition})" for strand in way)
    return f"({condition})", tuple(value for strand in way for value in strand.values)


def _where(workspace_id: int, strand: _Strand, conditions: list[tuple[str, tuple[Any, ...]]]) -> tuple[str, list[Any]]:
    texts = ["workspace_id = %s", strand.condition, *(text for text, _values in conditions)]
    given = [workspace_id, *strand.values, *(value for _text, values in conditions for value in values)]
    return " AND ".join(texts), given


def _length(workspace_id: int, way: list[_Strand], sought: Sought) -> int:
    """Return how many events a way leads along, counted as far as it matters."""
    total = 0
    with connection.cursor() as cursor:
        for strand in way:
            where, given = _where(workspace_id, strand, _days(sought))
            inner = f"SELECT 1 AS one FROM {_table(strand.along)} WHERE {where} LIMIT %s"  # noqa: S608
            cursor.execute(f"SELECT count(*) FROM ({inner}) AS counted", [*given, COUNTED - total])  # noqa: S608
            total += cursor.fetchone()[0]
            if total >= COUNTED:
                break
    return total


def _table(index: str) -> str:
    """Return the table, read along an index: without statistics SQLite would guess, PostgreSQL knows."""
    return f"dure_auditevent INDEXED BY {index}" if connection.vendor == "sqlite" else "dure_auditevent"


def _told(row: tuple[Any, ...]) -> Told:
    told = Told._make(row)
    return told._replace(at=_moment(told.at), fields=_names(row[8]), digest=bytes(told.digest))


def _moment(value: Any) -> datetime:
    """Read a moment as the models do; SQLite hands it out without its zone, or as text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


@lru_cache(1024)
def _names(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))
