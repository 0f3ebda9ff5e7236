"""A few people are found without reading their workspace: the plan SQLite takes, whatever its size."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.joining.models import Invitation
from dure.members import queries
from dure.members.rules import State
from tests.cast import Cast

pytestmark = pytest.mark.once


def test_some_people_are_found_by_their_names_in_the_address(people: Cast) -> None:
    somebody = queries.of(people.hanbit).filter(uid__among=[people.yuki.member.uid, people.eve.member.uid])
    plan = somebody.order_by("id").explain()
    assert connection.vendor == "sqlite" and "member_by_uid (workspace_id=? AND uid=?)" in plan, plan
    found = queries.some(people.hanbit.pk, [people.yuki.member.uid, people.eve.member.uid, people.alex.member.uid])
    assert [one.pk for one in found] == [people.eve.member.pk, people.yuki.member.pk], "nobody of another workspace"


def test_one_person_is_found_by_the_name_in_the_address(people: Cast) -> None:
    plan = queries.of(people.hanbit).filter(uid=people.yuki.member.uid).explain()
    assert "uid" in plan and "SCAN" not in plan, plan


def plans(asks: Callable[[], Any]) -> list[str]:
    """Return the plan of every query that is made."""
    with CaptureQueriesContext(connection) as captured:
        asks()
    found = []
    for query in captured.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            found.append("; ".join(str(row[3]) for row in cursor.fetchall()))
    return found


@pytest.mark.parametrize(
    "asks",
    [
        lambda cast: queries.able_super_admins(cast.hanbit.pk, without=cast.sora.member.pk),
        lambda cast: queries.admins(cast.hanbit),
        lambda cast: list(queries.managers(cast.hanbit)[:50]),
        lambda cast: queries.in_state(queries.of(cast.hanbit), State.SCHEDULED).count(),
    ],
    ids=["able super admins", "administrators", "managers", "scheduled"],
)
def test_the_few_who_lead_or_start_later_are_found_among_a_million(people: Cast, asks: Callable[[Cast], Any]) -> None:
    few = ("member_super_admin", "member_by_start", "INTEGER PRIMARY KEY")
    for plan in plans(lambda: asks(people)):
        steps = [step for step in plan.split("; ") if "dure_member" in step and "dure_member_" not in step]
        assert all(any(name in step for name in few) for step in steps), plan


def test_names_for_the_trail_are_found_without_reading_the_workspace(people: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        rows = queries.named(people.hanbit, [people.yuki.member.pk, people.alex.member.pk], ["uid", "account_id"])
    assert rows == [(people.yuki.member.uid, people.yuki.member.account_id)], "nobody of another workspace"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {captured[-1]['sql']}")
        assert "SEARCH dure_member USING INTEGER PRIMARY KEY (rowid=?)" in str(cursor.fetchall())
    owners = queries.of(people.hanbit).filter(account_id__among=[1, 2]).explain()
    assert "(workspace_id=? AND account_id=?)" in owners, owners
    invited = Invitation.objects.filter(member_id=people.yuki.member.pk).order_by("-id")[:5].explain()
    assert "(member_id=?)" in invited, invited
