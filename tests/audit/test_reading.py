"""Reading the trail: along an index, whatever is looked for, and told in words for every event."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from dure.audit import queries
from dure.audit.queries import Sought
from dure.audit.trail import Entry, append
from dure.core import clock, keys
from dure.core.events import Event
from dure.members import profile
from dure.web import events
from dure.web.pages.audit import FILTERS

HERE, ELSEWHERE = 7, 8
PACKAGE = Path(queries.__file__).parents[1]


def write(*entries: dict[str, Any], of: int = HERE) -> None:
    """Append events to a chain."""
    plain = Entry(of, clock.now(), "member.edited", "member", 1, "web", "member", 2)
    with transaction.atomic():
        append([plain._replace(**entry) for entry in entries], key=keys.derive("audit"))


def found(**sought: Any) -> list[int]:
    """Return the numbers of the events that are looked for, on one page."""
    return [row.number for row in queries.page(HERE, Sought(**sought)).rows]


@pytest.fixture
def told(db: Any) -> None:
    """Ten events here, a few elsewhere."""
    write(*[{"event": "member.suspended"}] * 3, of=ELSEWHERE)
    write(
        {},  # 1
        {"event": "member.suspended", "actor_id": 3, "subject_id": 4},
        {"event": "member.resumed", "actor_id": 3, "subject_id": 1},
        {"actor_kind": "operator", "actor_id": None, "door": "command"},
        {"actor_kind": "account", "actor_id": 3, "subject_kind": "invitation", "subject_id": 9},  # 5
        {"subject_kind": "workspace", "subject_id": HERE},
        {"actor_id": 4, "subject_id": 4},
        {"door": "worker", "actor_kind": "visitor", "actor_id": None, "subject_id": 4},
        {"event": "member.suspended"},
        {"fields": ("given_name", "이름"), "via": "x" * 22},  # 10
    )


def test_every_filter_finds_what_it_should_and_nothing_of_elsewhere(told: None) -> None:
    assert found() == list(range(10, 0, -1))
    assert found(events=("member.suspended",)) == [9, 2]
    assert found(events=("member.suspended", "member.resumed")) == [9, 3, 2]
    assert found(actors=(("member", 3),)) == [3, 2]
    assert found(actors=(("member", 3), ("account", 3))) == [5, 3, 2]
    assert found(subjects=(("member", 4), ("invitation", 9))) == [8, 7, 5, 2]
    assert found(about=(("member", 4), ("account", 99))) == [8, 7, 2], "what is both stands there once"
    assert found(door="command") == [4] and found(door="worker") == [8]
    assert found(door="web") == [10, 9, 7, 6, 5, 3, 2, 1]
    assert found(about=(("member", 4),), door="web") == [7, 2]
    assert found(actors=(("member", 3),), events=("member.resumed",), subjects=(("member", 1),)) == [3]
    assert found(actors=(("member", 3),), events=("member.edited",)) == []
    row = queries.page(HERE, Sought()).rows[0]
    assert row.fields == ("given_name", "이름") and row.via == "x" * 22 and row.at.tzinfo is not None


def test_days_are_kept_to_whichever_order_events_came_in(db: Any) -> None:
    at = clock.now()
    write(*[{"at": at - timedelta(hours=hours)} for hours in (5, 3, 4, 1)])
    assert found() == [4, 2, 3, 1], "by time, which a clock turned back does not follow"
    assert found(since=at - timedelta(hours=4)) == [4, 2, 3]
    assert found(until=at - timedelta(hours=3)) == [3, 1], "the end itself is outside"
    assert found(since=at - timedelta(hours=4), until=at - timedelta(hours=3), door="web") == [3]


def test_pages_lead_on_from_one_moment_shared_by_many(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 3)
    write(*[{"at": clock.now()}] * 8)
    first = queries.page(HERE, Sought())
    second = queries.page(HERE, Sought(), older=first.older)
    third = queries.page(HERE, Sought(), older=second.older)
    assert [[row.number for row in page.rows] for page in (first, second, third)] == [[8, 7, 6], [5, 4, 3], [2, 1]]
    assert (first.newer, third.older) == ("", "")
    back = queries.page(HERE, Sought(), newer=third.newer)
    assert back.rows == second.rows and back.older and back.newer
    for odd in ("999", "٩٩٩", "²", "-1", "9" * 18, "9" * 99):
        assert queries.page(HERE, Sought(), older=odd).rows == first.rows, "an event that is not there begins anew"
    assert queries.page(HERE, Sought(), older="٣").rows == third.rows, "digits of any script are digits"


def test_batches_give_everything_once(told: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "BATCH", 4)
    batches = list(queries.batches(HERE, Sought()))
    assert [len(batch) for batch in batches] == [4, 4, 2]
    assert [row.number for batch in batches for row in batch] == list(range(10, 0, -1))


def test_the_shorter_way_is_taken(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "COUNTED", 20)
    write(*[{"actor_id": 3}] * 30, {"actor_id": 3, "event": "member.suspended"}, *[{"event": "member.resumed"}] * 30)
    strands, _rest = queries._way(HERE, Sought(actors=(("member", 3),), events=("member.suspended",)))
    assert [strand.along for strand in strands] == ["audit_by_event"]
    strands, _rest = queries._way(HERE, Sought(subjects=(("member", 77),), events=("member.resumed",)))
    assert [strand.along for strand in strands] == ["audit_by_subject"]


WAYS = {
    "audit_by_time": {},
    "audit_by_actor": {"actors": (("member", 3), ("account", 3))},
    "audit_by_subject": {"subjects": (("member", 3),)},
    "audit_by_event": {"events": ("member.edited", "member.resumed")},
    "audit_by_door": {"door": "command"},
}


@pytest.mark.once
@pytest.mark.parametrize("index", WAYS)
@pytest.mark.parametrize("older", ["", "5"])
def test_nothing_is_scanned_or_sorted_whatever_is_looked_for(told: None, index: str, older: str) -> None:
    days = {"since": clock.now() - timedelta(days=3), "until": clock.now()}
    with CaptureQueriesContext(connection) as captured:
        queries.page(HERE, Sought(**WAYS[index], **days), older=older)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {captured[-1]['sql']}")
        plan = [row[3] for row in cursor.fetchall()]
    searched = [step for step in plan if "dure_auditevent" in step]
    assert searched and all(f"INDEX {index} (workspace_id=?" in step for step in searched), plan
    assert all("at>" in step or "(at,number)<" in step for step in searched), plan
    strands = len(searched)
    assert sum("USE TEMP B-TREE FOR ORDER BY" in step for step in plan) <= (1 if strands == 1 else strands), plan


def test_every_event_is_told_in_words() -> None:
    offered = [event for _label, kinds in events.GROUPS.values() for event in kinds]
    assert len(offered) == len(set(offered)) and not set(offered) & events.OF_THE_SERVER
    assert set(offered) | events.OF_THE_SERVER == set(Event) == set(events.SENTENCES)
    assert all("%(who" in str(text) or "%(whom" in str(text) for text in events.SENTENCES.values())


def test_every_field_an_action_records_is_told_in_words() -> None:
    literal: set[str] = set(FILTERS) | set(profile.FIELDS) | {"csv", "jsonl"}
    for path in PACKAGE.rglob("actions/*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("record", "record_many"):
                for keyword in call.keywords:
                    if keyword.arg == "fields":
                        literal |= {
                            one.value
                            for one in ast.walk(keyword.value)
                            if isinstance(one, ast.Constant) and isinstance(one.value, str)
                        }
    assert {"password", "second_factor", "is_super_admin", "state"} <= literal
    assert literal <= set(events.FIELDS), literal - set(events.FIELDS)
