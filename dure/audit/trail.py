"""Appending to the trail and proving that nobody changed it.

Each event is hashed together with the one before it under a key that is not in the database, so that a changed,
removed or inserted row shows even when whoever did it could write to every table.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import connection

from dure.audit.models import AuditEvent, AuditHead

GENESIS = bytes(32)
_encode = json.JSONEncoder(ensure_ascii=False, default=datetime.isoformat).encode
SERVER = 0


class Entry(NamedTuple):
    """One event before it has a place in the chain; a tuple, because an action may make a thousand."""

    workspace_id: int
    at: datetime
    event: str
    actor_kind: str
    actor_id: int | None
    door: str
    subject_kind: str
    subject_id: int | None
    fields: tuple[str, ...] = ()
    via: str = ""


COLUMNS = (*Entry._fields, "number", "digest")
INSERT = f"INSERT INTO dure_auditevent ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * len(COLUMNS))})"  # noqa: S608
ADVANCE = "UPDATE dure_audithead SET number = %s, digest = %s WHERE workspace_id = %s"
HEAD = "SELECT number, digest FROM dure_audithead WHERE workspace_id = %s"


def append(entries: Sequence[Entry], *, key: bytes) -> None:
    """Add events to the chain of their one workspace; call it inside the transaction of what they record.

    Plain SQL, because every action comes through here: models would cost more than all the rest of a sign-in's writes.
    """
    if not entries:
        return
    workspace_id = entries[0].workspace_id
    stored_moment, stored_names = cache(connection.ops.adapt_datetimefield_value), cache(_as_json)
    with connection.cursor() as cursor:
        number, digest = _locked_head(cursor, workspace_id)
        rows = []
        for entry in entries:
            number += 1
            digest = _digest(entry, number, digest, key)
            stored = {**entry._asdict(), "at": stored_moment(entry.at), "fields": stored_names(entry.fields)}
            rows.append((*stored.values(), number, digest))
        cursor.execute(ADVANCE, [number, digest, workspace_id])
        cursor.executemany(INSERT, rows)


def _locked_head(cursor: Any, workspace_id: int) -> tuple[int, bytes]:
    """Return number and digest of the newest event; nobody else adds to this chain until the transaction ends."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    cursor.execute(HEAD + lock, [workspace_id])
    row = cursor.fetchone()
    if row is None:
        begin = "INSERT INTO dure_audithead (workspace_id, number, digest) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING"
        cursor.execute(begin, [workspace_id, GENESIS])
        cursor.execute(HEAD + lock, [workspace_id])
        row = cursor.fetchone()
    return row[0], bytes(row[1])


def _as_json(names: tuple[str, ...]) -> Any:
    return json.dumps(list(names))


def _digest(entry: Entry, number: int, before: bytes, key: bytes) -> bytes:
    text = _encode([number, *entry])
    return hmac.digest(key, before + text.encode(), sha256)


def first_broken(workspace_id: int, *, keys: Iterable[bytes]) -> int | None:
    """Return the number of the first event that does not fit the chain, or None when all of it holds."""
    keys = list(keys)
    before, expected = GENESIS, 1
    for event in AuditEvent.objects.filter(workspace_id=workspace_id).order_by("number").iterator(2000):
        if event.number != expected or not _holds(event, before, keys):
            return expected
        before, expected = bytes(event.digest), expected + 1
    head = AuditHead.objects.filter(pk=workspace_id).first()
    complete = expected == 1 if head is None else head.number == expected - 1 and bytes(head.digest) == before
    return None if complete else expected


def _holds(event: AuditEvent, before: bytes, keys: list[bytes]) -> bool:
    entry = Entry._make(getattr(event, name) for name in Entry._fields)._replace(fields=tuple(event.fields))
    return any(hmac.compare_digest(_digest(entry, event.number, before, key), bytes(event.digest)) for key in keys)
