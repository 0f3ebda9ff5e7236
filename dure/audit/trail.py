"""Appending to the trail and proving that nobody changed it.

Each event is hashed together with the one before it under a key that is not in the database, so that a changed,
removed or inserted row shows even when whoever did it could write to every table.
"""

import hmac
import json
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from dure.audit.models import AuditEvent, AuditHead

GENESIS = bytes(32)
SERVER = 0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One event before it has a place in the chain."""

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


def append(entry: Entry, *, key: bytes) -> AuditEvent:
    """Add an event to its workspace's chain; call it inside the transaction of what it records."""
    head = _locked_head(entry.workspace_id)
    number = head.number + 1
    digest = _digest(entry, number, bytes(head.digest), key)
    AuditHead.objects.filter(pk=entry.workspace_id).update(number=number, digest=digest)
    event = AuditEvent(**{**entry.__dict__, "fields": list(entry.fields)}, number=number, digest=digest)
    event.save(force_insert=True)
    return event


def _locked_head(workspace_id: int) -> AuditHead:
    head = AuditHead.objects.select_for_update().filter(pk=workspace_id).first()
    if head is None:
        try:
            with transaction.atomic():
                return AuditHead.objects.create(workspace_id=workspace_id, digest=GENESIS)
        except IntegrityError:
            head = AuditHead.objects.select_for_update().get(pk=workspace_id)
    return head


def _digest(entry: Entry, number: int, before: bytes, key: bytes) -> bytes:
    text = json.dumps([number, *(_plain(value) for value in astuple(entry))], ensure_ascii=False)
    return hmac.digest(key, before + text.encode(), sha256)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


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
    names = Entry.__dataclass_fields__
    entry = Entry(**{name: getattr(event, name) for name in names if name != "fields"}, fields=tuple(event.fields))
    return any(hmac.compare_digest(_digest(entry, event.number, before, key), bytes(event.digest)) for key in keys)
