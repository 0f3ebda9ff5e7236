"""The activation date: until then nothing opens; deadline and letters run from it (PRODUCT.md §4.4, §4.5)."""

from datetime import timedelta

import pytest

from dure.core import clock
from dure.members.models import Member
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, open_link, register, secret_on


def day(ahead: int) -> str:
    """Return a day in Seoul, so many days from today."""
    return f"{clock.now() + timedelta(hours=9, days=ahead):%Y-%m-%d}"


def test_the_letter_goes_on_the_day_and_its_week_runs_from_it(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = register(cast, cast.minjun, starts_on=day(10))
    assert "scheduled" in page.text
    post.deliver()
    assert post.received == []
    member = Member.objects.get(given_name="하은")
    assert member.starts_at is not None and member.deadline_at == member.starts_at + timedelta(days=7)
    on_the_day = member.starts_at + timedelta(minutes=5)
    monkeypatch.setattr(clock, "now", lambda: on_the_day)
    mail = post.last_to(HARU["id"])
    browser = cast.visitor()
    assert browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_a_temporary_password_handed_over_early_opens_nothing_before_the_day(
    cast: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = secret_on(register(cast, cast.minjun, starts_on=day(3), method="generate"))
    page = cast.visitor().sign_in(HARU["id"], password)
    assert page.path == "/sign-in/" and "before the day you start" in page.text
    starts_at = Member.objects.get(given_name="하은").starts_at
    assert starts_at is not None
    monkeypatch.setattr(clock, "now", lambda: starts_at)
    assert cast.visitor().sign_in(HARU["id"], password).path == "/first-password/"


def test_a_link_handed_over_early_explains_itself(cast: Cast, no_post: None) -> None:
    link = secret_on(register(cast, cast.minjun, starts_on=day(3)))
    assert "a little early" in cast.visitor().open(link).text


def test_scheduled_people_are_found_by_their_state(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, starts_on=day(3))
    browser = cast.minjun.browser()
    assert "정하은" in browser.open(cast.at("admin/members/?state=scheduled")).text
    assert "정하은" not in browser.open(cast.at("admin/members/?state=registered")).text


@pytest.mark.parametrize("ahead", [-1, 400])
def test_a_day_that_has_passed_or_is_far_away_is_an_error_beside_its_field(
    cast: Cast, post: PostOffice, ahead: int
) -> None:
    page = register(cast, cast.minjun, starts_on=day(ahead))
    assert page.error_beside("starts_on") and 'value="하은"' in page.body


def test_today_means_now(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, starts_on=day(0))
    assert Member.objects.get(given_name="하은").starts_at is None
    post.last_to(HARU["id"])


def test_an_early_mail_is_announced_for_its_day(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.fill_in(
        browser.open(cast.at("admin/members/register/")), **HARU, starts_on=day(10), method="generate"
    )
    assert "starts on" in page.text and "from that day on" in page.text
    page = browser.press(page, "Send by e-mail")
    assert "when they start" in page.text and "on its way" not in page.text
    for path in (page.path, cast.at("admin/mail/")):
        assert "goes out" in browser.open(path).text
