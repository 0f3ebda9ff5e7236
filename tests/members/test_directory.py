"""The directory: who is in it, and that nothing private finds anybody (PRODUCT.md §4.17, docs/adr/0015)."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.accounts.models import Account
from dure.core import clock
from dure.members import indexing, listing, queries
from dure.members.actions.suspending import suspend
from dure.members.listing import View
from dure.members.models import Member, Profile, SearchTerm
from tests.cast import Cast, join
from tests.index import disagreements
from tests.members.test_list_plans import plans

SECRETS = {
    "mobile_phone": "+821098765432",
    "employee_number": "HB-70417",
    "birthday": "1987-06-05",
    "work_place": "Sevenhills",
    "duty": "Quartermaster",
}
OPEN = {"office_phone": "+8225559081", "nickname": "Snowdrop", "name_ko": "다나카 유키", "phonetic_given_name": "ユキ"}
PRIVATE = "hidden.away@elsewhere.example"


@pytest.fixture
def known(people: Cast) -> Cast:
    """Yuki's profile has everything, and her account a private address that her admins may know."""
    Profile.objects.create(workspace=people.hanbit, member=people.yuki.member, **SECRETS, **OPEN)
    Account.objects.filter(pk=people.yuki.account.pk).update(origin_id=people.hanbit.pk)
    people.yuki.account.addresses.create(canonical=PRIVATE, kind="private", since=clock.now())
    indexing.refresh([people.yuki.member.pk])
    return people


def fragments(text: str) -> Iterator[str]:
    """Give every piece of a text, of two characters and more."""
    for start in range(len(text)):
        for end in range(start + 2, len(text) + 1):
            yield text[start:end]


def found(cast: Cast, search: str) -> set[int]:
    """Return whom the directory finds."""
    return {row.pk for row in listing.directory(cast.hanbit, search=search).rows}


@pytest.mark.parametrize("narrow", [0, 400])
def test_no_fragment_of_what_is_private_finds_anybody(
    known: Cast, monkeypatch: pytest.MonkeyPatch, narrow: int
) -> None:
    monkeypatch.setattr(listing, "NARROW", narrow)
    yuki = known.yuki.member.pk
    open_text = " ".join([known.yuki.address, "025559081 8225559081 snowdrop 다나카 유키 ゆき 田中雪 田中 雪"])
    hidden = ["01098765432", "821098765432", "hb-70417", "70417", PRIVATE, "elsewhere", "sevenhills", "quartermaster"]
    asked = {piece for text in hidden for piece in fragments(text) if piece not in open_text}
    assert len(asked) > 300
    for piece in asked:
        assert yuki not in found(known, piece), piece


def test_admins_find_by_both(known: Cast) -> None:
    for search in ("98765432", "hb-70417", PRIVATE, "snowdrop", "9081", "ゆき", known.yuki.address):
        rows = listing.page(known.hanbit, View(search=search)).rows
        assert [row.pk for row in rows] == [known.yuki.member.pk], search


@pytest.mark.parametrize("narrow", [0, 400])
@pytest.mark.parametrize(
    "search",
    [
        "田中",
        "雪",
        "snow",
        "drop",
        "다나카",
        "ㄷㄴㅋ",
        "다나ㅋ",
        "ユキ",
        "ゆき",
        "yuki.tanaka@",
        "ki.ta",
        "02-555",
        "9081",
        "+82 2",
    ],
)
def test_it_finds_by_any_name_the_id_and_the_office_phone(
    known: Cast, monkeypatch: pytest.MonkeyPatch, narrow: int, search: str
) -> None:
    monkeypatch.setattr(listing, "NARROW", narrow)
    assert found(known, search) == {known.yuki.member.pk}


def test_what_becomes_private_or_goes_leaves_the_open_shelf(known: Cast) -> None:
    Profile.objects.filter(member=known.yuki.member).update(nickname="", mobile_phone="", office_phone="+821098765432")
    indexing.refresh([known.yuki.member.pk])
    assert not found(known, "snowdrop") and found(known, "98765432") == {known.yuki.member.pk}
    Profile.objects.filter(member=known.yuki.member).update(mobile_phone="+821098765432", office_phone="")
    indexing.refresh([known.yuki.member.pk])
    assert not found(known, "98765432")
    assert disagreements() == []


def test_an_index_from_before_finds_nobody_for_members_until_it_is_written_anew(known: Cast) -> None:
    SearchTerm.objects.filter(workspace_id__lt=0).delete()
    member = Member.objects.get(pk=known.yuki.member.pk)
    SearchTerm.objects.bulk_create(
        (SearchTerm(workspace_id=known.hanbit.pk, term="snowdrop", member_id=member.pk),), ignore_conflicts=True
    )
    Member.objects.filter(pk=member.pk).update(search=member.search.lower())
    assert not found(known, "snowdrop") and indexing.stale()
    indexing.rebuild()
    assert found(known, "snowdrop") == {member.pk} and disagreements() == []


@pytest.mark.parametrize("search", ["", "n", "person", "@hanbit"])
@pytest.mark.parametrize("narrow", [0, 400])
def test_only_active_members_are_shown(people: Cast, monkeypatch: pytest.MonkeyPatch, search: str, narrow: int) -> None:
    monkeypatch.setattr(listing, "NARROW", narrow)
    hidden = [join(people.hanbit, f"n{n}@hanbitsoft.co.kr", "Person", f"N{n}").member for n in range(4)]
    shown = join(people.hanbit, "nine@hanbitsoft.co.kr", "Person", "Nine").member
    suspend(people.sora.actor, member_uid=hidden[0].uid)
    at, gone = clock.now(), {"state": "registered", "activated_at": None}
    Member.objects.filter(pk=hidden[1].pk).update(starts_at=at + timedelta(days=1))
    Member.objects.filter(pk=hidden[2].pk).update(**gone)
    Member.objects.filter(pk=hidden[3].pk).update(**gone, deadline_at=at - timedelta(days=1))
    assert shown.pk in found(people, search) and not found(people, search) & {one.pk for one in hidden}
    assert people.alex.member.pk not in found(people, search)


def test_pages_go_on_where_the_last_one_ended(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "PAGE", 3)
    for number in range(11):
        join(people.hanbit, f"kim{number}@hanbitsoft.co.kr", "김", f"민{number}")
    for narrow in (0, 400):
        monkeypatch.setattr(listing, "NARROW", narrow)
        for search in ("", "김"):
            everybody, page = [], listing.directory(people.hanbit, search=search)
            while page.next:
                everybody += page.rows
                page = listing.directory(people.hanbit, search=search, after=page.next)
            everybody += page.rows
            back = listing.directory(people.hanbit, search=search, before=page.previous)
            assert len({row.pk for row in everybody}) == len(everybody) == (11 if search else 15)
            assert [row.pk for row in back.rows] == [row.pk for row in everybody[-len(page.rows) - 3 : -len(page.rows)]]


@pytest.mark.once
@pytest.mark.parametrize("narrow", [0, 400])
def test_no_query_of_the_directory_reads_a_workspace(
    people: Cast, monkeypatch: pytest.MonkeyPatch, narrow: int
) -> None:
    """Whatever is asked, by ranges of an index alone; never a line of text looked through."""
    monkeypatch.setattr(listing, "NARROW", narrow)
    monkeypatch.setattr(listing, "PAGE", 3)
    for number in range(12):
        join(people.hanbit, f"kim{number}@hanbitsoft.co.kr", "김", f"민{number}")
    for search in ("", "a", "김", "ㄱㅁ", "010", "@hanbit", "0" * 40):
        with CaptureQueriesContext(connection) as captured:
            page = listing.directory(people.hanbit, search=search)
            listing.directory(people.hanbit, search=search, after=page.next)
        for sql, plan in plans(captured):
            assert not any(line.startswith("SCAN") and "json_each" not in line for line in plan.splitlines()), (
                sql,
                plan,
            )
            assert "dure_searchterm" not in sql or "workspace_id=? AND (term,member_id)>(?,?)" in plan, plan
            assert "TEMP B-TREE" not in plan or "json_each" in sql, (
                "only the few that were found are sorted",
                sql,
                plan,
            )
            assert "json_each" not in sql or "dure_member USING INTEGER PRIMARY KEY" in plan, (sql, plan)


def test_members_of_the_directory_are_asked_for_by_the_list_alone(people: Cast) -> None:
    """Nobody asks for them as a state: the member list of admins knows no such address."""
    assert queries.DIRECTORY not in {str(state) for state in queries.State}
