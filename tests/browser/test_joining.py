"""K1, K2 and mailed invitations in Chromium at both sizes: arriving, signing up, joining, and every way that ends."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from dure.accounts.models import Account
from dure.core import clock
from dure.joining import ways
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import InviteLink
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.joining import BORAM, code_to, invite_link

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(), indirect=True)]


@pytest.fixture
def link(cast: Cast, look: Any) -> InviteLink:
    """A link of Eve's, in the look's language; so is everybody."""
    Account.objects.update(language=look[1])
    return invite_link(cast.eve, language=look[1])


def arrive(screen: Screen, link: InviteLink) -> None:
    """Open the shared address as a new browser."""
    screen.page.context.clear_cookies()
    screen.open(urlsplit(ways.address_of(link)).path)


def type_in(screen: Screen, **typed: str) -> None:
    """Type into the fields of the form."""
    for name, value in typed.items():
        screen.page.fill(f"main [name='{name}']", value)


def test_boram_signs_up_by_keyboard(cast: Cast, post: PostOffice, screen: Screen, link: InviteLink) -> None:
    page = screen.page
    arrive(screen, link)
    assert page.url.endswith(f"/join/{link.uid}/"), "the secret has left the address bar"
    screen.picture("join")
    page.locator("button[value='create']").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    screen.check()
    screen.press("button[value='begin']")
    assert page.locator(".error").count() == 3 and page.evaluate("document.activeElement.name") == "given_name"
    screen.picture("sign-up-errors")
    type_in(screen, **BORAM)
    own = page.evaluate("document.documentElement.lang")
    for button in (page.locator(".languages button").first, page.locator(f".languages button[lang='{own}']")):
        with page.expect_navigation():
            button.click()
        page.wait_for_function("document.querySelector('[name=id]').value")
        assert page.input_value("[name='family_name']") == BORAM["family_name"], "another language loses nothing"
        assert page.input_value("[name='password']") == "", "a password is not kept"
    type_in(screen, **BORAM)
    screen.press("button[value='begin']")
    screen.picture("sign-up-code")
    type_in(screen, code="000000" if code_to(post, BORAM["id"]) != "000000" else "000001")
    screen.press("button[value='code']")
    assert page.locator("#id_code_error").is_visible()
    type_in(screen, code=code_to(post, BORAM["id"]))
    screen.press("button[value='code']")
    assert f"/w/{cast.hanbit.uid}/" in page.url and page.locator("details.unfold").is_visible()
    page.click("details.unfold summary")
    screen.check()
    screen.picture("welcome")
    screen.press("main a[data-kind='primary']")
    arrived = page.url
    page.reload()
    assert page.url == arrived and not page.locator("details.unfold").is_visible(), "the welcome is shown once"
    page.goto(screen.server + urlsplit(ways.address_of(link)).path)
    screen.check()
    screen.picture("join-known")


def test_alex_signs_in_and_joins(cast: Cast, post: PostOffice, screen: Screen, link: InviteLink) -> None:
    page = screen.page
    arrive(screen, link)
    screen.press("button[value='account']")
    type_in(screen, id=cast.alex.address, password=PASSWORD)
    screen.press("main form button[data-kind='primary']")
    assert page.url.endswith(f"/join/{link.uid}/") and cast.alex.address in page.inner_text("main")
    screen.picture("join-signed-in")
    page.go_back()
    page.go_forward()
    screen.press("button[value='join']")
    assert f"/w/{cast.hanbit.uid}/" in page.url


def test_who_has_an_account_learns_it_after_the_code(
    cast: Cast, post: PostOffice, screen: Screen, link: InviteLink
) -> None:
    arrive(screen, link)
    screen.press("button[value='create']")
    type_in(screen, **{**BORAM, "id": cast.alex.address})
    screen.press("button[value='begin']")
    type_in(screen, code=code_to(post, cast.alex.address))
    screen.press("button[value='code']")
    screen.picture("sign-up-known")
    screen.press("main a[data-kind='primary']")
    assert screen.page.input_value("#id_id") == cast.alex.address


def test_every_way_that_ends_or_asks(cast: Cast, post: PostOffice, screen: Screen, link: InviteLink) -> None:
    page = screen.page
    page.context.clear_cookies()
    screen.open(f"/join/{link.uid}/")
    screen.picture("join-elsewhere")
    screen.open("/join/")
    type_in(screen, code="abcd efgh")
    screen.press("main form button[data-kind='primary']")
    assert page.locator("#id_code_error").is_visible()
    screen.picture("join-code")
    type_in(screen, code=ways.code_of(link).lower())
    screen.press("main form button[data-kind='primary']")
    assert page.url.endswith(f"/join/{link.uid}/")
    past = clock.now() - timedelta(days=1)
    ends: tuple[dict[str, Any], ...] = (
        {"withdrawn_at": past}, {"withdrawn_at": None, "paused_at": past},
        {"paused_at": None, "most_uses": 1, "uses": 1}, {"most_uses": None, "expires_at": past},
    )  # fmt: skip
    for end in ends:
        InviteLink.objects.update(**end)
        arrive(screen, link)
        screen.picture(f"join-ended-{next(reversed(end))}")
    screen.press("main .empty button")
    screen.picture("join-asked")
    InviteLink.objects.update(expires_at=clock.now() + timedelta(days=1), needs_approval=True, domains=["a.example"])
    screen.sign_in(cast.alex.address, PASSWORD)
    screen.open(urlsplit(ways.address_of(link)).path)
    screen.picture("join-foreign")
    InviteLink.objects.update(domains=[])
    screen.open(urlsplit(ways.address_of(link)).path)
    screen.picture("join-asks")
    type_in(screen, message="I am the new designer.")
    screen.press("button[value='join']")
    assert "/workspaces/requests/" in page.url


def test_a_mailed_invitation_leads_to_an_account(
    cast: Cast, post: PostOffice, screen: Screen, look: Any
) -> None:  # fmt: skip
    Account.objects.update(language=look[1])
    invite_many(
        cast.minjun.actor, text=BORAM["id"], language=look[1], message="See you on Monday.",
        submission=str(uuid.uuid4()),
    )  # fmt: skip
    screen.open(urlsplit(post.last_to(BORAM["id"]).link).path)
    screen.picture("invitation")
    screen.press("button[value='create']")
    screen.picture("sign-up-invited")
    type_in(screen, family_name="윤", given_name="보람", password=BORAM["password"])
    screen.press("button[value='begin']")
    assert f"/w/{cast.hanbit.uid}/" in screen.page.url


def test_back_onto_a_refused_form_asks_for_it_anew(cast: Cast, screen: Screen, link: InviteLink) -> None:
    page, sent = screen.page, []
    arrive(screen, link)
    screen.press("button[value='create']")
    screen.press("button[value='begin']")
    assert page.locator(".error").count() == 3
    page.on("request", lambda request: sent.append(request.method) if request.is_navigation_request() else None)
    screen.open("/sign-in/")
    page.go_back()
    assert page.url.endswith("/sign-up/") and page.locator("button[value='begin']").is_visible()
    page.reload()
    assert page.locator("button[value='begin']").is_visible() and "POST" not in sent
