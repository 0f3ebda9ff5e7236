"""A second factor from an authenticator app, spare codes, and an admin's way out for a lost phone (PRODUCT.md §4.1)."""

import re
from datetime import timedelta

import pyotp
import pytest

from dure.accounts.models import Account, SecondFactor, SpareCode
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.members.models import Member
from tests.cast import PASSWORD, Cast, Person
from tests.index import renew
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.visitor import Page, Visitor

STEP = timedelta(seconds=30)


def code_of(key: str, ahead: timedelta = timedelta(0)) -> str:
    """Return what the app shows."""
    return pyotp.TOTP(key).at(clock.now() + ahead)


def set_up(browser: Visitor) -> tuple[str, list[str]]:
    """Turn the second factor on; returns the key of the app and the spare codes."""
    page = browser.open("/account/factor/")
    found = re.search(r'class="secret-small" data-wraps>([^<]+)<', page.body)
    assert found
    key = found[1].replace(" ", "")
    page = browser.fill_in(page, code=code_of(key))
    codes = re.search(r'id="codes">([^<]+)<', page.body)
    assert codes, page.text
    return key, codes[1].split()


def halfway(cast: Cast, somebody: Person) -> tuple[Visitor, Page]:
    """Type the right password in a new browser and stand before the page for the second factor."""
    browser = cast.visitor()
    page = browser.sign_in(somebody.address, PASSWORD)
    assert page.path == "/sign-in/second/", page.text
    return browser, page


def test_yuki_turns_it_on_and_signs_in_with_password_and_code(cast: Cast, post: PostOffice) -> None:
    here, there = cast.yuki.browser(), cast.yuki.browser()
    key, spare = set_up(here)
    assert len(spare) == len(set(spare)) == 10
    assert here.open(cast.at()).status == 200, "the browser that turned it on stays signed in"
    assert there.open(cast.at()).path.startswith("/sign-in/"), "every other one is signed out"
    assert "10 spare codes left" in here.open("/account/").text
    assert "second factor" in post.last_to(cast.yuki.address).subject
    browser, page = halfway(cast, cast.yuki)
    assert browser.open(cast.at()).path.startswith("/sign-in/"), "the password alone opens nothing"
    assert browser.fill_in(page, code=code_of(key, STEP)).path == cast.at()
    assert set(AuditEvent.objects.filter(event="account.factor_set").values_list("subject_id", flat=True)) == {
        cast.yuki.account.pk
    }


def test_the_page_one_wanted_is_reached_after_the_second_factor(cast: Cast) -> None:
    key, _spare = set_up(cast.yuki.browser())
    browser = cast.visitor()
    page = browser.open(cast.at("more/"))
    page = browser.fill_in(page, id=cast.yuki.address, password=PASSWORD)
    assert browser.fill_in(page, code=code_of(key, STEP)).path == cast.at("more/")


@pytest.mark.parametrize("typed", ["000 000", "", "abcdef", "１２３"])
def test_a_wrong_first_code_turns_nothing_on_and_keeps_the_key(cast: Cast, typed: str) -> None:
    browser = cast.yuki.browser()
    page = browser.open("/account/factor/")
    again = browser.fill_in(page, code=typed)
    assert again.error_beside("code")
    keys = [re.search(r'class="secret-small" data-wraps>([^<]+)<', one.body) for one in (page, again)]
    assert keys[0] and keys[1] and keys[0][1] == keys[1][1]
    assert not cast.yuki.account.has_factor and SecondFactor.objects.count() == 0


def test_each_code_works_once_also_within_its_half_minute(cast: Cast) -> None:
    key, _spare = set_up(cast.yuki.browser())
    (first, page), (second, other) = halfway(cast, cast.yuki), halfway(cast, cast.yuki)
    code = code_of(key, STEP)
    assert first.fill_in(page, code=code).path == cast.at()
    assert second.fill_in(other, code=code).error_beside("code")
    assert second.fill_in(other, code=code_of(key)).error_beside("code"), "an older one is over as well"


def test_a_code_may_be_typed_in_another_script(cast: Cast) -> None:
    key, _spare = set_up(cast.yuki.browser())
    browser, page = halfway(cast, cast.yuki)
    assert browser.fill_in(page, code="٣" * 6).error_beside("code")
    typed = "".join(chr(ord(digit) - ord("0") + ord("٠")) for digit in code_of(key, STEP))
    assert browser.fill_in(page, code=typed).path == cast.at()


def test_a_spare_code_signs_in_once_and_the_owner_is_told(cast: Cast, post: PostOffice) -> None:
    _key, spare = set_up(cast.yuki.browser())
    post.deliver()
    browser, page = halfway(cast, cast.yuki)
    typed = spare[0].upper().replace("-", " ")
    assert browser.fill_in(page, code=typed).path == cast.at(), "capitals and spaces do not matter"
    assert "9 spare codes left" in browser.open("/account/").text
    post.deliver()
    assert any("spare" in mail.text for mail in post.to(cast.yuki.address))
    other, page = halfway(cast, cast.yuki)
    assert other.fill_in(page, code=spare[0]).error_beside("code")


def test_new_spare_codes_end_the_older_ones(cast: Cast) -> None:
    browser = cast.yuki.browser()
    _key, spare = set_up(browser)
    page = browser.press(browser.open("/account/factor/change/"), "Make new spare codes")
    found = re.search(r'id="codes">([^<]+)<', page.body)
    assert found and not set(found[1].split()) & set(spare)
    other, page = halfway(cast, cast.yuki)
    assert other.fill_in(page, code=spare[0]).error_beside("code")


def test_turning_it_off_ends_every_other_session_and_the_password_alone_signs_in(cast: Cast) -> None:
    browser = cast.yuki.browser()
    key, _spare = set_up(browser)
    other, page = halfway(cast, cast.yuki)
    other.fill_in(page, code=code_of(key, STEP))
    assert "is off" in browser.press(browser.open("/account/factor/change/"), "Turn off").text
    assert browser.open(cast.at()).status == 200
    assert other.open(cast.at()).path.startswith("/sign-in/")
    assert SecondFactor.objects.count() == SpareCode.objects.count() == 0
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).path == cast.at()


def test_a_reset_by_mail_does_not_go_around_it(cast: Cast, post: PostOffice) -> None:
    key, _spare = set_up(cast.yuki.browser())
    browser = cast.visitor()
    browser.fill_in(browser.open("/reset/"), id=cast.yuki.address)
    page = browser.follow(browser.open(post.last_to(cast.yuki.address).link), "Set my password")
    page = browser.fill_in(page, new_password=NEW_PASSWORD)
    assert page.path == "/sign-in/second/", page.text
    assert browser.open(cast.at()).path.startswith("/sign-in/")
    assert browser.fill_in(browser.open("/sign-in/second/"), code=code_of(key, STEP)).path == cast.at()


def test_guessing_is_slowed_and_a_known_device_is_not(cast: Cast) -> None:
    key, _spare = set_up(cast.yuki.browser())
    known, page = halfway(cast, cast.yuki)
    known.fill_in(page, code=code_of(key, STEP))
    stranger, page = halfway(cast, cast.yuki)
    for _guess in range(6):
        assert stranger.fill_in(page, code="000000").error_beside("code")
    SecondFactor.objects.update(last_step=0)
    assert stranger.fill_in(page, code=code_of(key)).error_beside("code"), "even the right one has to wait"
    known.press(known.open("/workspaces/"), "Sign out")
    page = known.sign_in(cast.yuki.address, PASSWORD)
    assert known.fill_in(page, code=code_of(key)).path == cast.at()


def test_a_slowed_code_works_after_the_wait(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _spare = set_up(cast.yuki.browser())
    browser, page = halfway(cast, cast.yuki)
    for _guess in range(6):
        browser.fill_in(page, code="000000")
    later = clock.now() + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert browser.fill_in(page, code=code_of(key)).path == cast.at()


def test_the_half_open_page_ends_after_ten_minutes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    key, _spare = set_up(cast.yuki.browser())
    browser, page = halfway(cast, cast.yuki)
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert browser.fill_in(page, code=code_of(key)).path.startswith("/sign-in/")
    assert browser.open(cast.at()).path.startswith("/sign-in/")


def test_the_password_is_asked_again_before_it_changes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = cast.yuki.browser()
    later = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    page = browser.open("/account/factor/")
    assert page.path.startswith("/account/confirm/")
    assert browser.fill_in(page, current_password=PASSWORD).path == "/account/factor/"


def test_an_admin_resets_a_managed_members_lost_factor_and_the_owner_is_told(cast: Cast, post: PostOffice) -> None:
    here = cast.yuki.browser()
    set_up(here)
    half, _page = halfway(cast, cast.yuki)
    admin = cast.minjun.browser()
    panel = cast.at(f"admin/members/{cast.yuki.member.uid}/")
    assert "is reset" in admin.press(admin.open(panel), "Reset the second factor").text
    assert "reset your second factor" in post.last_to(cast.yuki.address).text
    assert here.open(cast.at()).path.startswith("/sign-in/"), "every session has ended"
    assert half.open("/sign-in/second/").path == "/sign-in/"
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).path == cast.at()
    assert AuditEvent.objects.filter(event="member.factor_reset", subject_id=cast.yuki.member.pk).count() == 1
    assert "Reset the second factor" not in admin.open(panel).text


def test_nobody_resets_the_factor_of_an_account_that_is_not_managed_or_of_a_super_admin(cast: Cast) -> None:
    set_up(cast.yuki.browser())
    set_up(cast.sora.browser())
    Member.objects.filter(pk=cast.alex.member.pk).update(account=cast.yuki.account)
    renew(cast.yuki.account.pk)
    for somebody, status in ((cast.yuki, 302), (cast.sora, 403)):
        admin = cast.minjun.browser()
        page = admin.open(cast.at("admin/members/"))
        form = page.form_with("q")
        form.action, form.method = cast.at(f"admin/members/{somebody.member.uid}/reset-factor/"), "post"
        token = next(value for name, value in admin.open("/account/confirm/").forms[-1].fields if "csrf" in name)
        form.fields = [("csrfmiddlewaretoken", token)]
        answer = admin.submit(page, form)
        assert answer.status == (403 if status == 403 else 200)
        assert somebody.account.has_factor, somebody.address
    assert Account.objects.filter(has_factor=True).count() == 2


def test_devices_are_listed_and_signed_out_from_afar(cast: Cast) -> None:
    here, there = cast.yuki.browser(), cast.yuki.browser()
    page = here.open("/account/")
    assert page.text.count("last used") == 2 and page.text.count("this device") == 1
    page = here.press(page, "Sign out")
    assert "Signed out there" in page.text and page.text.count("last used") == 1
    assert there.open(cast.at()).path.startswith("/sign-in/")
    assert here.open(cast.at()).status == 200


def test_signing_out_everywhere_else_and_nobody_elses_device(cast: Cast) -> None:
    here, there, eve = cast.yuki.browser(), cast.yuki.browser(), cast.eve.browser()
    page = here.open("/account/")
    form = page.form_with("device")
    form.fields = [(name, value) for name, value in form.fields if name != "device"]
    form.fields.append(("device", cast.eve.account.devices.get().uid))
    here.submit(page, form)
    assert eve.open(cast.at()).status == 200, "Yuki cannot end Eve's session"
    here.press(here.open("/account/"), "Sign out everywhere else")
    assert there.open(cast.at()).path.startswith("/sign-in/")
    assert here.open(cast.at()).status == 200 and eve.open(cast.at()).status == 200


def test_the_owner_is_told_of_a_new_device_and_not_of_the_first_or_a_known_one(cast: Cast, post: PostOffice) -> None:
    first = cast.yuki.browser()
    post.deliver()
    assert post.to(cast.yuki.address) == []
    first.press(first.open("/workspaces/"), "Sign out")
    first.sign_in(cast.yuki.address, PASSWORD)
    post.deliver()
    assert post.to(cast.yuki.address) == []
    cast.yuki.browser()
    assert post.last_to(cast.yuki.address).subject == "A new device signed in"
