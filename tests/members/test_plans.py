"""A few people are found without reading their workspace: the plan SQLite takes, whatever its size."""

import pytest
from django.db import connection

from dure.members import queries
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
