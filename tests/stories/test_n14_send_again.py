"""N14: if the deadline has passed or the person got no message, make the password anew and send it again."""

from datetime import timedelta

import pytest

from dure.accounts.models import ActivationCode
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.mail.models import Letter
from dure.members.models import Member
from tests.cast import Cast, join
from tests.index import renew
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, invited, open_link, register, secret_on


def chosen(cast: Cast, *uids: str) -> str:
    """Return the address of the page that sends again."""
    return cast.at("admin/members/act/again/?" + "&".join(f"member={uid}" for uid in uids))


def haeun() -> Member:
    """Return 하은 as she is now."""
    return Member.objects.get(given_name="하은")


def test_after_the_deadline_minjun_makes_a_new_password_and_mails_it(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = handed_a_password(cast)
    late = clock.now() + timedelta(hours=73)
    monkeypatch.setattr(clock, "now", lambda: late)
    browser = cast.minjun.browser()
    page = browser.open(cast.at(f"admin/members/{haeun().uid}/"))
    assert "deadline passed" in page.text
    page = browser.fill_in(browser.follow(page, "Temporary password…"), method="generate", to="id")
    new = secret_on(page)
    assert new in post.last_to(HARU["id"]).text and new != old
    assert cast.visitor().sign_in(HARU["id"], old).path == "/sign-in/", "the old one is dead"
    assert cast.visitor().sign_in(HARU["id"], new).path == "/first-password/"
    assert haeun().deadline_at == late + timedelta(hours=72)


def test_a_new_password_ends_the_link_and_its_waiting_letter(cast: Cast, post: PostOffice) -> None:
    link = invited(cast, post).link
    register(cast, cast.minjun, id="second@hanbitsoft.co.kr", given_name="둘")
    second = Member.objects.get(given_name="둘")
    browser = cast.minjun.browser()
    for member in (haeun(), second):
        browser.fill_in(browser.open(chosen(cast, member.uid)), method="generate")
    assert cast.visitor().open(link).status == 410
    post.deliver()
    assert post.to("second@hanbitsoft.co.kr") == []
    assert Letter.objects.get(account_id=second.account_id).state == "withdrawn"


def test_a_new_link_ends_the_temporary_password_and_its_open_page(cast: Cast, post: PostOffice) -> None:
    password = handed_a_password(cast)
    newcomer = cast.visitor()
    page = newcomer.sign_in(HARU["id"], password)
    admin = cast.minjun.browser()
    admin.press(admin.open(cast.at(f"admin/members/{haeun().uid}/")), "Send the mail again")
    gone = newcomer.fill_in(page, new_password=NEW_PASSWORD)
    assert gone.status == 410 and "newer one" in gone.text
    assert cast.visitor().sign_in(HARU["id"], password).path == "/sign-in/"
    browser = cast.visitor()
    assert browser.fill_in(
        open_link(browser, post.last_to(HARU["id"]).link), new_password=NEW_PASSWORD
    ).path == cast.at("?welcome")


def test_many_at_once_those_who_are_in_are_told_apart(cast: Cast, post: PostOffice) -> None:
    for number in range(3):
        register(cast, cast.minjun, id=f"new{number}@hanbitsoft.co.kr", given_name=f"새{number}")
    waiting = list(Member.objects.filter(activated_at=None).values_list("uid", flat=True))
    browser = cast.minjun.browser()
    page = browser.open(chosen(cast, *waiting, cast.yuki.member.uid, cast.alex.member.uid))
    assert "Alex" not in page.text, "nobody of another workspace"
    page = browser.fill_in(page, method="generate")
    assert "has set a password already" in page.text
    assert page.body.count('class="secret-small"') == 3
    assert ActivationCode.objects.count() == 3
    assert OneTimeSecret.objects.filter(withdrawn_at=None).count() == 0


def test_the_list_shows_who_has_not_come_and_why(cast: Cast, post: PostOffice) -> None:
    handed_a_password(cast)
    invited(cast, post, id="mailed@hanbitsoft.co.kr", given_name="둘")
    post.handler.answer = lambda _number: "550 no such user"
    register(cast, cast.minjun, id="failed@hanbitsoft.co.kr", given_name="셋")
    post.deliver()
    page = cast.minjun.browser().open(cast.at("admin/members/?state=registered"))
    for words in ("no mail was sent", "the mail was sent", "the mail failed"):
        assert words in page.text, words


def test_somebody_who_is_in_or_belongs_elsewhere_gets_no_password_from_an_admin(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(chosen(cast, cast.yuki.member.uid)), method="generate")
    assert "has set a password already" in page.text
    password = handed_a_password(cast)
    member = haeun()
    Member.objects.create(
        workspace=cast.fernweh, account=member.account, family_name="J", given_name="H", name_language="en",
        sort_key="j", state="registered", registered_at=clock.now(),
    )  # fmt: skip
    renew(member.account_id)
    page = browser.fill_in(browser.open(chosen(cast, member.uid)), method="generate")
    assert "belongs elsewhere" in page.text
    assert cast.visitor().sign_in(HARU["id"], password).path == "/first-password/", "the old one lives"


def test_an_admin_sends_nothing_again_for_a_super_admin(cast: Cast, post: PostOffice) -> None:
    second = join(cast.hanbit, "second@hanbitsoft.co.kr", "Second", "Sue", super_admin=True)
    Member.objects.filter(pk=second.member.pk).update(state="registered", activated_at=None)
    second.account.__class__.objects.filter(pk=second.member.account_id).update(password="")
    browser = cast.minjun.browser()
    assert browser.fill_in(browser.open(chosen(cast, second.member.uid)), method="generate").status == 403
    assert ActivationCode.objects.count() == 0


def test_nobody_chosen_and_more_than_a_thousand_are_said(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    assert "Nobody is chosen" in browser.open(chosen(cast)).text
    page = browser.open(chosen(cast, cast.yuki.member.uid))
    many = browser.fill_in(page, method="generate", member=[f"u{number:021d}" for number in range(1001)])
    assert "at most 1,000" in many.text


def test_a_reminder_goes_a_day_before_the_deadline_once_and_without_a_secret(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = handed_a_password(cast)
    post.deliver()
    assert post.received == []
    near = clock.now() + timedelta(hours=49)
    monkeypatch.setattr(clock, "now", lambda: near)
    mail = post.last_to(HARU["id"])
    assert "waiting for you" in mail.subject and "/sign-in/" in mail.text
    assert password not in mail.text and "/l/" not in mail.text
    post.deliver()
    assert len(post.to(HARU["id"])) == 1


def test_whoever_came_is_not_reminded(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = cast.visitor()
    browser.fill_in(open_link(browser, invited(cast, post).link), new_password=NEW_PASSWORD)
    post.deliver()
    count = len(post.received)
    near = clock.now() + timedelta(days=6, hours=12)
    monkeypatch.setattr(clock, "now", lambda: near)
    post.deliver()
    assert len(post.received) == count
