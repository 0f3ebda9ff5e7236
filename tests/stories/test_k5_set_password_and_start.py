"""K5: "The registered person gets a mail, sets a password from it, and presses *Start* to sign in." """

from datetime import timedelta

import pytest

from dure.accounts.models import Account, Address, Session
from dure.audit.models import AuditEvent
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.members.models import Member
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link


def test_link_button_password_start_and_in(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    browser = cast.visitor()
    page = browser.open(mail.link)
    assert page.path.startswith("/link/") and mail.link.rpartition("/")[2] not in page.url
    assert "한빛소프트" in page.text and HARU["id"] in page.text
    page = browser.follow(page, "Set my password")
    page = browser.submit(page, page.form_with_button("Start"), new_password=NEW_PASSWORD)
    assert page.path == cast.at("?welcome")
    assert "정하은" in page.text or "하은" in page.text
    member = Member.objects.get(given_name="하은")
    assert member.state == "active"
    assert Address.objects.get(account=member.account, kind="id").proven_at is not None
    assert cast.visitor().sign_in(HARU["id"], NEW_PASSWORD).path == cast.at()


def test_opening_the_link_a_hundred_times_changes_nothing_and_it_works_afterwards_once(
    cast: Cast, post: PostOffice
) -> None:
    mail = invited(cast, post)
    scanner = cast.visitor()
    before = list(OneTimeSecret.objects.values()), list(Account.objects.values()), Session.objects.count()
    for number in range(100):
        method = "HEAD" if number % 2 else "GET"
        assert scanner.open(mail.link, method=method).status == 200
    assert before == (list(OneTimeSecret.objects.values()), list(Account.objects.values()), Session.objects.count())
    browser = cast.visitor()
    page = browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    assert page.path == cast.at("?welcome")
    page = cast.visitor().open(mail.link)
    assert page.status == 410 and "already" in page.text


def test_opening_the_link_signs_nobody_out(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    browser = cast.sora.browser()
    browser.open(mail.link)
    assert browser.open(cast.at("admin/members/")).status == 200


@pytest.mark.parametrize(
    ("weak", "reason"),
    [
        ("short", "at least 12"),
        ("password1234", "too easy to guess"),
        ("aaaaaaaaaaaaaaaa", "too easy to guess"),
        ("hanbitsoft2026", "hanbitsoft"),
        ("한빛소프트한빛소프트12", "한빛소프트"),
    ],
)
def test_a_weak_password_is_refused_with_its_reason_and_the_link_still_works(
    cast: Cast, post: PostOffice, weak: str, reason: str
) -> None:
    mail = invited(cast, post)
    browser = cast.visitor()
    page = browser.fill_in(open_link(browser, mail.link), new_password=weak)
    assert reason in page.error_beside("new_password")
    assert weak not in page.body.replace("hanbitsoft.co.kr", "")
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_the_page_opened_in_another_browser_explains_and_offers_a_new_mail(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    page = cast.visitor().open(mail.link)
    OneTimeSecret.objects.update(issued_at=OneTimeSecret.objects.get().issued_at - timedelta(minutes=6))
    elsewhere = cast.visitor()
    page = elsewhere.open(page.path)
    assert page.status == 200 and "browser" in page.text
    elsewhere.submit(page, next(form for form in page.forms if "again" in form.action))
    again = post.last_to(HARU["id"])
    assert again.link != mail.link
    assert cast.visitor().open(mail.link).status == 410
    browser = cast.visitor()
    assert browser.fill_in(open_link(browser, again.link), new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_asking_again_and_again_mails_one_link_and_tells_the_trail_of_one(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    OneTimeSecret.objects.update(issued_at=OneTimeSecret.objects.get().issued_at - timedelta(minutes=6))
    page = cast.visitor().open(mail.link)
    browser = cast.visitor()
    asking = next(form for form in browser.open(page.path).forms if "again" in form.action)
    told = [browser.submit(page, asking).text for _time in range(3)]
    handle = OneTimeSecret.objects.earliest("id").uid
    asking.action = asking.action.replace(handle, "x" * len(handle))
    assert browser.submit(page, asking).text == told[0] == told[1] == told[2], "it says nothing of what became of it"
    post.last_to(HARU["id"])
    assert OneTimeSecret.objects.count() == 2
    assert AuditEvent.objects.filter(event=Event.LINK_ASKED_AGAIN).count() == 1


def test_a_link_that_is_too_old_opens_nothing(cast: Cast, post: PostOffice) -> None:
    mail = invited(cast, post)
    OneTimeSecret.objects.update(expires_at=OneTimeSecret.objects.get().issued_at)
    Member.objects.filter(given_name="하은").update(deadline_at=OneTimeSecret.objects.get().issued_at)
    page = cast.visitor().open(mail.link)
    assert page.status == 410 and "administrator" in page.text
    assert not [form for form in page.forms if "again" in form.action], "a deadline is the admin's to renew (N14)"
    listed = cast.minjun.browser().open(cast.at("admin/members/?state=expired"))
    assert HARU["id"] in listed.text and "deadline passed" in listed.text


@pytest.mark.parametrize("change", ["x", "", "."])
def test_a_wrong_secret_opens_nothing(cast: Cast, post: PostOffice, change: str) -> None:
    mail = invited(cast, post)
    head, _slash, secret = mail.link.rpartition("/")
    uid, _dot, key = secret.partition(".")
    page = cast.visitor().open(f"{head}/{uid}.{key[:-1]}{change or 'A' if key[-1] != 'A' else 'B'}")
    assert page.status == 410


def test_a_suspended_person_who_sets_the_password_is_not_let_in(cast: Cast, post: PostOffice) -> None:
    from dure.members.actions.suspending import suspend

    mail = invited(cast, post)
    suspend(cast.sora.actor, member_uid=Member.objects.get(given_name="하은").uid)
    browser = cast.visitor()
    page = browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    assert page.path == "/workspaces/" and "suspended" in page.text
    assert browser.open(cast.at()).path == "/workspaces/"
