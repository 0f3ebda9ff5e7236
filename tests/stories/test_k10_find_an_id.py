"""K10: an admin with *Member management* sees every member's ID in Member management."""

import pytest

from dure.members.models import Member
from dure.members.queries import PAGE
from tests.cast import Cast, join
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link


def test_the_list_shows_every_id_and_state(cast: Cast, post: PostOffice) -> None:
    invited(cast, post)
    page = cast.minjun.browser().open(cast.at("admin/members/"))
    for somebody in (cast.sora, cast.minjun, cast.eve, cast.yuki):
        assert somebody.address in page.text
    assert HARU["id"] in page.text and "awaiting registration" in page.text
    assert cast.alex.address not in page.text


@pytest.mark.parametrize("search", ["하은", "정하은", "ㅈㅎㅇ", "haeun.jung", "HAEUN", "정 하은"])
def test_a_search_by_name_initial_consonants_or_id_finds_the_person(cast: Cast, post: PostOffice, search: str) -> None:
    invited(cast, post)
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(cast.at("admin/members/")), q=search)
    assert HARU["id"] in page.text
    assert cast.yuki.address not in page.text


@pytest.mark.parametrize(("search", "found"), [("hanbitsoft", False), ("@hanbitsoft", True), ("tanaka@han", True)])
def test_the_domain_that_all_share_is_searched_from_the_at_sign_on(cast: Cast, search: str, found: bool) -> None:
    page = cast.minjun.browser().open(cast.at(f"admin/members/?q={search}"))
    assert (cast.yuki.address in page.text) == found


@pytest.mark.parametrize("search", ["%", "_", "'", '"', "\\", "😀", "x" * 10_000, "ㄱ" * 300])
def test_a_search_for_anything_odd_finds_nothing_and_breaks_nothing(cast: Cast, search: str) -> None:
    browser = cast.minjun.browser()
    from urllib.parse import quote

    page = browser.open(cast.at(f"admin/members/?q={quote(search)}"))
    assert page.status == 200
    assert cast.yuki.address not in page.text


def test_one_persons_panel_tells_id_state_when_the_letter_went_and_when_it_was_used(
    cast: Cast, post: PostOffice
) -> None:
    mail = invited(cast, post)
    browser = cast.minjun.browser()
    page = browser.follow(browser.open(cast.at("admin/members/?q=haeun")), "정하은")
    assert HARU["id"] in page.text
    assert "awaiting registration" in page.text and "sent" in page.text
    newcomer = cast.visitor()
    newcomer.fill_in(open_link(newcomer, mail.link), new_password=NEW_PASSWORD)
    page = browser.open(page.path)
    assert "used" in page.text and "active" in page.text


def test_pages_lead_forwards_and_back_and_hold_everybody_once(cast: Cast) -> None:
    for number in range(PAGE + 20):
        join(cast.hanbit, f"person{number}@hanbitsoft.co.kr", "Same", "Name")
    browser = cast.minjun.browser()
    first = browser.open(cast.at("admin/members/"))
    second = browser.follow(first, "Next")
    assert not second.has_link("Next")
    seen = [
        address
        for page in (first, second)
        for address in Member.objects.filter(workspace=cast.hanbit).values_list(
            "account__addresses__canonical", flat=True
        )
        if f"{address} " in f"{page.text} "
    ]
    assert len(seen) == len(set(seen)) == PAGE + 24
    assert browser.follow(second, "Previous").text.count("@hanbitsoft") == first.text.count("@hanbitsoft")


def test_an_admin_without_member_management_and_a_member_see_no_list(cast: Cast) -> None:
    for somebody in (cast.eve, cast.yuki):
        page = somebody.browser().open(cast.at("admin/members/"))
        assert page.status == 403 and cast.sora.address not in page.text
