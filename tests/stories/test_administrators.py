"""Administrators: appointed and dismissed with permissions from the catalogue, until a date (PRODUCT.md §4.10, §6)."""

import re
from datetime import timedelta

import pytest

from dure.accounts.actors import Operator
from dure.accounts.models import Account
from dure.core import clock
from dure.core.permissions import LABELS, Permission
from dure.members.actions.administering import appoint_super_admin, dismiss_super_admin, grant
from dure.members.actions.suspending import resume, suspend
from dure.members.models import Grant, Member
from tests.cast import PASSWORD, Cast, Person, join
from tests.post import PostOffice
from tests.visitor import Page


def rights_of(cast: Cast, somebody: Person) -> str:
    """Return the page with somebody's rights."""
    return cast.at(f"admin/administrators/{somebody.member.uid}/")


def tick(cast: Cast, admin: Person, somebody: Person, *codes: str, until: str = "") -> Page:
    """Tick permissions for somebody and save."""
    browser = admin.browser()
    page = browser.open(rights_of(cast, somebody))
    return browser.fill_in(page, permission=list(codes), until=until)


def test_sora_appoints_yuki_and_dismisses_her_again(cast: Cast, post: PostOffice) -> None:
    browser = cast.sora.browser()
    page = browser.fill_in(browser.open(cast.at("admin/administrators/")), q="yuki")
    page = browser.follow(page, "田中 雪")
    for code in Permission:
        assert str(LABELS[code]) in page.text, "drawn from the catalogue"
    page = browser.fill_in(page, permission=["members.manage"])
    assert "rights are saved" in page.text and "Member management" in page.text
    assert cast.yuki.actor.permissions == {Permission.ADMIN_ENTER, Permission.MEMBERS_MANAGE}
    assert "Member management" in post.last_to(cast.yuki.address).text
    assert cast.yuki.browser().open(cast.at("admin/members/")).status == 200
    tick(cast, cast.sora, cast.yuki)
    assert cast.yuki.actor.permissions == frozenset()
    assert "taken back" in post.last_to(cast.yuki.address).subject
    assert cast.yuki.browser().open(cast.at("admin/members/")).status == 403


def test_rights_end_with_their_last_day_without_any_sweep(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    last_day = clock.now() + timedelta(hours=9, days=2)
    tick(cast, cast.sora, cast.yuki, "members.manage", until=f"{last_day:%Y-%m-%d}")
    browser = cast.yuki.browser()
    assert browser.open(cast.at("admin/members/")).status == 200
    later = clock.now() + timedelta(days=3, hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert browser.open(cast.at("admin/members/")).status == 403
    assert "over" in cast.sora.browser().open(cast.at("admin/administrators/")).text


def test_a_day_that_has_passed_is_told_beside_its_field(cast: Cast, post: PostOffice) -> None:
    page = tick(cast, cast.sora, cast.yuki, "members.manage", until="2020-01-01")
    assert page.error_beside("until") and cast.yuki.actor.permissions == frozenset()
    assert re.search(r'value="members\.manage" checked', page.body), "what was ticked stays"


def test_the_letter_tells_the_rights_until_when_and_where_to_use_them(cast: Cast, post: PostOffice) -> None:
    last_day = clock.now() + timedelta(hours=9, days=2)
    tick(cast, cast.sora, cast.yuki, "members.manage", until=f"{last_day:%Y-%m-%d}")
    mail = post.last_to(cast.yuki.address)
    told = f"end by themselves after {last_day:%a} {last_day.day} {last_day:%B %Y}"
    for body in (mail.text, mail.part("html")):
        assert "Member management" in body and told in body and cast.at("admin/") in body
    shown = cast.sora.browser().open(cast.at("admin/administrators/")).text
    assert f"until {last_day.day} {last_day:%b %Y}" in shown, "the day that was typed"
    tick(cast, cast.sora, cast.yuki)
    page = tick(cast, cast.sora, cast.eve)
    assert "holds no admin rights" in page.text


def test_nobody_grants_or_takes_more_than_they_hold(cast: Cast, post: PostOffice) -> None:
    operator = Operator(workspace_id=cast.hanbit.pk)
    grant(operator, member_uid=cast.eve.member.uid, permissions=[Permission.ADMINS_MANAGE])
    grant(operator, member_uid=cast.yuki.member.uid, permissions=[Permission.AUDIT_READ])
    page = tick(cast, cast.eve, cast.yuki, "audit.read", "security.manage", "admins.manage")
    assert "rights are saved" in page.text
    assert cast.yuki.actor.permissions == {Permission.ADMIN_ENTER, Permission.AUDIT_READ, Permission.ADMINS_MANAGE}
    page = cast.eve.browser().open(rights_of(cast, cast.yuki))
    assert "You do not hold this right yourself" in page.text
    tick(cast, cast.eve, cast.eve, "admin.enter", "admins.manage", "members.manage")
    assert Permission.MEMBERS_MANAGE not in cast.eve.actor.permissions, "not for oneself either"


def test_an_admin_touches_no_super_admin(cast: Cast, post: PostOffice) -> None:
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=list(Permission))
    browser = cast.eve.browser()
    page = browser.open(rights_of(cast, cast.yuki))
    form = page.form_with("until")
    form.action = rights_of(cast, cast.sora)
    assert browser.submit(page, form, permission=["admin.enter"]).status == 403
    for step in ("appoint", "dismiss", "offer"):
        form.action = rights_of(cast, cast.sora if step == "dismiss" else cast.yuki) + "lead/"
        form.fields = [pair for pair in form.fields if pair[0] != "step"] + [("step", step)]
        assert browser.submit(page, form).status == 403, step
    assert Member.objects.filter(workspace=cast.hanbit, is_super_admin=True).count() == 1


def test_minjun_eve_and_alex_see_no_administrators(cast: Cast, post: PostOffice) -> None:
    for somebody in (cast.minjun, cast.eve, cast.yuki):
        assert somebody.browser().open(cast.at("admin/administrators/")).status == 403
    assert cast.alex.browser().open(cast.at("admin/administrators/")).status == 404
    elsewhere = f"/w/{cast.fernweh.uid}/admin/administrators/{cast.yuki.member.uid}/"
    assert cast.alex.browser().open(elsewhere).status == 404


def test_a_right_limited_to_a_part_of_the_organisation_opens_nothing_yet(cast: Cast, post: PostOffice) -> None:
    grant(
        Operator(workspace_id=cast.hanbit.pk),
        member_uid=cast.yuki.member.uid,
        permissions=[Permission.MEMBERS_MANAGE],
        unit_id=7,
    )
    assert Grant.objects.filter(member=cast.yuki.member, unit_id=7).count() == 2
    assert cast.yuki.actor.permissions == frozenset()
    assert "opens nothing yet" in cast.sora.browser().open(rights_of(cast, cast.yuki)).text


def test_the_password_is_asked_again_after_a_quarter_of_an_hour(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cast.sora.browser()
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser.open(rights_of(cast, cast.yuki))
    assert page.path.startswith("/account/confirm/")
    assert browser.fill_in(page, current_password="wrong").error_beside("current_password")
    page = browser.fill_in(page, current_password="seven quiet herons wade")
    assert page.path == rights_of(cast, cast.yuki)


def test_a_stolen_session_cannot_guess_the_password(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = cast.sora.browser()
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser.open(rights_of(cast, cast.yuki))
    for number in range(20):
        browser.fill_in(page, current_password=f"guess {number}")
    assert "too many" in browser.fill_in(page, current_password="seven quiet herons wade").text


def test_nor_on_the_page_that_changes_it(cast: Cast, post: PostOffice) -> None:
    browser = cast.sora.browser()
    page = browser.open("/account/password/")
    for number in range(20):
        refused = browser.fill_in(page, current_password=f"guess {number}", new_password="nine amber foxes yawn")
        assert refused.error_beside("current_password")
    page = browser.fill_in(page, current_password="seven quiet herons wade", new_password="nine amber foxes yawn")
    assert "too many" in page.error_beside("current_password")


def test_one_of_two_super_admins_is_advised_and_made(cast: Cast, post: PostOffice) -> None:
    browser = cast.sora.browser()
    assert "only super admin" in browser.open(cast.at("admin/")).text
    page = browser.press(browser.open(rights_of(cast, cast.yuki)), "Appoint as super admin")
    assert "told by mail" in page.text and cast.yuki.actor.is_super_admin
    assert "only super admin" not in browser.open(cast.at("admin/")).text
    assert "super admin" in post.last_to(cast.yuki.address).text


def test_the_last_super_admin_stays_whatever_is_tried(cast: Cast, post: PostOffice) -> None:
    browser = cast.sora.browser()
    page = browser.press(browser.open(rights_of(cast, cast.sora)), "Step down")
    assert "last super admin" in page.text and cast.sora.actor.is_super_admin
    helpless = join(cast.hanbit, "helpless@hanbitsoft.co.kr", "Helpless", "Hal", super_admin=True)
    Account.objects.filter(pk=helpless.member.account_id).update(password="")
    page = browser.press(browser.open(rights_of(cast, cast.sora)), "Step down")
    assert "last super admin" in page.text, "who cannot sign in does not count"


def test_who_never_signed_in_or_proved_no_address_cannot_lead(cast: Cast, post: PostOffice) -> None:
    from dure.accounts.models import Address

    Address.objects.filter(canonical=cast.yuki.address).update(proven_at=None)
    browser = cast.sora.browser()
    page = browser.press(browser.open(rights_of(cast, cast.yuki)), "Appoint as super admin")
    assert "must be active" in page.text and not cast.yuki.actor.is_super_admin


def offered(cast: Cast, post: PostOffice) -> str:
    """Offer Sora's role to Yuki and return the address in the mail."""
    browser = cast.sora.browser()
    browser.press(browser.open(rights_of(cast, cast.yuki)), "Offer my role")
    return next(word for word in post.last_to(cast.yuki.address).text.split() if "/hand-over/" in word)


def test_yuki_accepts_the_role_and_sora_gives_it_up(cast: Cast, post: PostOffice) -> None:
    address = offered(cast, post)
    browser = cast.yuki.browser()
    page = browser.open(address)
    assert "offers you the role" in page.text and not cast.yuki.actor.is_super_admin
    page = browser.press(page, "Accept")
    assert page.path == cast.at() and "super admin now" in page.text
    assert cast.yuki.actor.is_super_admin and not cast.sora.actor.is_super_admin
    assert cast.sora.actor.permissions == frozenset()
    assert "accepted the role" in post.last_to(cast.sora.address).text
    assert "over" in browser.open(address).text, "never twice"


def test_only_the_one_who_was_asked_accepts_and_a_declined_offer_is_over(cast: Cast, post: PostOffice) -> None:
    address = offered(cast, post)
    assert cast.eve.browser().open(address).status == 404
    assert cast.alex.browser().open(address).status == 404
    browser = cast.yuki.browser()
    page = browser.open(address)
    browser.press(page, "Decline")
    assert "over" in browser.press(page, "Accept").text
    assert cast.sora.actor.is_super_admin and not cast.yuki.actor.is_super_admin


def test_an_offer_withdrawn_or_too_old_is_over(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    address = offered(cast, post)
    sora = cast.sora.browser()
    sora.press(sora.open(cast.at("admin/administrators/")), "Withdraw the offer")
    assert "over" in cast.yuki.browser().open(address).text
    second = offered(cast, post)
    late = clock.now() + timedelta(days=7, minutes=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert "over" in cast.yuki.browser().open(second).text


def test_what_a_super_admin_offered_ends_with_their_role_and_waits_while_they_are_suspended(
    cast: Cast, post: PostOffice
) -> None:
    address = offered(cast, post)
    Member.objects.filter(pk=cast.eve.member.pk).update(is_super_admin=True)
    browser = cast.yuki.browser()
    page = browser.open(address)
    suspend(cast.eve.actor, member_uid=cast.sora.member.uid)
    assert "over" in browser.press(page, "Accept").text and not cast.yuki.actor.is_super_admin
    resume(cast.eve.actor, member_uid=cast.sora.member.uid)
    dismiss_super_admin(cast.eve.actor, member_uid=cast.sora.member.uid)
    appoint_super_admin(cast.eve.actor, member_uid=cast.sora.member.uid)
    assert "over" in browser.open(address).text, "an offer from an earlier time"
    assert not cast.yuki.actor.is_super_admin


def test_an_offer_is_withdrawn_after_a_long_while_and_from_the_end_of_the_list(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = offered(cast, post)
    browser = cast.sora.browser()
    page = browser.open(cast.at(f"admin/administrators/?after={cast.sora.member.pk}"))
    assert page.status == 200
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser.fill_in(browser.press(page, "Withdraw the offer"), current_password=PASSWORD)
    assert (page.status, page.path) == (200, cast.at("admin/administrators/")), "back where the button stands"
    browser.press(page, "Withdraw the offer")
    assert "over" in cast.yuki.browser().open(address).text
