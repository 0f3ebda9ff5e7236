"""What the pages of joining say and take: the last day, codes as people type them, and what cannot open again."""

from datetime import UTC, datetime, timedelta
from unicodedata import normalize
from urllib.parse import urlencode, urlsplit

import pytest
from django.utils.formats import date_format

from dure.accounts.models import Account
from dure.core import clock
from dure.joining import ways
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import Invitation, InviteLink
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.joining import BORAM, arrive, begin, confirm, fill, invite_link

ALEX = {"family_name": "Meyer", "given_name": "Alex"}
SEOUL = timedelta(hours=9)


def midnight(days: int) -> datetime:
    """Return the midnight in Seoul that ends the day this many days ahead."""
    there = (clock.now() + SEOUL + timedelta(days=days + 1)).date()
    return datetime(there.year, there.month, there.day, tzinfo=UTC) - SEOUL


def test_the_last_day_is_the_one_the_admin_chose_and_not_the_midnight_after(cast: Cast) -> None:
    link = invite_link(cast.eve, expires_at=midnight(5))
    chosen = date_format((link.expires_at + SEOUL - timedelta(seconds=1)).date(), "DATE_FORMAT")
    page = arrive(cast.visitor(), link)
    assert f"Open until {chosen} (" in page.text and "00:00" not in page.text
    InviteLink.objects.update(expires_at=midnight(-3))
    over = arrive(cast.visitor(), link)
    last = date_format((midnight(-3) + SEOUL - timedelta(seconds=1)).date(), "DATE_FORMAT")
    assert over.status == 410 and f"This link was open until {last}" in over.text


def test_a_link_that_ends_within_a_day_says_the_time(cast: Cast) -> None:
    link = invite_link(cast.eve, expires_at=midnight(1) - timedelta(hours=2, minutes=30))
    assert "21:30 (" in arrive(cast.visitor(), link).text


@pytest.mark.parametrize("typed", ["wide", "address", "message"])
def test_the_code_is_taken_in_full_width_letters_and_the_link_in_its_place(cast: Cast, typed: str) -> None:
    link = invite_link(cast.eve)
    code, address = ways.code_of(link), ways.address_of(link)
    wide = "".join(chr(ord(letter) + 0xFEE0) if letter != "-" else letter for letter in code)
    assert normalize("NFKC", wide) == code
    said = {"wide": wide, "address": f" {address} ", "message": f"Come in:\n{address}\n\nor {code}"}
    browser = cast.visitor()
    page = browser.fill_in(browser.open("/join/"), code=said[typed])
    assert page.path == f"/join/{link.uid}/" and "Join the workspace 한빛소프트" in page.text


def test_a_pasted_address_that_is_no_link_of_ours_opens_nothing(cast: Cast) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = browser.fill_in(browser.open("/join/"), code=f"https://elsewhere.example/j/{link.uid}.{'x' * 22}")
    assert page.status == 410 and "This link no longer works" in page.text


def test_coming_back_to_the_address_of_asking_leads_to_the_link(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve, most_uses=1)
    InviteLink.objects.update(uses=1)
    browser = cast.visitor()
    asked = browser.press(arrive(browser, link), "Ask to open it again")
    assert "The admins are asked" in asked.text and "the link you have works" in asked.text
    again = browser.open(f"/join/{link.uid}/ask/")
    assert again.path == f"/join/{link.uid}/" and "used up" in again.text


def test_of_a_withdrawn_link_nobody_is_told_that_it_opens_again(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    InviteLink.objects.update(withdrawn_at=clock.now())
    browser = cast.visitor()
    page = arrive(browser, link)
    assert "The link itself stays closed" in page.text and "the same link works" not in page.text
    asked = browser.press(page, "Ask for a new one")
    assert "It stays closed" in asked.text and "the link you have works" not in asked.text


def test_who_signs_up_where_an_admin_decides_is_told_so_on_every_page(cast: Cast, post: PostOffice) -> None:
    browser, link = cast.visitor(), invite_link(cast.eve, needs_approval=True)
    page = browser.press(arrive(browser, link), "Create account")
    assert "With it you ask to join 한빛소프트; an admin decides." in page.text
    page = begin(browser, link)
    assert "Confirm and ask to join" in page.text and "Confirm and join" not in page.text


def test_the_address_of_a_button_opened_by_hand_is_a_page_with_a_way_back(cast: Cast) -> None:
    page = cast.visitor().open("/sign-out/")
    assert page.status == 405 and page.headers["allow"] == "POST"
    assert "This page is opened differently" in page.text and page.has_link("Back to the start")


def test_a_step_that_a_link_no_longer_takes_leads_to_the_link(cast: Cast) -> None:
    link = invite_link(cast.eve)
    InviteLink.objects.update(withdrawn_at=clock.now())
    browser = cast.eve.browser()
    page = browser.open(cast.at(f"admin/links/{link.uid}/act/pause/"))
    assert page.path == cast.at(f"admin/links/{link.uid}/") and "Withdrawn" in page.text


WIDE = str.maketrans({code: code + 0xFEE0 for code in range(0x21, 0x7F) if chr(code) != "."} | {".": "。"})
"""What a Japanese keyboard makes of an address when its owner forgets to turn it back."""


def test_an_address_in_full_width_letters_signs_up_signs_in_and_is_invited(cast: Cast, post: PostOffice) -> None:
    link, wide = invite_link(cast.eve, domains=["ｈａｎｂｉｔｓｏｆｔ。co.kr"]), BORAM["id"].translate(WIDE)
    assert link.domains == ["hanbitsoft.co.kr"]
    browser = cast.visitor()
    page = confirm(browser, begin(browser, link, id=wide), post)
    assert "You are in: 한빛소프트" in page.text and BORAM["id"] in page.text
    again = cast.visitor().sign_in(wide, BORAM["password"])
    assert again.path == cast.at()
    invited = cast.minjun.browser()
    typed = "haru@hanbitsoft.co.kr".translate(WIDE)
    told = invited.fill_in(invited.open(cast.at("admin/invitations/new/")), text=f"{typed} {wide}")
    assert "1 invitation is on its way" in told.text and "is a member" in told.text.lower(), told.text
    found = invited.open(cast.at("admin/invitations/?" + urlencode({"q": "ｈａｒｕ＠"})))
    assert "haru@hanbitsoft.co.kr" in found.text


def test_a_letter_that_only_looks_right_is_named_where_somebody_signs_up_and_where_many_are_invited(
    cast: Cast, post: PostOffice
) -> None:
    page = begin(cast.visitor(), invite_link(cast.eve), id="bor\u0430m@walk.example")
    assert "“\u0430” looks like a Latin letter, but it is Cyrillic." in page.error_beside("id")
    browser = cast.minjun.browser()
    told = browser.fill_in(
        browser.open(cast.at("admin/invitations/new/")),
        text="tina@ex\u0430mple.com\nxen\u200bia@new1.example\nfine@new1.example",
    )
    assert "In “ex\u0430mple” the letter “\u0430” is Cyrillic and others are Latin" in told.text
    assert "There is an invisible character after “xen”" in told.text
    assert [one.address for one in Invitation.objects.all()] == ["fine@new1.example"]
    editor = cast.eve.browser()
    form = editor.open(cast.at("admin/links/new/"))
    refused = editor.fill_in(form, name="Winter", domains="ex\u0430mple.com")
    assert "the letter “\u0430” is Cyrillic" in refused.error_beside("domains")


def test_internationalised_domains_are_shown_as_they_are_written_everywhere(cast: Cast, post: PostOffice) -> None:
    shown, stored = "hana@한빛.한국", "hana@xn--xx3br43b.xn--3e0b707e"
    link = invite_link(cast.eve, domains=["한빛.한국", "walk.example"])
    assert link.domains == ["xn--xx3br43b.xn--3e0b707e", "walk.example"]
    editor, admin, browser = cast.eve.browser(), cast.minjun.browser(), cast.visitor()
    seen = [editor.open(cast.at(f"admin/links/{link.uid}/{path}")) for path in ("", "edit/", "poster/")]
    seen.append(arrive(browser, link))
    seen.append(browser.press(seen[-1], "Create account"))
    seen.append(fill(browser, seen[-1], id="hana@elsewhere.example"))
    for page in seen:
        assert "한빛.한국, walk.example" in page.body and "xn--" not in page.body, page.path
    code = fill(browser, seen[-1], id=shown)
    assert shown in code.text and "xn--" not in code.body
    begun = arrive(browser, link)
    assert f"With the address {shown}" in begun.text
    place = confirm(browser, browser.open(code.path), post, stored)
    assert "You are in" in place.text and shown in place.text and "xn--" not in place.text
    admin.fill_in(admin.open(cast.at("admin/invitations/new/")), text="duri@한빛.한국")
    invitation = Invitation.objects.get(address=stored.replace("hana", "duri"))
    paths = (
        "admin/invitations/",
        f"admin/invitations/{invitation.uid}/",
        "admin/invitations/?q=%ED%95%9C%EB%B9%9B",
    )
    for path in paths:
        page = admin.open(cast.at(path))
        assert "@한빛.한국" in page.text and "xn--" not in page.text, path
    invited = cast.visitor().open(post.last_to(invitation.address).link)
    assert "duri@한빛.한국" in invited.text and "xn--" not in invited.text


def test_an_address_that_was_cut_off_offers_the_code_and_speaks_of_no_mail(cast: Cast) -> None:
    link = invite_link(cast.eve)
    whole = urlsplit(ways.address_of(link)).path
    for cut in (whole[:20], whole[:-1], f"/j/{'x' * 22}.{'x' * 40}"):
        browser = cast.visitor()
        page = browser.open(cut)
        assert page.status == 410 and "Copy all of it once more from where you found it" in page.text
        assert "from the mail" not in page.text and f'value="{cut}"' not in page.body
        assert browser.fill_in(page, code=ways.code_of(link)).path == f"/join/{link.uid}/"


def test_who_is_invited_reads_of_approval_only_where_the_link_needs_it(cast: Cast, post: PostOffice) -> None:
    invite_many(cast.minjun.actor, text=cast.alex.address, language="en", message="", submission="one")
    for asks in (False, True):
        page = arrive(cast.alex.browser(), invite_link(cast.eve, needs_approval=asks))
        assert "You are invited to 한빛소프트 already." in page.text
        assert ("without anybody’s approval" in page.text) == asks


def test_used_up_at_the_last_step_no_account_was_made_and_the_page_says_so(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve, most_uses=1)
    late, never = "No account was made for you.", cast.visitor()
    browser = cast.visitor()
    page = begin(browser, link)
    InviteLink.objects.update(uses=1)
    told = confirm(browser, page, post)
    assert told.status == 410 and "is used up" in told.text and late in told.text and told.has_link("Sign in")
    assert not Account.objects.filter(addresses__canonical=BORAM["id"]).exists()
    assert late in arrive(browser, link).text, "come back to"
    assert late not in arrive(never, link).text, "who did not sign up is told of no account"
    assert late not in arrive(cast.alex.browser(), link).text


def test_an_invitation_that_is_over_says_what_is_true_for_whoever_opens_it(cast: Cast, post: PostOffice) -> None:
    first = invitation_of(cast, post)
    own = cast.alex.browser()
    page = own.open(first)
    assert own.submit(page, page.form_with("given_name"), step="accept", **ALEX).path == cast.at("?welcome")
    assert "You find it under “My workspaces”" in own.open(first).text
    for other, signed_in in ((cast.visitor(), False), (cast.yuki.browser(), True)):
        page = other.open(first)
        assert page.status == 410 and "This invitation has been accepted" in page.text
        assert "Whoever accepted it" in page.text and "You find it under" not in page.text
        assert page.has_link("My workspaces") == signed_in and page.has_link("To sign-in") != signed_in


def test_declined_or_withdrawn_a_visitor_is_led_nowhere_they_cannot_go(cast: Cast, post: PostOffice) -> None:
    browser, link = cast.visitor(), invitation_of(cast, post)
    page = browser.press(browser.open(link), "Decline")
    assert "The invitation is declined" in page.text and not page.has_link("My workspaces")
    Invitation.objects.update(declined_at=None, withdrawn_at=clock.now())
    page = browser.open(link)
    assert "If you still want to join 한빛소프트, ask whoever invited you." in page.text
    assert not page.has_link("My workspaces")


def invitation_of(cast: Cast, post: PostOffice) -> str:
    """Invite Alex by mail and return the link in it."""
    invite_many(cast.minjun.actor, text=cast.alex.address, language="en", message="", submission="one")
    return post.last_to(cast.alex.address).link
