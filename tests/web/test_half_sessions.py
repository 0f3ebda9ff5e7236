"""A temporary password, and a password without its second factor, reach one page each and *Sign out*; nothing else.

Generated over every route there is, with GET, HEAD and POST; a POST carries a valid token, so that it is the door that
refuses and not the check of the form (PRODUCT.md §4.4, §4.5).
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.accounts.factor import with_app
from tests.architecture.test_house import routes
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, handed_a_password
from tests.tables import TRAIL, contents
from tests.visitor import Page, Visitor
from tests.web.test_matrix import address


def temporary(cast: Cast) -> tuple[Visitor, Page, list[str]]:
    """Return a browser that signed in with a temporary password, its page, and what nothing else may show."""
    browser, password = cast.visitor(), handed_a_password(cast)
    return browser, browser.sign_in(HARU["id"], password), [HARU["id"], "하은", "한빛소프트"]


def halfway(cast: Cast) -> tuple[Visitor, Page, list[str]]:
    """Return a browser that typed the right password of somebody who has a second factor."""
    with_app(cast.yuki.account)
    browser = cast.visitor()
    return browser, browser.sign_in(cast.yuki.address, PASSWORD), [cast.yuki.address, "田中", "한빛소프트"]


OPENED: dict[str, Callable[[Cast], tuple[Visitor, Page, list[str]]]] = {
    "first-password/": temporary,
    "sign-in/second/": halfway,
}


def ask(browser: Visitor, method: str, path: str, source: Page) -> Page:
    """Open an address, or send it an empty form."""
    return browser.send(source, path) if method == "POST" else browser.open(path, follow=False, method=method)


def answer(page: Page) -> Any:
    """Return what tells one answer from another."""
    return page.status, page.headers.get("location", "")


@pytest.mark.parametrize("own", OPENED)
def test_half_a_session_reaches_its_own_page_and_sign_out_alone(cast: Cast, post: PostOffice, own: str) -> None:
    browser, source, names = OPENED[own](cast)
    assert source.path == f"/{own}"
    visitor = cast.visitor()
    theirs = visitor.open("/sign-in/")
    before, wrong = contents(*TRAIL), []
    for route, pattern in routes():
        if route.startswith(own) or route == "sign-out/":
            continue
        for method in ("GET", "HEAD", "POST"):
            mine = ask(browser, method, address(route, cast), source)
            public = pattern.callback.opens == "public"
            as_nobody = answer(mine) == answer(ask(visitor, method, address(route, cast), theirs))
            refused = mine.status == 302 and mine.headers["location"].startswith("/sign-in/")
            if not (as_nobody if public else refused) or any(name in mine.body for name in names):
                wrong.append((method, route, *answer(mine)))
    assert wrong == []
    assert contents(*TRAIL) == before
    assert browser.open(f"/{own}").status == 200, "still there after all that"
    assert answer(browser.send(source, "/sign-out/")) == (302, "/sign-in/")
    assert browser.open(f"/{own}").path == "/sign-in/"


@pytest.mark.parametrize("own", OPENED)
def test_a_form_with_its_token_reaches_the_views(cast: Cast, post: PostOffice, own: str) -> None:
    """So that the refusals above are those of the doors."""
    browser, source, _names = OPENED[own](cast)
    page = browser.send(source, "/reset/", id="nobody@nowhere.example")
    assert answer(page) == (302, "/reset/asked/")
