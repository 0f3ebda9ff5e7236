"""“This wasn't me”: for 72 hours the earlier ID takes a change of ID back, and the first of several wins (§4.15)."""

from datetime import timedelta

import pyotp
import pytest

from dure.accounts import factors
from dure.accounts.actions.factors import set_second_factor
from dure.accounts.actors import Owner
from dure.accounts.models import Device
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.members.actions.rescuing import make_rescue_codes
from dure.members.models import Member, RescueCode
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.stories.test_change_id import NEW, OLD, ask, changed, kinds, opens, press, turn
from tests.visitor import Visitor


def intruder_moves(cast: Cast, post: PostOffice, address: str, *, was: str = OLD) -> Visitor:
    """Let somebody who learned Yuki's password change the ID."""
    browser = cast.visitor()
    browser.sign_in(was, PASSWORD)
    ask(browser, address)
    press(browser, post.last_to(address))
    return browser


def test_this_wasnt_me(cast: Cast, post: PostOffice) -> None:
    intruder = intruder_moves(cast, post, "thief@nowhere.example")
    undo = post.last_to(OLD)
    owner = cast.visitor()
    page = owner.open(undo.link)
    for words in ("thief@nowhere.example", OLD, "Every device is signed out", "set a new password right away"):
        assert words in page.text, words
    page = owner.press(page, "Undo the change")
    assert kinds(cast) == {OLD: "id"} and page.form_with("new_password")
    assert f"{OLD} is your ID again" in page.text
    assert intruder.open(cast.at()).path.startswith("/sign-in/")
    assert not opens(cast, OLD) and not opens(cast, "thief@nowhere.example"), "the known password is dead at once"
    page = owner.fill_in(page, new_password=NEW_PASSWORD)
    assert page.path == cast.at() and opens(cast, OLD, NEW_PASSWORD)
    assert "You are in" not in page.text, "nobody is welcomed who was here before"
    assert "no longer belongs" in post.last_to("thief@nowhere.example").text
    event = AuditEvent.objects.get(event="account.id_change_undone", subject_kind="account")
    assert event.fields == ["id", "password"]
    assert "undone already" in owner.open(undo.link).text


def test_what_an_intruder_set_up_since_is_gone(cast: Cast, post: PostOffice) -> None:
    Member.objects.filter(pk=cast.yuki.member.pk).update(is_super_admin=True)
    intruder_moves(cast, post, "thief@nowhere.example")
    undo = post.last_to(OLD)
    make_rescue_codes(cast.yuki.actor)
    key = factors.new_key()
    set_second_factor(Owner(cast.yuki.account), key=key, code=pyotp.TOTP(key).at(clock.now()))
    owner = cast.visitor()
    page = press(owner, undo, "Undo the change")
    account = cast.yuki.account
    assert not account.has_factor and not RescueCode.objects.exists()
    assert not Device.objects.filter(account=account).exists()
    assert owner.fill_in(page, new_password=NEW_PASSWORD).path == cast.at()
    event = AuditEvent.objects.get(event="account.id_change_undone", subject_kind="account")
    assert "second_factor" in event.fields


def test_a_factor_from_before_is_kept_and_asked_for(cast: Cast, post: PostOffice) -> None:
    key, browser = factors.new_key(), cast.visitor()
    codes = set_second_factor(Owner(cast.yuki.account), key=key, code=pyotp.TOTP(key).at(clock.now())).codes
    assert browser.fill_in(browser.sign_in(OLD, PASSWORD), code=codes[0]).path == cast.at()
    ask(browser)
    press(browser, post.last_to(NEW))
    owner = cast.visitor()
    page = press(owner, post.last_to(OLD), "Undo the change")
    page = owner.fill_in(page, new_password=NEW_PASSWORD)
    assert page.path == "/sign-in/second/" and cast.yuki.account.has_factor
    assert owner.fill_in(page, code=codes[1]).error_beside("code"), "spare codes ended"
    assert owner.fill_in(page, code=pyotp.TOTP(key).at(clock.now() + timedelta(seconds=30))).path == cast.at()


def test_after_two_changes_the_first_undo_takes_both_back(cast: Cast, post: PostOffice) -> None:
    intruder_moves(cast, post, "first@nowhere.example")
    undo = post.last_to(OLD)
    intruder_moves(cast, post, "second@nowhere.example", was="first@nowhere.example")
    later = post.last_to("first@nowhere.example")
    assert "/l/" in later.text
    owner, intruder = cast.visitor(), cast.visitor()
    press(intruder, later, "Undo the change")
    assert kinds(cast) == {"first@nowhere.example": "id", OLD: "alias"}, "the second change alone"
    page = press(owner, undo, "Undo the change")
    assert kinds(cast) == {OLD: "id"}
    owner.fill_in(page, new_password=NEW_PASSWORD)
    living = OneTimeSecret.objects.filter(account_id=cast.yuki.account.pk, used_at=None, withdrawn_at=None)
    assert not living.exists(), "no link of the intruder lives on"
    assert opens(cast, OLD, NEW_PASSWORD)


def test_the_first_undo_ends_the_later_one(cast: Cast, post: PostOffice) -> None:
    intruder_moves(cast, post, "first@nowhere.example")
    undo = post.last_to(OLD)
    intruder_moves(cast, post, "second@nowhere.example", was="first@nowhere.example")
    later = post.last_to("first@nowhere.example")
    press(cast.visitor(), undo, "Undo the change")
    refused = cast.visitor().open(later.link)
    assert refused.status == 410 and "earlier change" in refused.text
    assert kinds(cast) == {OLD: "id"}


def test_undoing_a_way_back_lets_the_first_owner_win(cast: Cast, post: PostOffice) -> None:
    undo_first = changed(cast, post)
    browser = cast.visitor()
    browser.sign_in(NEW, PASSWORD)
    ask(browser, OLD)
    press(browser, post.last_to(OLD))
    undo_second = post.last_to(NEW)
    press(cast.visitor(), undo_second, "Undo the change")
    assert kinds(cast) == {NEW: "id", OLD: "alias"}
    press(cast.visitor(), undo_first, "Undo the change")
    assert kinds(cast) == {OLD: "id"}


def test_after_72_hours_the_page_says_whom_to_ask(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo = changed(cast, post)
    turn(monkeypatch, hours=71, minutes=59)
    browser = cast.visitor()
    page = browser.open(undo.link)
    assert "Undo the change" in page.body
    turn(monkeypatch, hours=72, minutes=1)
    for late in (browser.press(page, "Undo the change"), cast.visitor().open(undo.link)):
        assert late.status == 410 and "Member management" in late.text
    assert kinds(cast) == {NEW: "id", OLD: "alias"}
