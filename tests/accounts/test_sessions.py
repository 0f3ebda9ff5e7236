"""Leaving means out (PRODUCT.md §4.9): sessions end when a password or a membership changes."""

from datetime import UTC, datetime, timedelta

import pytest

from dure.accounts import queries
from dure.accounts.actors import Operator
from dure.accounts.models import Session
from dure.core import clock
from dure.core.permissions import Permission
from dure.members.actions.administering import grant
from dure.members.actions.suspending import resume, suspend
from tests.cast import PASSWORD, Cast, join
from tests.post import PostOffice

NEW = "nine amber foxes yawn"


def test_changing_the_password_ends_every_other_session_at_once_and_keeps_this_one(
    cast: Cast, post: PostOffice
) -> None:
    here, there = cast.yuki.browser(), cast.yuki.browser()
    page = here.fill_in(here.open("/account/password/"), current_password=PASSWORD, new_password=NEW)
    assert page.path == "/workspaces/"
    assert there.open(cast.at()).path.startswith("/sign-in/")
    assert here.open(cast.at()).status == 200
    assert "was changed" in post.last_to(cast.yuki.address).subject
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).path.startswith("/sign-in/")
    assert cast.visitor().sign_in(cast.yuki.address, NEW).path == cast.at()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"current_password": "wrong", "new_password": NEW}, "current_password"),
        ({"current_password": PASSWORD, "new_password": PASSWORD}, "new_password"),
        ({"current_password": PASSWORD, "new_password": "yuki 田中 雪"}, "new_password"),
        ({"current_password": PASSWORD, "new_password": ""}, "new_password"),
    ],
)
def test_a_refused_change_says_why_beside_its_field(cast: Cast, typed: dict[str, str], field: str) -> None:
    browser = cast.yuki.browser()
    page = browser.fill_in(browser.open("/account/password/"), **typed)
    assert page.error_beside(field)
    assert browser.open(cast.at()).status == 200


def test_suspending_ends_this_workspace_at_once_and_not_the_other(cast: Cast) -> None:
    other = join(cast.fernweh, "second@fernweh.example", "Second", "Su")
    from dure.members.models import Member

    Member.objects.filter(pk=other.member.pk).update(account=cast.yuki.account)
    browser = cast.yuki.browser()
    assert browser.open(cast.at()).status == 200
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    assert browser.open(cast.at()).path == "/workspaces/"
    assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200
    resume(cast.sora.actor, member_uid=cast.yuki.member.uid)
    assert browser.open(cast.at()).status == 200


def test_taking_a_right_away_holds_from_the_next_request_on(cast: Cast) -> None:
    browser = cast.minjun.browser()
    assert browser.open(cast.at("admin/members/")).status == 200
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.minjun.member.uid, permissions=[])
    assert browser.open(cast.at("admin/members/")).status == 403
    grant(
        Operator(workspace_id=cast.hanbit.pk),
        member_uid=cast.minjun.member.uid,
        permissions=[Permission.MEMBERS_MANAGE],
    )
    assert browser.open(cast.at("admin/members/")).status == 200


def test_a_grant_that_runs_out_opens_nothing(cast: Cast) -> None:
    browser = cast.minjun.browser()
    from dure.members.models import Grant

    Grant.objects.filter(member=cast.minjun.member).update(until=clock.now() - timedelta(seconds=1))
    assert browser.open(cast.at("admin/members/")).status == 403


def test_signing_out_ends_this_session_only(cast: Cast) -> None:
    here, there = cast.yuki.browser(), cast.yuki.browser()
    page = here.open(cast.at("more/"))
    assert here.press(page, "Sign out").path.startswith("/sign-in/")
    assert here.open(cast.at()).path.startswith("/sign-in/")
    assert there.open(cast.at()).status == 200


def test_a_session_ends_after_ninety_days_whatever_one_does(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = cast.yuki.browser()
    later = datetime.now(UTC) + timedelta(days=91)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert browser.open(cast.at()).path.startswith("/sign-in/")


def test_a_session_gets_a_new_key_on_signing_in_and_names_its_account(cast: Cast) -> None:
    browser = cast.visitor()
    browser.open("/sign-in/")
    browser.sign_in(cast.yuki.address, PASSWORD)
    session = Session.objects.get()
    assert session.account_id == cast.yuki.member.account_id


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(cast: Cast, away: str) -> None:
    browser = cast.visitor()
    page = browser.open("/sign-in/")
    landed = browser.fill_in(page, id=cast.yuki.address, password=PASSWORD, next=away)
    assert landed.path == cast.at()


def test_reset_by_mailed_link_signs_in_and_ends_every_other_session(cast: Cast, post: PostOffice) -> None:
    other = cast.yuki.browser()
    browser = cast.visitor()
    page = browser.fill_in(browser.open("/reset/"), id="Yuki.Tanaka@hanbitsoft.co.kr")
    mail = post.last_to(cast.yuki.address)
    page = browser.follow(browser.open(mail.link), "Set my password")
    page = browser.submit(page, page.form_with_button("Save and sign in"), new_password=NEW)
    assert page.path == cast.at()
    assert other.open(cast.at()).path.startswith("/sign-in/")
    assert browser.open(mail.link).status == 410


@pytest.mark.parametrize("address", ["yuki.tanaka@hanbitsoft.co.kr", "nobody@nowhere.example"])
def test_asking_for_a_reset_reads_the_same_for_everybody(cast: Cast, post: PostOffice, address: str) -> None:
    browser = cast.visitor()
    page = browser.fill_in(browser.open("/reset/"), id=address)
    assert (page.path, page.status) == ("/reset/asked/", 200)
    assert address not in page.text


def test_no_more_than_five_reset_mails_an_hour(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    for _ in range(8):
        browser.fill_in(browser.open("/reset/"), id=cast.yuki.address)
    post.deliver()
    assert len(post.to(cast.yuki.address)) <= 5


def test_a_new_password_ends_the_links_that_were_mailed_before_it(cast: Cast, post: PostOffice) -> None:
    browser = cast.yuki.browser()
    browser.fill_in(browser.open("/reset/"), id=cast.yuki.address)
    mail = post.last_to(cast.yuki.address)
    browser.fill_in(browser.open("/account/password/"), current_password=PASSWORD, new_password=NEW)
    assert cast.visitor().open(mail.link).status == 410


def test_what_a_sign_in_reads_is_the_account(cast: Cast) -> None:
    (account, code), whole = queries.signing_in(cast.yuki.address), cast.yuki.account
    assert account is not None and code is None
    for name in ("pk", "password", "language", "epoch", "uid", "origin_id"):
        assert getattr(account, name) == getattr(whole, name)
    assert queries.signing_in("nobody@nowhere.example") == (None, None)


@pytest.mark.parametrize("address", ["yuki.tanaka@hanbitsoft.co.kr", "nobody@nowhere.example"])
def test_a_failed_sign_in_marks_both_fields_keeps_the_id_and_tells_nothing_else(cast: Cast, address: str) -> None:
    page = cast.visitor().sign_in(address, "wrong wrong wrong")
    assert page.status == 200 and "The ID or the password is wrong." in page.text
    assert page.body.count('aria-invalid="true"') == 2
    assert f'value="{address}"' in page.body and "wrong wrong" not in page.body
