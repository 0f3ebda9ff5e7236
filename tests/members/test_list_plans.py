"""No query of the list reads its workspace: the plans SQLite takes, whatever the size."""

import re
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.members import counting, listing, queries
from dure.members.listing import SORTS, View
from dure.members.rules import State
from tests.cast import Cast, join

pytestmark = pytest.mark.once


def plans(captured: CaptureQueriesContext) -> Iterator[tuple[str, str]]:
    """Give every captured query with its plan."""
    for query in captured.captured_queries:
        if query["sql"].startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}".replace("%", "%%"))
                yield query["sql"], "\n".join(row[3] for row in cursor.fetchall())


def views() -> Iterator[View]:
    """Give every order of every state, and searches."""
    for state in ("", *State):
        for sort in (*SORTS, "due") if state in listing.DUE else SORTS:
            for descending in (False, True):
                yield View(state=state, sort=sort, descending=descending)
    for search in ("a", "김", "ㄱㅁ", "@hanbit", "2345"):
        for state in ("", State.ACTIVE, State.EXPIRED):
            yield View(state=state, search=search)


@pytest.mark.parametrize(("narrow", "counted"), [(400, 1000), (0, 0)])
def test_no_query_of_the_list_reads_a_workspace(
    people: Cast, monkeypatch: pytest.MonkeyPatch, narrow: int, counted: int
) -> None:
    """On the first page and beside it: no scan, and no sorting of what an index holds in order."""
    monkeypatch.setattr(listing, "NARROW", narrow)
    monkeypatch.setattr(queries, "COUNTED", counted)
    monkeypatch.setattr(listing, "PAGE", 3)
    for number in range(12):
        join(people.hanbit, f"kim{number}@hanbitsoft.co.kr", "김", f"민{number}")
    for view in views():
        with CaptureQueriesContext(connection) as captured:
            page = listing.page(people.hanbit, view)
            for where, mark in (("after", page.next), ("before", page.previous)):
                if mark:
                    listing.page(people.hanbit, View(**{**vars(view), where: mark}))
        for sql, plan in plans(captured):
            _is_narrow(sql, plan, view)


def _is_narrow(sql: str, plan: str, view: View) -> None:
    """Few people named one by one may be sorted; whoever walks along a workspace does so in an index's own order."""
    for line in plan.splitlines():
        assert not re.match(r"SCAN (?!json_each)", line), (view, sql, plan)
        named = "json_each" in sql and line.startswith("SEARCH dure_member ")
        assert not named or "PRIMARY KEY" in line, (view, sql, plan)
    if "json_each" not in sql and "ORDER BY" in sql:
        assert "TEMP B-TREE" not in plan, (view, sql, plan)


def test_the_counts_read_no_more_than_they_tell(people: Cast) -> None:
    with CaptureQueriesContext(connection) as captured:
        counting.counts(people.hanbit)
    for _sql, plan in plans(captured):
        for line in plan.splitlines():
            assert "dure_member" not in line or line.startswith("SEARCH"), plan
