"""Passkeys, item 7 of the own account: added, used beside the password and instead of it, renamed, removed."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from dure.accounts import passkeys
from dure.accounts.models import Account, Passkey, SpareCode, SpentChallenge
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.events import Event
from dure.erasure import purge_dead
from tests.authenticator import Authenticator, to_bytes, to_text
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.passkey_steps import AGAIN, BESIDE, LIST, REFUSED, add, answer, asked, codes_on, come_in, halfway


def test_the_first_passkey_brings_spare_codes_once_and_ends_every_other_session(
    cast: Cast, post: PostOffice, device: Authenticator
) -> None:
    here, there = cast.yuki.browser(), cast.yuki.browser()
    assert "passkey" in here.open("/account/").text
    page = add(here, device)
    assert len(codes_on(page)) == 10
    assert there.open(cast.at()).path.startswith("/sign-in/")
    listed = here.open(LIST)
    assert listed.status == 200 and "My phone" in listed.text and "10 of ten left" in listed.text
    assert codes_on(listed) == []
    row = Passkey.objects.get()
    assert (row.account_id, row.name, row.backed_up) == (cast.yuki.account.pk, "My phone", True)
    assert row.transports == ["internal", "hybrid"]
    assert cast.yuki.account.has_factor
    assert "passkey was added" in post.last_to(cast.yuki.address).text
    event = AuditEvent.objects.filter(event=Event.FACTOR_SET).get()
    assert (event.actor_id, event.via) == (cast.yuki.account.pk, row.uid)


def test_a_second_passkey_keeps_the_spare_codes(with_passkey: Cast, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    come_in(browser, device)
    codes = set(SpareCode.objects.values_list("pk", flat=True))
    page = add(browser, Authenticator(), "Laptop")
    assert page.path == LIST and "Laptop" in page.text and codes_on(page) == []
    assert set(SpareCode.objects.values_list("pk", flat=True)) == codes


def test_the_question_is_discoverable_verified_and_excludes_what_is_there(
    with_passkey: Cast, device: Authenticator
) -> None:
    browser = with_passkey.visitor()
    come_in(browser, device)
    options = asked(browser, "/account/passkeys/question/")["publicKey"]
    assert options["authenticatorSelection"] == {"residentKey": "preferred", "userVerification": "required"}
    assert [one["id"] for one in options["excludeCredentials"]] == [to_text(device.credentials[0].id)]
    assert options["rp"]["id"] == "testserver", "from the public address, whatever host was asked"
    assert with_passkey.yuki.address.encode() not in to_bytes(options["user"]["id"]), (
        "the handle tells nobody who it is"
    )


def test_signing_in_with_password_and_passkey(with_passkey: Cast, device: Authenticator) -> None:
    browser = halfway(with_passkey, with_passkey.yuki)
    assert "Use a passkey" in browser.open("/sign-in/second/").text
    assert browser.open(with_passkey.at()).path.startswith("/sign-in/"), "half way is not in"
    assert come_in(browser, device, BESIDE).path == with_passkey.at()
    assert Passkey.objects.get().last_used_at


def test_signing_in_with_a_passkey_alone(with_passkey: Cast, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    options = asked(browser, "/sign-in/passkey/")["publicKey"]
    assert options["allowCredentials"] == [] and options["userVerification"] == "required"
    assert come_in(browser, device).path == with_passkey.at()
    assert browser.open(LIST).status == 200
    event = AuditEvent.objects.filter(event=Event.SIGNED_IN).latest("id")
    assert (event.subject_id, event.via) == (with_passkey.yuki.account.pk, Passkey.objects.get().uid)


def test_signing_in_leads_back_to_where_one_wanted_to_go(with_passkey: Cast, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    page = browser.open("/workspaces/")
    question = asked(browser, "/sign-in/passkey/")
    text = device.get(question["publicKey"])
    assert browser.fill_in(page, ticket=question["ticket"], answer=text).path == "/workspaces/"


def test_a_spare_code_does_it_when_the_phone_is_lost(cast: Cast, post: PostOffice, device: Authenticator) -> None:
    code = codes_on(add(cast.yuki.browser(), device))[3]
    browser = halfway(cast, cast.yuki)
    page = browser.open("/sign-in/second/")
    assert "authenticator app" not in page.text
    assert browser.fill_in(page, code=code).path == cast.at()
    again = halfway(cast, cast.yuki)
    assert again.fill_in(again.open("/sign-in/second/"), code=code).error_beside("code")


def test_renaming_ends_nothing_and_removing_the_last_one_clears_everything(
    with_passkey: Cast, post: PostOffice, device: Authenticator
) -> None:
    here, there = with_passkey.visitor(), with_passkey.visitor()
    come_in(here, device), come_in(there, device)
    page = here.follow(here.open(LIST), "My phone")
    assert here.fill_in(page, name=" ").error_beside("name")
    assert here.fill_in(page, name="a\u202eb").error_beside("name")
    assert "Old phone" in here.fill_in(page, name="Old phone").text
    assert there.open(with_passkey.at()).status == 200
    gone = here.press(here.open(page.url), "Remove the passkey")
    assert "Your password alone signs in" in gone.text
    assert there.open(with_passkey.at()).path.startswith("/sign-in/")
    assert here.open(with_passkey.at()).status == 200
    assert not Passkey.objects.exists() and not SpareCode.objects.exists()
    assert not with_passkey.yuki.account.has_factor
    assert "turned off" in post.last_to(with_passkey.yuki.address).text
    assert {Event.PASSKEY_RENAMED, Event.FACTOR_REMOVED} <= set(AuditEvent.objects.values_list("event", flat=True))
    assert with_passkey.visitor().sign_in(with_passkey.yuki.address, PASSWORD).path == with_passkey.at()


def test_removing_one_of_two_leaves_the_other_and_the_spare_codes(
    with_passkey: Cast, post: PostOffice, device: Authenticator
) -> None:
    browser, laptop = with_passkey.visitor(), Authenticator()
    come_in(browser, device)
    page = browser.follow(add(browser, laptop, "Laptop"), "My phone")
    browser.press(page, "Remove the passkey")
    assert SpareCode.objects.count() == 10 and with_passkey.yuki.account.has_factor
    assert "passkey was removed" in post.last_to(with_passkey.yuki.address).text
    assert come_in(with_passkey.visitor(), laptop).path == with_passkey.at()
    assert REFUSED in come_in(with_passkey.visitor(), device).text, "a removed passkey"


def test_a_mailed_link_asks_for_the_passkey_too(with_passkey: Cast, post: PostOffice, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    browser.fill_in(browser.open("/reset/"), id=with_passkey.yuki.address)
    page = browser.follow(browser.open(post.last_to(with_passkey.yuki.address).link), "Set my password")
    page = browser.fill_in(page, new_password="twelve blue lanterns drift")
    assert page.path == "/sign-in/second/"
    assert come_in(browser, device, BESIDE).path == with_passkey.at()


def test_an_admin_resets_passkeys_as_every_factor(with_passkey: Cast, post: PostOffice, device: Authenticator) -> None:
    Account.objects.filter(pk=with_passkey.yuki.account.pk).update(origin_id=with_passkey.hanbit.pk)
    there = with_passkey.visitor()
    come_in(there, device)
    admin = with_passkey.minjun.browser()
    page = admin.open(with_passkey.at(f"admin/members/{with_passkey.yuki.member.uid}/"))
    admin.press(page, "Reset the second factor")
    assert not Passkey.objects.exists() and not with_passkey.yuki.account.has_factor
    assert there.open(with_passkey.at()).path.startswith("/sign-in/")
    assert "reset" in post.last_to(with_passkey.yuki.address).text
    assert REFUSED in come_in(with_passkey.visitor(), device).text


def test_a_passkey_confirms_what_hurts_as_the_password_does(
    with_passkey: Cast, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = with_passkey.visitor()
    come_in(browser, device)
    later = datetime.now(UTC) + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser.open(LIST)
    question = asked(browser, "/account/confirm/passkey/")
    assert len(question["publicKey"]["allowCredentials"]) == 1
    text = device.get(question["publicKey"])
    assert browser.fill_in(page, ticket=question["ticket"], answer=text).path == LIST
    assert REFUSED in browser.fill_in(page, ticket=question["ticket"], answer=text).text, "once"
    event = AuditEvent.objects.filter(event=Event.CONFIRMED).latest("id")
    assert (event.actor_id, event.via) == (with_passkey.yuki.account.pk, Passkey.objects.get().uid)
    for _time in range(20):
        answer(browser, AGAIN, "made up", text)
    assert "too many wrong tries" in come_in(browser, device, AGAIN).text


def test_answered_challenges_are_forgotten_when_their_time_is_over(
    with_passkey: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert SpentChallenge.objects.count() == 1
    purge_dead()
    assert SpentChallenge.objects.count() == 1
    later = datetime.now(UTC) + passkeys.LASTS + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    purge_dead()
    assert SpentChallenge.objects.count() == 0


def test_a_server_on_which_nobody_uses_passkeys_does_not_pay_for_them() -> None:
    """The import costs nine megabytes of the 150 that an idle server may take."""
    script = "import django, sys; django.setup(); import dure.urls; sys.exit('webauthn' in sys.modules)"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "dure.settings"}
    assert subprocess.run([sys.executable, "-c", script], env=environment).returncode == 0
