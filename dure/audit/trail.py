"""Appending to the trail and proving that nobody changed it.

Each event is hashed together with the one before it under a key that is not in the database, so that a changed,
removed or inserted row shows even when whoever did it could write to every table.
"""

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

from django.db import connection

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
ADVANCE = "UPDATE dure_audithead SET number = %s, digest = %s, seal = %s WHERE workspace_id = %s"
BEGIN = "INSERT INTO dure_audithead (workspace_id, number, digest, seal) VALUES (%s, 0, %s, %s) ON CONFLICT DO NOTHING"
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
            digest = digest_of(number, *entry, before=digest, key=key)
            at, names = stored_moment(entry.at), stored_names(entry.fields)
            rows.append((entry.workspace_id, at, *entry[2:-2], names, entry.via, number, digest))
        cursor.execute(ADVANCE, [number, digest, seal_of(workspace_id, number, digest, key=key), workspace_id])
        cursor.executemany(INSERT, rows)


def _locked_head(cursor: Any, workspace_id: int) -> tuple[int, bytes]:
    """Return number and digest of the newest event; nobody else adds to this chain until the transaction ends."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    cursor.execute(HEAD + lock, [workspace_id])
    row = cursor.fetchone()
    if row is None:
        cursor.execute(BEGIN, [workspace_id, GENESIS, b""])
        cursor.execute(HEAD + lock, [workspace_id])
        row = cursor.fetchone()
    return row[0], bytes(row[1])


def _as_json(names: tuple[str, ...]) -> Any:
    return json.dumps(list(names))


def digest_of(*facts: object, before: bytes, key: bytes) -> bytes:
    """Return the link after ``before``: number, then an ``Entry`` with its moment as ISO 8601 text."""
    return hmac.digest(key, before + _encode(facts).encode(), sha256)


def seal_of(workspace_id: int, number: int, digest: bytes, *, key: bytes) -> bytes:
    """Return what proves that a chain ends here."""
    return hmac.digest(key, f"end {workspace_id} {number} ".encode() + digest, sha256)
