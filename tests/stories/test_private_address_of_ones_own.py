"""A private address of one's own: set, proven by a mailed link, changed and removed; it lists and never signs in."""

import re
from datetime import timedelta

import pytest

from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.core import clock
from tests.cast import PASSWORD, Cast
from tests.post import Mail, PostOffice
from tests.visitor import Page, Visitor

HOME = "yuki@home.example"


def save(browser: Visitor, address: str) -> Page:
    """Write an address down under My account › Private address."""
    return browser.fill_in(browser.follow(browser.open("/account/"), "Private address"), id=address)


def private(cast: Cast) -> tuple[str, bool] | None:
    """Return Yuki's private address and whether it is proven."""
    row = Address.objects.filter(account=cast.yuki.account, kind="private").first()
    return (row.canonical, row.proven_at is not None) if row else None


def saved(cast: Cast, post: PostOffice) -> tuple[Visitor, Mail]:
    """Return Yuki's browser and the mail with the link."""
    browser = cast.yuki.browser()
    assert save(browser, HOME).path == "/account/"
    return browser, post.last_to(HOME)


def list_asked(cast: Cast, way: str) -> tuple[Visitor, Page]:
    """Ask on the sign-in page which IDs go with the private address."""
    browser = cast.visitor()
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", way))
    return browser, browser.submit(page, form, id=HOME)


def test_yuki_writes_it_down_and_proves_it(cast: Cast, post: PostOffice) -> None:
    browser, mail = saved(cast, post)
    assert private(cast) == (HOME, False)
    assert "not confirmed yet" in browser.open("/account/").text
    assert "Your private address was changed" in post.last_to(cast.yuki.address).subject
    page = browser.open(mail.link)
    assert HOME in page.text and cast.yuki.address in page.text
    page = browser.press(page, "Confirm")
    assert "confirmed" in page.text and private(cast) == (HOME, True)
    assert browser.open(cast.at()).path == cast.at(), "still signed in"
    assert AuditEvent.objects.filter(event="account.private_address_changed").exists()
    assert not cast.visitor().sign_in(HOME, PASSWORD).path.startswith("/w/"), "it never signs in"


def test_a_proven_one_gets_the_code_and_an_unproven_one_the_mail_alone(cast: Cast, post: PostOffice) -> None:
    browser, mail = saved(cast, post)
    list_asked(cast, "code")
    assert not re.search(r"\b\d{6}\b", post.last_to(HOME).text)
    browser.press(browser.open(mail.link), "Confirm")
    finder, page = list_asked(cast, "code")
    code = re.search(r"\b\d{6}\b", post.last_to(HOME).text)
    assert code and cast.yuki.address in finder.fill_in(page, code=code[0]).text


def test_changing_it_ends_the_older_link(cast: Cast, post: PostOffice) -> None:
    browser, mail = saved(cast, post)
    save(browser, "snow@home.example")
    assert browser.open(mail.link).status == 410 and private(cast) == ("snow@home.example", False)
    browser.press(browser.open(post.last_to("snow@home.example").link), "Confirm")
    assert private(cast) == ("snow@home.example", True)


def test_the_link_works_once_and_for_a_week(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, mail = saved(cast, post)
    late = clock.now() + timedelta(days=7, minutes=1)
    with monkeypatch.context() as turned:
        turned.setattr(clock, "now", lambda: late)
        assert cast.visitor().open(mail.link).status == 410
    for number in range(100):
        cast.visitor().open(mail.link, method=("GET", "HEAD")[number % 2])
    assert private(cast) == (HOME, False)
    page = browser.open(mail.link)
    browser.press(page, "Confirm")
    assert browser.press(page, "Confirm").status == 410


def test_removing_it(cast: Cast, post: PostOffice) -> None:
    browser, mail = saved(cast, post)
    page = browser.press(browser.open("/account/private/"), "Remove the private address")
    assert "removed" in page.text and private(cast) is None
    assert browser.open(mail.link).status == 410
    assert "was removed" in post.last_to(cast.yuki.address).text
    list_asked(cast, "mail")
    before = len(post.to(HOME))
    post.deliver()
    assert len(post.to(HOME)) == before


def test_the_same_again_mails_the_link_again_five_times_an_hour(cast: Cast, post: PostOffice) -> None:
    browser, first = saved(cast, post)
    save(browser, HOME)
    assert post.last_to(HOME).link != first.link and len(post.to(cast.yuki.address)) == 1
    for _mail in range(3):
        save(browser, HOME)
    assert "five links" in save(browser, HOME).error_beside("id")
    assert "five links" in save(browser, "another@home.example").error_beside("id")
    assert private(cast) == (HOME, False)


def test_the_id_and_what_is_no_address_are_refused(cast: Cast, post: PostOffice) -> None:
    browser = cast.yuki.browser()
    assert "your ID" in save(browser, cast.yuki.address).error_beside("id")
    assert save(browser, "at home").error_beside("id")
    assert private(cast) is None


def test_somebody_elses_id_may_be_anybodys_private_address(cast: Cast, post: PostOffice) -> None:
    """Several people may share one, and nothing tells whose ID it is."""
    browser = cast.yuki.browser()
    assert save(browser, cast.eve.address).path == "/account/"
    assert cast.visitor().sign_in(cast.eve.address, PASSWORD).path == cast.at()


def test_signed_out_or_without_a_fresh_password_it_is_not_open(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cast.visitor().open("/account/private/").path.startswith("/sign-in/")
    browser, _mail = saved(cast, post)
    page = browser.open("/account/private/")
    late = clock.now() + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert browser.press(page, "Remove the private address").path.startswith("/account/confirm/")
    assert browser.fill_in(page, id="other@home.example").path.startswith("/account/confirm/")
    assert private(cast) == (HOME, False)


def test_without_a_mail_server_it_is_said(cast: Cast, no_post: None) -> None:
    assert "sends no mail" in save(cast.yuki.browser(), HOME).error_beside("id")
    assert private(cast) is None
