"""Steps that several stories share."""

import re

from tests.cast import Cast, Person
from tests.post import Mail, PostOffice
from tests.visitor import Page, Visitor

HARU = {"family_name": "정", "given_name": "하은", "id": "haeun.jung@hanbitsoft.co.kr", "language": "en"}
NEW_PASSWORD = "twelve blue lanterns drift"


def register(cast: Cast, somebody: Person, **typed: str) -> Page:
    """Register 정하은, or whoever is typed."""
    browser = somebody.browser()
    return browser.fill_in(browser.open(cast.at("admin/members/register/")), **{**HARU, **typed})


def invited(cast: Cast, post: PostOffice, **typed: str) -> Mail:
    """Register somebody and return the mail they received."""
    register(cast, cast.minjun, **typed)
    return post.last_to(typed.get("private_address") or typed.get("id") or HARU["id"])


def open_link(browser: Visitor, link: str) -> Page:
    """Open a mailed link and press its first button, up to the password form."""
    page = browser.open(link)
    assert page.status == 200, page.text
    return browser.follow(page, "Set my password")


def secret_on(page: Page) -> str:
    """Return the temporary password that stands on a page, once."""
    found = re.search(r'id="secret">([^<]+)<', page.body)
    assert found, page.text
    return found[1]


def handed_a_password(cast: Cast, **typed: str) -> str:
    """Register somebody with a generated temporary password and return it."""
    return secret_on(register(cast, cast.minjun, method="generate", **typed))
