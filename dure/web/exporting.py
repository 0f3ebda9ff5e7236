"""The trail as a file: read in batches, written as it is read, so that it begins at once and fits into any memory."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation

from dure.audit.queries import Sought, Told, batches
from dure.core.errors import NotAllowed
from dure.core.permissions import Permission
from dure.core.text import for_a_spreadsheet
from dure.members import queries, rules
from dure.members.actors import MemberActor, actor_for
from dure.web.trail import People, plain, sentence_of

COLUMNS = (
    "number", "at", "event", "sentence", "actor_kind", "actor_id", "actor", "door", "subject_kind", "subject_id",
    "subject", "fields", "via", "digest",
)  # fmt: skip
Line = dict[str, Any]


@dataclass(frozen=True)
class Writer:
    """One kind of file."""

    content_type: str
    head: Callable[[], str]
    lines: Callable[[list[Line]], str]


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: Any) -> str:
    text = " ".join(value) if isinstance(value, list) else "" if value is None else str(value)
    return for_a_spreadsheet(text)


WRITERS = {
    "csv": Writer(
        "text/csv; charset=utf-8",
        lambda: "\ufeff" + _csv([list(COLUMNS)]),
        lambda lines: _csv([[_cell(line[name]) for name in COLUMNS] for line in lines]),
    ),
    "jsonl": Writer(
        "application/jsonl; charset=utf-8",
        lambda: "",
        lambda lines: "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
    ),
}


def stream(actor: MemberActor, sought: Sought, kind: str, *, language: str) -> Iterator[bytes]:
    """Give the file piece by piece; whoever loses the right meanwhile gets no further piece.

    :raises NotAllowed: in the middle of it, which ends the download as one that failed.
    """
    writer, workspace = WRITERS[kind], actor.member.workspace
    zone = ZoneInfo(workspace.time_zone)
    yield writer.head().encode()
    for rows in batches(workspace.pk, sought):
        _refuse_if_lost(actor)
        with translation.override(language):
            people = People(workspace, rows)
            text = writer.lines([_line(row, people, zone) for row in rows])
        yield text.encode()


def _refuse_if_lost(actor: MemberActor) -> None:
    """Read the right again, as every request does (PRODUCT.md §4.9)."""
    now = queries.present(actor.member.account_id, actor.member.workspace.uid)
    same = now and now.account.epoch == actor.member.account.epoch and rules.opens(now)
    if not now or not same or not actor_for(now).may(Permission.AUDIT_READ):
        raise NotAllowed


def _line(row: Told, people: People, zone: ZoneInfo) -> Line:
    return {
        "number": row.number,
        "at": row.at.astimezone(zone).isoformat(),
        "event": row.event,
        "sentence": plain(sentence_of(row, people)),
        "actor_kind": row.actor_kind,
        "actor_id": row.actor_id,
        "actor": people.name(row.actor_kind, row.actor_id),
        "door": row.door,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "subject": people.name(row.subject_kind, row.subject_id),
        "fields": list(row.fields),
        "via": row.via,
        "digest": row.digest.hex(),
    }
