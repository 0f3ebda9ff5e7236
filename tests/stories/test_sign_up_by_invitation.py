"""Somebody without an account is invited by mail: its link proves the address, so no code is asked for (§4.2)."""

import re
import uuid
from datetime import timedelta

from dure.accounts.models import Account, Address
from dure.core import clock
from dure.joining.actions.inviting_again import copy_link
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import Invitation, SignUp
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.joining import BORAM, confirm, fill
from tests.visitor import Page, Visitor


def invite(cast: Cast, text: str = f"윤보람 <{BORAM['id']}>") -> None:
    """Invite by mail as Minjun."""
    invite_many(cast.minjun.actor, text=text, language="en", message="See you on Monday.", submission=str(uuid.uuid4()))


def the_form(browser: Visitor, link: str) -> Page:
    """Open a mailed link and press Create account."""
    page = browser.open(link)
    assert "Minjun Kim invites you to 한빛소프트" in page.text and "See you on Monday." in page.text
    return browser.press(page, "Create account")


def place_of(address: str) -> Member:
    """Return the member with an ID."""
    return Member.objects.get(account__addresses__canonical=address)


def test_boram_sets_a_password_behind_the_mailed_link_and_is_in(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    page = the_form(browser, post.last_to(BORAM["id"]).link)
    assert Invitation.objects.get().opened_at, "a button was pressed"
    assert BORAM["id"] in page.text and "윤보람" in page.text
    assert "given_name" not in page.form_with("password").inputs, "the name is written already"
    page = fill(browser, page)
    assert page.path == cast.at("?welcome") and "You are in: 한빛소프트" in page.text
    member = place_of(BORAM["id"])
    assert (member.family_name, member.given_name, member.state) == ("윤", "보람", "active")
    assert Address.objects.get(canonical=BORAM["id"]).proven_at and not SignUp.objects.exists()
    assert Invitation.objects.get().accepted_at and Invitation.objects.get().member == member
    assert post.last_to(BORAM["id"]).subject == "You have joined 한빛소프트 as a workspace member"


def test_without_a_name_in_it_the_form_asks_for_one(cast: Cast, post: PostOffice) -> None:
    invite(cast, BORAM["id"])
    browser = cast.visitor()
    form = the_form(browser, post.last_to(BORAM["id"]).link)
    page = fill(browser, form, family_name="", given_name="")
    assert "Write a name" in page.error_beside("given_name")
    assert fill(browser, form).path == cast.at("?welcome")
    assert place_of(BORAM["id"]).given_name == "보람"


def test_another_address_typed_into_the_form_changes_nothing(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    form = the_form(browser, post.last_to(BORAM["id"]).link)
    browser.send(
        form, form.path, step="begin", id="thief@elsewhere.example", password=BORAM["password"], given_name="T"
    )  # fmt: skip
    assert not Address.objects.filter(canonical="thief@elsewhere.example").exists()
    assert place_of(BORAM["id"]).given_name == "보람"


def copied(cast: Cast) -> str:
    """Return the address of a link that an admin copied."""
    invitation = Invitation.objects.get()
    return copy_link(cast.minjun.actor, invitation_uid=invitation.uid)


def path_of(link: str) -> str:
    found = re.search(r"(/l/)?([\w-]{22}\.[\w-]+)$", link)
    assert found
    return f"/l/{found[2]}"


def test_a_copied_link_proves_nothing_and_asks_for_the_code(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    page = fill(browser, the_form(browser, path_of(copied(cast))))
    assert "Type the code" in page.text and not Address.objects.filter(canonical=BORAM["id"]).exists()
    assert not page.has_link("Use another address"), "an invitation is for its address alone"
    assert confirm(browser, page, post).path == cast.at("?welcome")
    assert place_of(BORAM["id"]).state == "active"


def test_a_copied_link_tells_nothing_about_the_address_before_the_code(cast: Cast, post: PostOffice) -> None:
    pages = []
    for address in ("nobody@nowhere.example", cast.alex.address):
        Invitation.objects.all().delete()
        invite(cast, address)
        page = cast.visitor().open(path_of(copied(cast)))
        assert page.has_link("Sign in") is False
        pages.append(re.sub(r"[\w.]+@[\w.]+", "ADDRESS", page.text))
    assert pages[0] == pages[1]
    browser = cast.visitor()
    page = fill(browser, browser.press(browser.open(path_of(copied(cast))), "Create account"))
    page = confirm(browser, page, post, cast.alex.address)
    assert "You have an account already" in page.text
    page = browser.fill_in(browser.follow(page, "Sign in and go on"), password=PASSWORD)
    assert browser.submit(page, page.form_with("given_name"), given_name="Alex", step="accept").path == cast.at(
        "?welcome"
    )


def test_a_copied_link_takes_no_other_account(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.alex.browser()
    page = browser.open(path_of(copied(cast)))
    assert "passed on to you" in page.text
    browser.send(page, page.path, step="accept", given_name="Alex")
    assert not Member.objects.filter(workspace=cast.hanbit, account=cast.alex.account).exists()
    assert Invitation.objects.get().accepted_at is None


def test_a_copied_link_tells_another_account_nothing_about_the_address(cast: Cast, post: PostOffice) -> None:
    """PRODUCT.md §4.11: whoever invites could otherwise find out who has an account, with an account of their own."""
    said = []
    for address in ("nobody@nowhere.example", cast.alex.address):
        Invitation.objects.all().delete()
        invite(cast, address)
        browser = cast.yuki.browser()
        page = browser.open(path_of(copied(cast)))
        page = browser.send(page, page.path, step="accept", given_name="Yuki")
        said.append((page.status, re.sub(r"[\w.]+@[\w.]+", "ADDRESS", page.text)))
    assert said[0] == said[1] and "handed on" in said[0][1]


def test_who_has_an_account_is_led_to_sign_in_by_the_mailed_link(cast: Cast, post: PostOffice) -> None:
    invite(cast, cast.alex.address)
    browser = cast.visitor()
    page = browser.open(post.last_to(cast.alex.address).link)
    assert "Create account" not in page.text
    page = browser.press(page, "Sign in to accept")
    assert dict(page.form_with("password").fields)["id"] == cast.alex.address
    page = browser.fill_in(page, password=PASSWORD)
    page = browser.submit(page, page.form_with("given_name"), given_name="Alex", step="accept")
    assert page.path == cast.at("?welcome") and "You are in" in page.text


def test_an_account_without_a_password_is_taken_over_by_the_mailed_link(cast: Cast, post: PostOffice) -> None:
    from dure.joining.actions.registering import register_member

    register_member(
        cast.alex.actor, id=BORAM["id"], family_name="Yoon", given_name="Bo", language="en", submission="z" * 36
    )
    invite(cast)
    link = next(mail.link for mail in reversed(post.deliver() or post.received) if "invites you" in mail.subject)
    browser = cast.visitor()
    assert fill(browser, the_form(browser, link)).path == cast.at("?welcome")
    assert Account.objects.filter(addresses__canonical=BORAM["id"]).count() == 1


def test_the_invitation_ends_while_somebody_types(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    form = the_form(browser, post.last_to(BORAM["id"]).link)
    Invitation.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    page = fill(browser, form)
    assert page.status == 410 and "over" in page.text
    assert not Address.objects.filter(canonical=BORAM["id"]).exists()


def test_an_inviter_who_left_stops_nobody(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    suspend(cast.sora.actor, member_uid=cast.minjun.member.uid)
    browser = cast.visitor()
    page = browser.press(browser.open(post.last_to(BORAM["id"]).link), "Create account")
    assert fill(browser, page).path == cast.at("?welcome")


def test_two_tabs_are_one_place(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    browser = cast.visitor()
    form = the_form(browser, post.last_to(BORAM["id"]).link)
    assert fill(browser, form).path == cast.at("?welcome")
    again = fill(browser, form)
    assert again.status == 200 and again.path == cast.at(), again.text
    assert Member.objects.filter(account__addresses__canonical=BORAM["id"]).count() == 1


def test_a_copied_link_declines_nothing_for_whoever_has_not_proven_the_address(cast: Cast, post: PostOffice) -> None:
    invite(cast)
    for browser in (cast.visitor(), cast.alex.browser()):
        page = browser.open(path_of(copied(cast)))
        assert not [button for form in page.forms for button in form.buttons if "Decline" in button]
        assert "handed on" in browser.send(page, page.path, step="decline").text
    assert Invitation.objects.get().ended_at is None
