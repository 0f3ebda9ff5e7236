"""Mail scanners open every link in every letter, again and again, with GET and HEAD (PRODUCT.md §4.6).

"Every link in every letter survives a hundred GET and HEAD requests, works afterwards once, and never twice; opening
it signs nobody out."
"""

import html
import re
from urllib.parse import urlsplit

import pytest

from dure.core import links
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.mail.rendering import message_id
from tests.cast import Cast
from tests.mail.written import MAKERS
from tests.post import Mail, PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.tables import contents
from tests.visitor import Page, Visitor

HUNDRED = 100
AGAIN = 4
"""How often an address that stands in several letters, such as the sign-in page, is opened after its first hundred."""
_opened: set[str] = set()


def written(kind: Kind, cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> list[Mail]:
    """Return every letter of a kind, after everything it needs really happened."""
    MAKERS[kind](cast, post, turn)
    post.deliver()
    ids = {message_id(letter) for letter in Letter.objects.filter(kind=kind)}
    return [mail for mail in post.received if mail.id in ids]


def addresses(body: str) -> set[str]:
    """Return every address in a body."""
    return {found.rstrip(".,)") for found in re.findall(r"https?://[^\s<>\"']+", html.unescape(body))}


def scan(cast: Cast, link: str, somebody: Visitor) -> None:
    """Open a link with GET and HEAD, by turns without any cookie and in a browser that is somebody else's."""
    path = urlsplit(link).path
    for number in range(AGAIN if path in _opened else HUNDRED):
        elsewhere = number % 4 > 1
        page = (somebody if elsewhere else cast.visitor()).open(link, method=("GET", "HEAD")[number % 2])
        assert page.status == 200 or (elsewhere and page.status in (403, 404)), (link, "it is for somebody else alone")
    _opened.add(path)


def to_the_form(browser: Visitor, link: str) -> Page:
    """Open a mailed link and follow it to the form it is for."""
    page = browser.open(link)
    further = [href for href, _words in page.links if href.startswith(_here(page))]
    return browser.open(further[0]) if further else page


def _here(page: Page) -> str:
    return "/".join(page.path.split("/")[:3]) + "/"


def send(browser: Visitor, page: Page) -> Page:
    """Fill in the form the link is for and send it."""
    if any("Decline" in button for form in page.forms for button in form.buttons):
        return browser.press(page, "Decline")
    form = next(form for form in page.forms if form.action.startswith(_here(page)) and form.method == "post")
    return browser.submit(page, form, **({"new_password": NEW_PASSWORD} if "new_password" in form.inputs else {}))


@pytest.mark.once
def test_every_kind_of_letter_is_here() -> None:
    assert set(MAKERS) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_its_links_survive_a_hundred_openings_work_once_and_never_twice(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    found, mails = set[str](), written(kind, cast, post, monkeypatch)
    assert mails
    for mail in mails:
        found |= addresses(mail.text)
        assert addresses(mail.text) == addresses(mail.part("html")), "text and HTML carry the same"
    somebody = cast.eve.browser()
    before = contents()
    for link in sorted(found):
        scan(cast, link, somebody)
    assert contents() == before, "opening changes nothing"
    assert somebody.open(cast.at("admin/")).status == 200, "and signs nobody out"
    for link in found:
        if urlsplit(link).path.startswith(links.MAILED):
            works_once(cast, link)


def works_once(cast: Cast, link: str) -> None:
    """Use a link in one browser, and try again there, in another, and in one that had it open before."""
    browser, waiting = cast.visitor(), cast.visitor()
    page, open_before = to_the_form(browser, link), to_the_form(waiting, link)
    assert send(browser, page).status == 200
    before = contents()
    assert browser.open(link).status == cast.visitor().open(link).status == 410
    assert send(waiting, open_before).status == 410
    assert contents() == before


def test_an_offered_role_is_accepted_once_by_the_one_it_was_offered_to(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = written(Kind.HAND_OVER, cast, post, monkeypatch)[-1]
    link = next(found for found in addresses(mail.text) if "/hand-over/" in found)
    eve, yuki, waiting = (somebody.browser() for somebody in (cast.eve, cast.yuki, cast.yuki))
    open_before = waiting.open(link)
    assert eve.open(link).status == 404
    assert yuki.press(yuki.open(link), "Accept").status == 200
    assert not [form for form in yuki.open(link).forms if "accept" in dict(form.sends).values()]
    before = contents("Session")
    assert "over" in waiting.press(open_before, "Accept").text
    assert contents("Session") == before
    assert cast.yuki.actor.is_super_admin and not cast.sora.actor.is_super_admin
