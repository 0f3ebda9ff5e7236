"""K10, and PRODUCT.md §8: the list in any order, views that are kept, many chosen at once, one person beside it."""

import re
from urllib.parse import quote

import pytest
from django.test import Client

from dure.members import listing
from dure.members.actions import sending_again
from dure.members.models import KeptFilter, Member
from dure.web.rows import drawn
from tests.cast import Cast, join
from tests.post import PostOffice
from tests.stories.steps import HARU, invited, register
from tests.visitor import Page, Visitor


def ids(page: Page, *addresses: str) -> list[str]:
    """Return these addresses in the order of the page."""
    return sorted((one for one in addresses if one in page.text), key=page.text.index)


@pytest.mark.parametrize("search", ["정하은", "ㅈㅎㅇ", "하은", "0102345", "010-2345", "5678", "a-17", "haeun.j"])
def test_any_piece_of_a_name_an_id_a_phone_or_a_number_finds_the_person(
    cast: Cast, post: PostOffice, search: str
) -> None:
    register(cast, cast.minjun, mobile_phone="010-2345-5678", employee_number="A-17")
    page = cast.minjun.browser().open(cast.at(f"admin/members/?q={quote(search)}"))
    assert HARU["id"] in page.text and cast.yuki.address not in page.text
    join(cast.fernweh, "somebody@fernweh.example", "Some", "Body")
    page = cast.alex.browser().open(f"/w/{cast.fernweh.uid}/admin/members/?q={quote(search)}")
    assert "Nobody found" in page.text, "Alex finds nothing"


def test_hangul_is_found_while_it_is_typed(cast: Cast, post: PostOffice) -> None:
    invited(cast, post)
    browser = cast.minjun.browser()
    for typed in ("ㅈ", "저", "정", "정ㅎ", "정하", "정하ㅇ", "정하으", "정하은"):
        assert HARU["id"] in browser.open(cast.at(f"admin/members/?q={quote(typed)}")).text, typed


def test_the_head_of_a_column_puts_the_list_into_its_order_and_again_the_other_way(cast: Cast) -> None:
    browser, both = cast.minjun.browser(), (cast.eve.address, cast.yuki.address)
    page = browser.follow(browser.open(cast.at("admin/members/")), "ID")
    assert "sort=id" in page.path and ids(page, *both) == list(both)
    page = browser.follow(page, "ID")
    assert "sort=-id" in page.path and ids(page, *both) == [*both][::-1]
    assert 'aria-sort="descending"' not in browser.open(cast.at("admin/members/?sort=nonsense")).body


def test_order_state_and_search_stay_beside_one_person_and_come_back_with_the_list(cast: Cast) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/?state=active&q=a&sort=-id"))
    page = browser.follow(page, "雪")
    assert all(piece in page.path for piece in ("state=active", "q=a", "sort=-id"))
    assert cast.yuki.address in page.text and "Only the devices that opened this workspace" in page.text
    closes = re.search(r'href="([^"]*)" data-closes-person', page.body)
    assert closes
    back = browser.open(closes[1].replace("&amp;", "&"))
    assert back.path.startswith(cast.at("admin/members/?")) and "sort=-id" in back.path


def test_one_person_alone_comes_beside_a_list_that_is_there(cast: Cast) -> None:
    client = Client()
    for cookie in cast.minjun.browser().cookies:
        client.cookies[cookie.name] = cookie.value or ""
    address = cast.at(f"admin/members/{cast.yuki.member.uid}/?q=yu")
    answer = client.get(address, headers={"HX-Request": "true", "HX-Target": "person"})
    body = answer.content.decode()
    assert body.lstrip().startswith('<section class="panel"') and "<html" not in body and "q=yu" in body


def test_a_view_is_kept_under_a_name_and_is_the_admins_own(cast: Cast) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/?state=active&q=a&sort=-id"))
    page = browser.fill_in(page, name="Everyone with a")
    assert "is kept above the list" in page.text
    page = browser.follow(browser.open(cast.at("admin/members/")), "Everyone with a")
    assert page.path.endswith("?q=a&state=active&sort=-id")
    assert "Everyone with a" not in cast.sora.browser().open(cast.at("admin/members/")).text
    page = browser.press(page, "Take “Everyone with a” away")
    assert not KeptFilter.objects.exists() and not page.has_link("Everyone with a")


@pytest.mark.parametrize("search", ["가" * 100, "😀" * 100, "%" * 1000], ids=["hangul", "emoji", "percent"])
def test_however_long_a_search_is_it_is_kept_and_the_page_stays_small(cast: Cast, search: str) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at(f"admin/members/?q={quote(search)}"))
    assert page.status == 200 and len(page.body) < 100_000
    kept = {"name": "long", "q": search, "state": "on_leave", "sort": "-signed_in"}
    assert browser.send(browser.open(cast.at("admin/members/")), cast.at("admin/members/keep/"), **kept).status == 302
    query = KeptFilter.objects.get().query
    assert len(query) <= 800, "as many characters as its column has"
    assert browser.open(cast.at(f"admin/members/?{query}")).status == 200


def test_twenty_views_are_enough_and_a_name_must_be_one(cast: Cast) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/"))
    for name in ("", " ", "x" * 41, "a\u202eb"):
        assert "at most 40 characters" in browser.fill_in(page, name=name).text
    for number in range(20):
        page = browser.fill_in(page, name=f"view {number}")
    assert "You keep 20 filters already" in browser.fill_in(page, name="one more").text
    assert "is kept" in browser.fill_in(page, name="view 3").text, "the same name again means the new view"
    assert KeptFilter.objects.count() == 20
    kept = KeptFilter.objects.get(name="view 4")
    assert cast.sora.browser().send(cast.sora.browser().open("/reset/"), cast.at("admin/members/keep/")).status == 403
    other = cast.sora.browser()
    answer = other.send(other.open(cast.at("admin/members/")), cast.at("admin/members/keep/"), drop=kept.uid)
    assert answer.status == 404 and KeptFilter.objects.count() == 20


def choose(browser: Visitor, cast: Cast, query: str, **typed: str | list[str]) -> Page:
    """Tick people in the list and press the button that sends again."""
    page = browser.open(cast.at(f"admin/members/?{query}"))
    form = page.form_with("member", "everybody")
    assert f'formaction="{cast.at("admin/members/act/again/")}"' in page.body
    return browser.submit(page, form, **typed)


def test_all_that_match_get_their_mail_again_without_their_names_in_the_form(cast: Cast, post: PostOffice) -> None:
    for number in range(3):
        register(cast, cast.minjun, id=f"new{number}@hanbitsoft.co.kr", given_name=f"새{number}")
    invited(cast, post)
    browser = cast.minjun.browser()
    page = choose(browser, cast, "q=new&state=registered", everybody="1")
    assert "3 people get a new link" in page.text and Member.objects.get(given_name="하은").uid not in page.body
    assert 'name="everybody" value="1"' in page.body and 'name="member"' not in page.body
    page = browser.fill_in(page, method="member")
    assert "3 mails are on their way" in page.text


def test_more_than_may_be_done_at_once_is_told_and_nothing_is_done(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending_again, "MOST", 2)
    for number in range(3):
        register(cast, cast.minjun, id=f"new{number}@hanbitsoft.co.kr", given_name=f"새{number}")
    page = choose(cast.minjun.browser(), cast, "state=registered", everybody="1")
    assert "More than 2 people" in page.text and "at most 2 people at once" in page.text


def test_very_many_matches_stand_in_an_order_of_their_own(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "NARROW", 3)
    monkeypatch.setattr(listing, "PAGE", 4)
    for number in range(9):
        join(cast.hanbit, f"person{number}@hanbitsoft.co.kr", "Same", "Name")
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/?q=same&sort=-id"))
    assert "Very many match" in page.text
    seen = ids(page, *(f"person{number}@hanbitsoft.co.kr" for number in range(9)))
    while page.has_link("Next"):
        page = browser.follow(page, "Next")
        seen += ids(page, *(f"person{number}@hanbitsoft.co.kr" for number in range(9)))
    assert len(seen) == len(set(seen)) == 9


WORDS = {
    "uid", "url", "name", "lang", "avatar", "photo_url", "id_local", "id_domain", "role_label", "mark", "state_label",
    "joined", "note", "why",
}  # fmt: skip


def test_every_value_of_a_row_is_escaped() -> None:
    row = {name: f"<{name} \"'&>" for name in WORDS} | {"current": False}
    faced, plain = drawn([row]), drawn([row | {"photo_url": ""}])
    for name in WORDS:
        assert f"<{name} " not in faced + plain, name
        assert f"&lt;{name} &quot;&#x27;&amp;&gt;" in faced + plain, name
