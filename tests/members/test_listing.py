"""Pages of the member list: everybody once, in every order, both ways, whatever happens in between."""

import base64
import json
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dure.accounts.models import Account
from dure.core import clock
from dure.members import counting, indexing, listing, queries, terms
from dure.members.listing import SORTS, View
from dure.members.models import NEVER, Member
from dure.members.rules import State, is_here, state_of, stored_state
from tests.cast import Cast, join

EVERY = [(sort, descending) for sort in SORTS for descending in (False, True)]
SMALL = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@pytest.fixture
def crowd(people: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Thirty more members of every state, many with the same name and the same dates; pages hold seven."""
    monkeypatch.setattr(listing, "PAGE", 7)
    monkeypatch.setattr(listing, "CHUNK", 10)
    chance, at = random.Random(7), clock.now()
    for number in range(30):
        join(
            people.hanbit,
            f"n{number:02}@hanbitsoft.co.kr",
            chance.choice("김이박"),
            chance.choice(["민수", "수", "민"]),
        )
    for number, one in enumerate(Member.objects.filter(workspace=people.hanbit).order_by("pk")[4:]):
        one.registered_at = at - timedelta(days=number // 9)
        one.signed_in_at = at - timedelta(days=number // 8) if number % 3 else NEVER
        one.activated_at = at if number % 2 else None
        one.suspended_at = at if number % 7 == 0 else None
        one.starts_at = at + timedelta(days=3) if number % 5 == 0 else None
        one.deadline_at = None if one.activated_at else at + timedelta(days=number - 12)
        if number % 4 == 1:
            one.leave_from, one.leave_until = at - timedelta(days=1), at + timedelta(days=1 + number // 9)
        if number % 11 == 3:
            one.removed_at = one.restorable_until = at - timedelta(days=number // 15)
        one.state = stored_state(one)
        one.save()
    return people


def is_in(member: Member, state: str) -> bool:
    """Tell whether the list of a state shows a member; the list of all shows whoever is not removed."""
    return state_of(member) == state if state else is_here(member)


def walk(workspace: Any, view: View) -> list[list[int]]:
    """Turn all pages forwards, and back again; both must hold the same."""
    pages, page = [], listing.page(workspace, view)
    while True:
        pages.append([row.pk for row in page.rows])
        if not page.next:
            break
        page = listing.page(workspace, View(**{**vars(view), "after": page.next}))
    back = [pages[-1]]
    while page.previous:
        page = listing.page(workspace, View(**{**vars(view), "before": page.previous}))
        back.insert(0, [row.pk for row in page.rows])
    assert [pk for rows in back for pk in rows] == [pk for rows in pages for pk in rows], (back, pages)
    return pages


@pytest.mark.parametrize("state", ["", *State])
def test_every_order_of_every_state_holds_everybody_once(crowd: Cast, state: str) -> None:
    members = [one for one in Member.objects.filter(workspace=crowd.hanbit) if is_in(one, state)]
    assert members
    for sort, descending in EVERY:
        listed = [pk for rows in walk(crowd.hanbit, View(state=state, sort=sort, descending=descending)) for pk in rows]
        columns = (*SORTS[sort], "pk")
        members.sort(key=lambda one, names=columns: tuple(getattr(one, name) for name in names), reverse=descending)
        assert listed == [one.pk for one in members], (sort, descending)


@pytest.mark.parametrize("state", listing.DUE)
def test_states_with_a_date_are_ordered_by_it(crowd: Cast, state: State) -> None:
    members = [one for one in Member.objects.filter(workspace=crowd.hanbit) if state_of(one) == state]
    listed = [pk for rows in walk(crowd.hanbit, View(state=state, sort="due")) for pk in rows]
    assert listed == [one.pk for one in sorted(members, key=lambda one: (getattr(one, listing.DUE[state]), one.pk))]


@pytest.mark.parametrize("narrow", [0, 1000])
@pytest.mark.parametrize("counted", [0, 1000])
def test_a_search_finds_the_same_however_many_match(
    crowd: Cast, monkeypatch: pytest.MonkeyPatch, narrow: int, counted: int
) -> None:
    monkeypatch.setattr(listing, "NARROW", narrow)
    monkeypatch.setattr(queries, "COUNTED", counted)
    everybody = list(Member.objects.filter(workspace=crowd.hanbit))
    for search in ("김", "ㅁ", "수", "n", "0", "@hanbit", "김민수", "n1", "김미"):
        question = terms.asked(search)
        assert question is not None
        for state in ("", "active", "registered", "removed"):
            listed = [pk for rows in walk(crowd.hanbit, View(search=search, state=state)) for pk in rows]
            matching = {one.pk for one in everybody if question.first(one.search) and is_in(one, state)}
            assert len(listed) == len(set(listed)) and set(listed) == matching and (matching or state), (search, state)


def test_a_narrow_search_is_put_into_any_order(crowd: Cast) -> None:
    for sort, descending in EVERY:
        found = [pk for rows in walk(crowd.hanbit, View(search="김", sort=sort, descending=descending)) for pk in rows]
        everybody = [pk for rows in walk(crowd.hanbit, View(sort=sort, descending=descending)) for pk in rows]
        assert len(found) > listing.PAGE and found == [pk for pk in everybody if pk in set(found)]


def test_a_broad_search_says_that_it_has_an_order_of_its_own(crowd: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "NARROW", 3)
    page = listing.page(crowd.hanbit, View(search="김", sort="joined"))
    assert page.is_broad and page.sort == listing.NEAREST


changes = st.lists(
    st.tuples(st.sampled_from(["delete", "insert", "rename", "sign in"]), st.integers(0, 99)), max_size=6
)


@SMALL
@given(st.sampled_from(["name", "id", "joined", "signed_in", ""]), st.booleans(), st.sampled_from(["", "수"]), changes)
def test_whatever_happens_between_two_pages_nobody_else_is_skipped_or_repeated(
    crowd: Cast, sort: str, descending: bool, search: str, steps: list[tuple[str, int]]
) -> None:
    """Those who stay as they are stand on the pages once, also when the row a page ended with is gone."""
    with transaction.atomic():
        _turn_while_it_happens(crowd, View(search=search, sort=sort, descending=descending), steps)
        transaction.set_rollback(True)


def _turn_while_it_happens(crowd: Cast, view: View, steps: list[tuple[str, int]]) -> None:
    before = set(Member.objects.filter(workspace=crowd.hanbit).values_list("pk", flat=True))
    touched, seen = set(), []
    page = listing.page(crowd.hanbit, view)
    wanted = {pk for rows in walk(crowd.hanbit, view) for pk in rows}
    steps = [*steps, ("delete", -1)]
    while True:
        seen += [row.pk for row in page.rows]
        if steps:
            touched |= _happens(crowd, *steps.pop(), page.rows)
        if not page.next:
            break
        page = listing.page(crowd.hanbit, View(**{**vars(view), "after": page.next}))
    others = [pk for pk in seen if pk in before and pk not in touched]
    assert len(others) == len(set(others))
    assert set(others) == wanted - touched


def _happens(crowd: Cast, what: str, number: int, rows: list[Any]) -> set[int]:
    if what == "insert":
        return {join(crowd.hanbit, f"late{Member.objects.count()}.{number}@hanbitsoft.co.kr", "이", "수").member.pk}
    left = list(Member.objects.filter(workspace=crowd.hanbit).order_by("pk")[4:])
    one = rows[-1] if number < 0 and rows else left[number % len(left)]
    if what == "delete":
        indexing.forget([one.pk])
        Account.objects.filter(pk=one.account_id).delete()
    elif what == "rename":
        Member.objects.filter(pk=one.pk).update(family_name="최", given_name="수")
        indexing.refresh([one.pk])
    else:
        Member.objects.filter(pk=one.pk).update(signed_in_at=clock.now())
    return {one.pk}


def test_an_odd_cursor_is_the_beginning(crowd: Cast) -> None:
    first = [row.pk for row in listing.page(crowd.hanbit, View()).rows]
    odd = ("x", "W10", "WyJuYW1lIl0", "bnVsbA", "WyJuYW1lIiwxLDJd", "WyJuYW1lIiwiYSIsMWU5OV0", "9" * 3000, "é", "\x00")
    for cursor in odd:
        for where in ("after", "before"):
            assert [row.pk for row in listing.page(crowd.hanbit, View(**{where: cursor})).rows] == first, cursor


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("name", "\ud800"),
        ("name", "\x00"),
        ("id", ["a"]),
        ("joined", "0001-01-01T00:00:00+14:00"),
        ("joined", "9999-12-31T23:59:59-14:00"),
        ("signed_in", "yesterday"),
        ("signed_in", None),
    ],
)
def test_a_cursor_that_no_database_takes_is_the_beginning(crowd: Cast, sort: str, value: Any) -> None:
    first = listing.page(crowd.hanbit, View(sort=sort)).rows
    cursor = base64.urlsafe_b64encode(json.dumps([sort, value, 1]).encode()).decode().rstrip("=")
    assert listing.page(crowd.hanbit, View(sort=sort, after=cursor)).rows == first


def test_the_counts_are_those_of_the_lists(crowd: Cast) -> None:
    counts = counting.counts(crowd.hanbit)
    for state in State:
        assert counts[state] == str(queries.in_state(queries.of(crowd.hanbit), state).count())
    assert counts[""] == "31" and counts[State.REMOVED] == "3"


def test_the_query_that_counts_holds_no_moment_of_its_own() -> None:
    """It is built once, and every ``now`` in it must be replaced."""
    from datetime import datetime

    moments = {
        parameter for parameter in counting._counting()[1] if isinstance(parameter, datetime) or "-" in str(parameter)
    }
    assert moments <= {counting._adapted(counting.SOME_DAY), counting.NOBODYS}
