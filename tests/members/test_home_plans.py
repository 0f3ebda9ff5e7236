"""What *Home* asks is found by indexes alone, in a workspace of any size: the plans SQLite takes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.joining import queries as joining
from dure.joining import requests
from dure.joining.rules import State
from dure.members import directory, waiting
from tests.cast import Cast
from tests.members.test_list_plans import plans

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("asks", "indexes"),
    [
        (lambda cast: waiting.for_managers(cast.hanbit), {"member_to_count", "help_open", "leave_request_open"}),
        (
            lambda cast: waiting.count(joining.in_state(joining.invitations(cast.hanbit), State.WAITING)),
            {"invitation_waiting"},
        ),
        (lambda cast: requests.count_waiting(cast.hanbit), {"join_request_waiting"}),
        (lambda cast: directory.newcomers(cast.hanbit, but=1), {"member_by_joining"}),
        (lambda cast: waiting.offers(cast.yuki.member), {"dure_handover_taker_id"}),
        (lambda cast: waiting.rights_end(cast.eve.member), {"dure_grant_member_id"}),
    ],
    ids=["members, questions and requests", "invitations", "join requests", "newcomers", "offers", "rights that end"],
)
def test_what_home_asks_reads_no_workspace(people: Cast, asks: Callable[[Cast], Any], indexes: set[str]) -> None:
    with CaptureQueriesContext(connection) as captured:
        asks(people)
    found = list(plans(captured))
    assert found
    for sql, plan in found:
        assert any(index in plan for index in indexes), (sql, plan)
        is_few = "dure_handover" in sql or f"LIMIT {directory.LOOKED_AT})" in sql
        assert "TEMP B-TREE" not in plan or is_few, (sql, plan)
        tables = [line for line in plan.splitlines() if line.startswith("SCAN") and "dure_" in line]
        assert not tables, (sql, plan)


def test_counting_ends_where_it_is_told(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from dure.members import queries

    monkeypatch.setattr(waiting, "COUNTED", 3)
    assert waiting.count(queries.of(people.hanbit)) == 4 == waiting.COUNTED + 1
