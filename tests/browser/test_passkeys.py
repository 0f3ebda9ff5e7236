"""Passkeys in Chromium with its virtual authenticator, at 390 and 1280 px: added, used both ways, removed."""

from typing import Any

import pytest
from django.conf import settings

from dure.accounts.models import Account, Passkey
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(2), indirect=True)]
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(cast: Cast, live_server: Any, look: Any) -> Any:
    """The cast on a server with a name: passkeys belong to the host of the public address."""
    Account.objects.update(language=look[1])
    assert live_server.url.startswith("http://localhost:")
    before = settings.DURE["PUBLIC_URL"]
    settings.DURE["PUBLIC_URL"] = live_server.url
    yield cast
    settings.DURE["PUBLIC_URL"] = before


class Device:
    """Chromium's virtual authenticator; it answers while somebody is there to touch it."""

    def __init__(self, screen: Screen) -> None:
        self.link = screen.page.context.new_cdp_session(screen.page)
        self.link.send("WebAuthn.enable")
        self.id = self.link.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})["authenticatorId"]

    def touched(self, yes: bool) -> None:
        """Touch it at every question from now on, or leave it alone."""
        facts = {"authenticatorId": self.id, "enabled": yes}
        self.link.send("WebAuthn.setAutomaticPresenceSimulation", facts)


def add_passkey(screen: Screen, name: str) -> None:
    """Go from My account to a new passkey."""
    page = screen.page
    screen.open("/account/")
    screen.press("a[href='/account/factor/change/']")
    page.click("a[href='/account/passkeys/add/']")
    page.wait_for_selector("form[data-passkey=create]:visible")
    screen.check()
    screen.picture("passkey-add")
    page.fill("#id_name", name)
    page.click("form[data-passkey] .button[data-kind=primary]")


def sign_out(screen: Screen) -> None:
    """Forget who was here, as a browser does that is closed."""
    screen.page.context.clear_cookies()


def type_password(screen: Screen, address: str) -> None:
    """Sign in as far as the page for the second factor."""
    page = screen.page
    screen.open("/sign-in/")
    page.fill("#id_id", address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second/")
    screen.check()
    screen.picture("passkey-second")


def test_add_sign_in_both_ways_and_remove(named: Cast, post: PostOffice, screen: Screen) -> None:
    page, device = screen.page, Device(screen)
    screen.sign_in(named.yuki.address, PASSWORD)
    add_passkey(screen, "Yuki’s phone")
    page.wait_for_selector("#codes")
    screen.check()
    screen.picture("passkey-codes")
    screen.open("/account/factor/change/")
    assert page.get_by_text("Yuki’s phone").is_visible()
    screen.picture("passkey-list")

    device.touched(False)
    sign_out(screen)
    screen.open("/sign-in/")
    screen.picture("passkey-sign-in")
    device.touched(True)
    page.click("form[data-passkey] button")
    page.wait_for_url("**/w/**")
    screen.check()
    screen.open("/account/confirm/?next=/account/")
    screen.picture("passkey-confirm")
    page.click("form[data-passkey] button")
    # The whole address: a pattern would be met by the end of "?next=/account/", before anything was sent.
    page.wait_for_url(screen.server + "/account/")

    device.touched(False)
    sign_out(screen)
    type_password(screen, named.yuki.address)
    device.touched(True)
    page.click("form[data-passkey] button")
    page.wait_for_url("**/w/**")

    screen.open("/account/factor/change/")
    page.click(".rows a")
    page.wait_for_url("**/account/passkeys/*/")
    screen.check()
    screen.picture("passkey-one")
    page.click("button[value=remove]")
    page.wait_for_url("**/account/factor/change/")
    screen.check()
    assert not Passkey.objects.exists()


def test_the_browser_offers_a_passkey_under_the_id_field(named: Cast, post: PostOffice, screen: Screen) -> None:
    page, device = screen.page, Device(screen)
    screen.sign_in(named.yuki.address, PASSWORD)
    add_passkey(screen, "Phone")
    page.wait_for_selector("#codes")
    assert page.evaluate("PublicKeyCredential.isConditionalMediationAvailable()")
    device.touched(False)
    sign_out(screen)
    screen.open("/sign-in/")
    assert page.locator("#id_id").get_attribute("autocomplete") == "username webauthn"
    device.touched(True)
    page.goto(screen.server + "/sign-in/")
    page.wait_for_url("**/w/**")


def test_a_device_that_has_one_already_says_so_and_a_refusal_leaves_the_page_usable(
    named: Cast, post: PostOffice, screen: Screen
) -> None:
    page, device = screen.page, Device(screen)
    screen.sign_in(named.yuki.address, PASSWORD)
    add_passkey(screen, "Phone")
    page.wait_for_selector("#codes")
    add_passkey(screen, "Phone again")
    page.wait_for_selector("[data-trouble=InvalidStateError]:visible")
    screen.check()
    screen.picture("passkey-already")
    device.link.send("WebAuthn.setUserVerified", {"authenticatorId": device.id, "isUserVerified": False})
    sign_out(screen)
    screen.open("/sign-in/")
    page.click("form[data-passkey] button")
    page.wait_for_selector("form[data-passkey] [data-trouble]:visible")
    screen.check()
    screen.picture("passkey-trouble")
    page.fill("#id_id", named.yuki.address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second/")


def test_under_another_address_passkeys_are_not_offered(cast: Cast, screen: Screen) -> None:
    assert settings.DURE["PUBLIC_URL"] == "http://testserver" != screen.server
    screen.open("/sign-in/")
    form = screen.page.locator("form[data-passkey]")
    assert form.count() == 1 and not form.is_visible()
    screen.sign_in(cast.yuki.address, PASSWORD)
    screen.open("/account/passkeys/add/")
    assert screen.page.locator("[data-without-passkey]").is_visible() and not form.is_visible()
