"""Steps that several stories share."""

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
