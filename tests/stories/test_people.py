"""People: every member finds every other by name, ID and office phone, and learns nothing else (PRODUCT.md §4.17)."""

from datetime import timedelta
from urllib.parse import quote

import pytest

from dure.core import clock
from dure.members.actions.suspending import suspend
from dure.members.models import Member, Profile
from tests.cast import Cast, Person, join
from tests.index import refresh
from tests.visitor import Visitor

SECRET = {"mobile_phone": "+821098765432", "employee_number": "HB-70417", "birthday": "1987-06-05", "duty": "Treasurer"}


@pytest.fixture
def told(cast: Cast) -> Cast:
    """Minjun's profile has everything."""
    known = {"nickname": "Joon", "office_phone": "+8225559081", "name_ko": "김민준"}
    Profile.objects.create(workspace=cast.hanbit, member=cast.minjun.member, **SECRET, **known)
    refresh(cast.minjun.member)
    return cast


def card(cast: Cast, whom: Person) -> str:
    """Return the address of somebody's card."""
    return cast.at(f"people/{whom.member.uid}/")


def names(cast: Cast, browser: Visitor, search: str) -> set[str]:
    """Return whom a search finds, by the rows of the list."""
    page = browser.open(cast.at(f"people/?q={quote(search)}"))
    return {text.strip() for href, text in page.links if f"{cast.at()}people/" in href and "/?" in href}


def test_yuki_finds_a_colleague_and_sees_how_to_reach_them(told: Cast) -> None:
    browser = told.yuki.browser()
    people = browser.follow(browser.open(told.at()), "People")
    for words in ("한소라", "Minjun Kim", "Joon", "+82 2-555-9081", told.eve.address, "田中 雪"):
        assert words in people.text, words
    found = browser.fill_in(people, q="ㄱㅁㅈ")
    page = browser.follow(found, "Minjun Kim")
    assert page.path.startswith(card(told, told.minjun)) and "q=" in page.path
    for words in ("Minjun Kim", "Joon", "김민준", "+82 2-555-9081", told.minjun.address):
        assert words in page.text, words
    assert browser.open(page.link("Close") if page.has_link("Close") else told.at("people/")).status == 200


def test_nothing_else_is_on_the_card_or_finds_anybody(told: Cast) -> None:
    browser = told.yuki.browser()
    for path in ("people/", f"people/{told.minjun.member.uid}/", ""):
        body = browser.open(told.at(path)).body
        for secret in ("1098765432", "10-9876-5432", "HB-70417", "1987", "Treasurer", "Member management"):
            assert secret not in body, (path, secret)
    for search in ("98765432", "9876", "HB-70417", "70417", "1987", "Treasurer", "admin"):
        assert "Nobody found" in browser.open(told.at(f"people/?q={quote(search)}")).text, search


def test_whoever_is_not_here_is_neither_listed_nor_has_a_card(cast: Cast) -> None:
    gone = {name: join(cast.hanbit, f"{name}@hanbitsoft.co.kr", "Gone", name.title()) for name in ("one", "two", "six")}
    suspend(cast.sora.actor, member_uid=gone["one"].member.uid)
    Member.objects.filter(pk=gone["two"].member.pk).update(starts_at=clock.now() + timedelta(days=2))
    Member.objects.filter(pk=gone["six"].member.pk).update(state="registered", activated_at=None)
    for browser in (cast.yuki.browser(), cast.sora.browser()):
        assert "Gone" not in browser.open(cast.at("people/")).text
        assert "Nobody found" in browser.open(cast.at("people/?q=gone")).text
        for somebody in gone.values():
            assert browser.open(card(cast, somebody)).status == 404


def test_another_workspaces_people_are_not_there(cast: Cast) -> None:
    browser = cast.yuki.browser()
    assert browser.open(card(cast, cast.alex)).status == 404
    assert "Alex" not in browser.open(cast.at("people/")).text
    assert "Nobody found" in browser.open(cast.at("people/?q=alex@fern")).text
    alex = cast.alex.browser()
    for path in ("people/", f"people/{cast.yuki.member.uid}/", "profile/", "profile/edit/", "manifest.webmanifest"):
        assert alex.open(cast.at(path)).status == 404
    assert "alex@" in alex.open(f"/w/{cast.fernweh.uid}/people/{cast.alex.member.uid}/").text, "there is something"


def test_a_suspended_viewer_sees_nobody(cast: Cast) -> None:
    browser = cast.yuki.browser()
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    for path in ("people/", f"people/{cast.sora.member.uid}/", "people/?q=s", "profile/", "profile/edit/"):
        page = browser.open(cast.at(path))
        assert page.path == "/workspaces/" and cast.sora.address not in page.text


def test_a_search_as_one_types_gets_the_list_alone_and_one_person_the_card_alone(cast: Cast) -> None:
    from django.test import Client

    client = Client()
    for cookie in cast.yuki.browser().cookies:
        client.cookies[cookie.name] = cookie.value or ""
    part = client.get(cast.at("people/?q=eve"), headers={"HX-Request": "true"}).content.decode()
    assert part.lstrip().startswith('<div id="member-list"') and "<html" not in part and "eve.adler" in part
    headers = {"HX-Request": "true", "HX-Target": "person"}
    part = client.get(card(cast, cast.eve), headers=headers).content.decode()
    assert "<html" not in part and "Eve Adler" in part and "minjun" not in part


def test_markup_in_what_people_write_about_themselves_stays_text(cast: Cast) -> None:
    evil = "<b>&\"'x"
    Profile.objects.create(workspace=cast.hanbit, member=cast.eve.member, nickname=evil, name_en=evil)
    Member.objects.filter(pk=cast.eve.member.pk).update(family_name=evil, given_name="<i>", name_language="en")
    refresh(cast.eve.member)
    browser = cast.yuki.browser()
    for path in ("people/", f"people/{cast.eve.member.uid}/"):
        page = browser.open(cast.at(path))
        assert evil not in page.body and evil in page.text, path


@pytest.mark.parametrize("odd", ["%", "_", "'", '"', "\\", "😀", "x" * 10_000, "\x00", "\ud7ff", "' OR 1=1 --"])
def test_odd_searches_find_nobody_calmly(cast: Cast, odd: str) -> None:
    page = cast.yuki.browser().open(cast.at(f"people/?q={quote(odd)}&after={quote(odd)}&before=x"))
    assert page.status == 200 or (len(odd) > 9000 and page.status in (400, 414))


def test_many_people_come_in_pages(cast: Cast) -> None:
    for number in range(60):
        join(cast.hanbit, f"p{number}@hanbitsoft.co.kr", "Person", f"N{number:02}")
    browser = cast.yuki.browser()
    first = browser.open(cast.at("people/"))
    assert "after=gAAAA" in first.link("Next"), "where a page ends is sealed: it may be at somebody who is not shown"
    second = browser.follow(first, "Next")
    assert "N00" in first.text and "N59" not in first.text and "N59" in second.text
    assert browser.follow(second, "Previous").text.count("Person") == first.text.count("Person")
    searched = browser.open(cast.at("people/?q=person"))
    assert searched.text.count("Person") == 50 and "N59" in browser.follow(searched, "Next").text


def test_the_first_one_is_told_what_comes_next(cast: Cast) -> None:
    alex = cast.alex.browser()
    page = alex.open(f"/w/{cast.fernweh.uid}/people/")
    assert "You are the first here" in page.text
    assert alex.follow(page, "Add member").status == 200
