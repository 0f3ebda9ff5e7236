"""N3: a temporary password, generated, to be changed at the first sign-in (PRODUCT.md §4.5)."""

import re
import unicodedata
from datetime import timedelta

import pytest

from dure.accounts import tries
from dure.accounts.models import Account, ActivationCode, Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.members.models import Member
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, register, secret_on
from tests.visitor import Page, Visitor


def member() -> Member:
    """Return 하은 as she is now."""
    return Member.objects.get(given_name="하은")


def arrive(cast: Cast, password: str) -> tuple[Visitor, Page]:
    """Sign in with a temporary password."""
    browser = cast.visitor()
    return browser, browser.sign_in(HARU["id"], password)


def test_haeun_signs_in_with_it_changes_it_and_is_in(cast: Cast, post: PostOffice) -> None:
    password = handed_a_password(cast)
    assert re.fullmatch(r"([0-9a-hjkmnp-tv-z]{4}-){3}[0-9a-hjkmnp-tv-z]{4}", password), "80 bits, readable aloud"
    post.deliver()
    assert post.received == [], "nothing is mailed by itself"
    browser, page = arrive(cast, password)
    assert page.path == "/first-password/" and HARU["id"] in page.body
    page = browser.fill_in(page, new_password=NEW_PASSWORD)
    assert page.path == cast.at("?welcome")
    assert "joined" in post.last_to(HARU["id"]).subject, "the mail of K9"
    assert member().state == "active"
    assert cast.visitor().sign_in(HARU["id"], NEW_PASSWORD).path == cast.at()
    assert cast.visitor().sign_in(HARU["id"], password).path == "/sign-in/", "spent"
    assert Address.objects.get(canonical=HARU["id"]).proven_at is None, "a temporary password proves nothing"
    events = set(AuditEvent.objects.values_list("event", flat=True))
    assert {"account.temporary_password_entered", "account.password_set", "member.activated"} <= events


def test_it_is_shown_once_and_stored_nowhere(cast: Cast, no_post: None) -> None:
    browser = cast.minjun.browser()
    typed = {**HARU, "method": "generate"}
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **typed)
    password = secret_on(page)
    assert page.headers["cache-control"] == "no-store"
    again = browser.open(page.path)
    assert password not in again.body and "only once" in again.text
    code = ActivationCode.objects.get()
    assert password not in code.encoded and password.replace("-", "") not in code.encoded


@pytest.mark.parametrize(
    "typed",
    [
        str.upper,
        lambda code: f"  {code}  ",
        lambda code: code.replace("-", ""),
        lambda code: code.replace("-", " "),
        lambda code: "".join(chr(ord(letter) + 0xFEE0) for letter in code),
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
        lambda code: code.replace("-", "\u3000").upper(),
        lambda code: code.replace("-", "\u2013"),
        lambda code: code.replace("-", "\u2212"),
        lambda code: code.replace("-", "\uff0d"),
        lambda code: code.replace("-", "\u30fc"),
        lambda code: code.replace("-", "\uff70"),
        lambda code: code.replace("-", "\u3161"),
        lambda code: code + "\u200b",
    ],
    ids=[
        "capitals",
        "outer spaces",
        "no hyphens",
        "spaces",
        "full width",
        "misread",
        "misread otherwise",
        "wide spaces and capitals",
        "en dashes",
        "minus signs",
        "full-width hyphens",
        "long vowels of a kana keyboard",
        "narrow long vowels",
        "Hangul strokes",
        "copied with something invisible",
    ],
)
def test_it_may_be_typed_as_people_type(cast: Cast, no_post: None, typed: object) -> None:
    password = handed_a_password(cast)
    assert callable(typed)
    variant = typed(password)
    assert unicodedata.normalize("NFKC", variant)
    assert arrive(cast, variant)[1].path == "/first-password/"


def test_signing_out_ends_it(cast: Cast, no_post: None) -> None:
    browser, page = arrive(cast, handed_a_password(cast))
    assert browser.press(page, "Sign out").path == "/sign-in/"
    assert browser.open("/first-password/").path == "/sign-in/"


def test_a_dropped_connection_locks_nobody_out(cast: Cast, no_post: None) -> None:
    password = handed_a_password(cast)
    arrive(cast, password)
    browser, page = arrive(cast, password)
    refused = browser.fill_in(page, new_password="short")
    assert refused.error_beside("new_password")
    browser, page = arrive(cast, password)
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_the_new_password_must_be_different(cast: Cast, no_post: None) -> None:
    password = handed_a_password(cast)
    browser, page = arrive(cast, password)
    assert browser.fill_in(page, new_password=password).error_beside("new_password")


def test_after_the_deadline_it_says_so_and_opens_nothing(
    cast: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = handed_a_password(cast)
    browser, _page = arrive(cast, password)
    late = clock.now() + timedelta(hours=72, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert browser.open("/first-password/").path == "/sign-in/"
    assert "deadline" in arrive(cast, password)[1].text
    assert "deadline" not in arrive(cast, "wrong-0000-0000-0000")[1].text, "only who knows it is told"
    sora = cast.sora.browser()
    assert "정하은" in sora.open(cast.at("admin/members/?state=expired")).text


def test_the_page_left_open_past_the_deadline_saves_nothing(
    cast: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    password, at = handed_a_password(cast), clock.now()
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(hours=71, minutes=50))
    browser, page = arrive(cast, password)
    monkeypatch.setattr(clock, "now", lambda: at + timedelta(hours=72, seconds=1))
    page = browser.fill_in(page, new_password=NEW_PASSWORD)
    assert page.status == 410 and "deadline" in page.text
    assert browser.open("/first-password/").path == "/sign-in/"
    assert not Account.objects.get(pk=member().account_id).has_own_password


def test_strangers_failures_slow_a_temporary_password_too(cast: Cast, post: PostOffice) -> None:
    password = handed_a_password(cast)
    for _attempt in range(6):
        cast.visitor().sign_in(HARU["id"], "wrong")
    assert "too many" in arrive(cast, password)[1].text


def many_failures(*addresses: str) -> None:
    """Let strangers everywhere fail a hundred times."""
    for address in addresses:
        for _time in range(tries.PASSWORD_ALONE):
            tries.count_failure([tries.Counter("id", address, timedelta(days=30))])


def test_no_number_of_strangers_keeps_somebody_without_a_mailbox_out(cast: Cast, no_post: None) -> None:
    """Nobody guesses 80 bits: beyond the delay in one network, there is nothing to protect by a mailed link."""
    password = handed_a_password(cast)
    many_failures(HARU["id"])
    assert arrive(cast, password)[1].path == "/first-password/"


@pytest.mark.parametrize("method", ["generate", "admin"])
def test_while_it_is_slowed_the_right_one_has_a_link_mailed(cast: Cast, post: PostOffice, method: str) -> None:
    password = secret_on(register(cast, cast.minjun, method=method, password="paper kites over the bay"))
    for _attempt in range(6):
        cast.visitor().sign_in(HARU["id"], "wrong")
    assert "mailed you a link" in cast.visitor().sign_in(HARU["id"], "wrong").text
    post.deliver()
    assert post.to(HARU["id"]) == []
    assert "mailed you a link" in arrive(cast, password)[1].text
    browser = cast.visitor()
    page = browser.follow(browser.open(post.last_to(HARU["id"]).link), "Set my password")
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_whoever_lost_it_asks_for_a_new_password_and_gets_a_link(cast: Cast, post: PostOffice) -> None:
    password = handed_a_password(cast)
    browser = cast.visitor()
    browser.fill_in(browser.open("/reset/"), id=HARU["id"])
    mail = post.last_to(HARU["id"])
    assert "/l/" in mail.link
    assert arrive(cast, password)[1].path == "/first-password/", "a stranger's question ends nothing"


def test_a_registered_persons_form_shows_every_method_with_what_it_means(cast: Cast, post: PostOffice) -> None:
    page = cast.minjun.browser().open(cast.at("admin/members/register/"))
    for words in (
        "The member sets it",
        "Generate a temporary password",
        "Type a temporary password",
        "nobody can guess",
    ):
        assert words in page.text


def test_yuki_and_eve_cannot_make_one(cast: Cast, no_post: None) -> None:
    for somebody in (cast.yuki, cast.eve):
        assert somebody.browser().open(cast.at("admin/members/act/again/")).status == 403
    assert cast.alex.browser().open(cast.at("admin/members/act/again/")).status == 404
    assert register(cast, cast.minjun, method="generate").status == 200
