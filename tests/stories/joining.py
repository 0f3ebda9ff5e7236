"""Steps of the stories about joining."""

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from dure.core import clock
from dure.joining import ways
from dure.joining.actions.linking import make_link
from dure.joining.models import InviteLink
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.visitor import Page, Visitor

BORAM = {
    "family_name": "윤",
    "given_name": "보람",
    "id": "boram.yoon@hanbitsoft.co.kr",
    "password": "twelve blue lanterns drift",
}


def invite_link(somebody: Person, **settings: Any) -> InviteLink:
    """Make an invite link, open for a week unless said otherwise."""
    usual = {"name": "2026 겨울 채용", "language": "ko", "expires_at": clock.now() + timedelta(days=7)}
    return make_link(somebody.actor, **{**usual, **settings})


def arrive(browser: Visitor, link: InviteLink) -> Page:
    """Open the shared address."""
    return browser.open(urlsplit(ways.address_of(link)).path)


def begin(browser: Visitor, link: InviteLink, **typed: str) -> Page:
    """Press *Create account*, fill in the form and send it."""
    page = browser.press(arrive(browser, link), "Create account")
    return fill(browser, page, **typed)


def fill(browser: Visitor, page: Page, **typed: str) -> Page:
    """Fill in the sign-up form."""
    form = page.form_with("password")
    return browser.submit(page, form, **{key: value for key, value in {**BORAM, **typed}.items() if key in form.inputs})


def code_to(post: PostOffice, address: str) -> str:
    """Return the six digits of the newest mail to an address."""
    found = re.search(r"\b\d{6}\b", post.last_to(address).text)
    assert found
    return found[0]


def confirm(browser: Visitor, page: Page, post: PostOffice, address: str = BORAM["id"]) -> Page:
    """Type the code that was mailed."""
    form = page.form_with("code")
    return browser.submit(page, form, code=code_to(post, address), step="code")


def sign_up(cast: Cast, post: PostOffice, link: InviteLink, browser: Visitor | None = None, **typed: str) -> Page:
    """Sign up by a link, all the way."""
    browser = browser or cast.visitor()
    page = begin(browser, link, **typed)
    return confirm(browser, page, post, typed.get("id", BORAM["id"]))
