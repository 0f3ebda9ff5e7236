"""Steps of the stories about passkeys: what the scripts of the pages do, and what people press."""

import json
import re
from typing import Any

from tests.authenticator import Authenticator
from tests.cast import PASSWORD, Cast, Person
from tests.visitor import Page, Visitor

REFUSED = "This passkey was not accepted."
ALONE, BESIDE, AGAIN = "/sign-in/", "/sign-in/second/", "/account/confirm/"
LIST = "/account/factor/change/"
ADD = "/account/passkeys/add/"


def asked(browser: Visitor, address: str) -> dict[str, Any]:
    """Return what the script of a page is given."""
    page = browser.open(address)
    assert page.status == 200, (page.url, page.text)
    return json.loads(page.body)


def add(browser: Visitor, device: Authenticator, name: str = "My phone") -> Page:
    """Add a passkey as the script of the page does."""
    page = browser.open(ADD)
    question = asked(browser, "/account/passkeys/question/")
    answer = device.create(question["publicKey"])
    return browser.fill_in(page, name=name, ticket=question["ticket"], answer=answer)


def answer(browser: Visitor, address: str, ticket: str, text: str) -> Page:
    """Send an answer by the form of the page at an address."""
    return browser.fill_in(browser.open(address), ticket=ticket, answer=text)


def come_in(browser: Visitor, device: Authenticator, where: str = ALONE, which: Any = None) -> Page:
    """Answer the question of the sign-in page, of the one after the password, or of *Your password, please*."""
    question = asked(browser, f"{where}passkey/")
    return answer(browser, where, question["ticket"], device.get(question["publicKey"], which))


def codes_on(page: Page) -> list[str]:
    """Return the spare codes that stand on a page, once."""
    shown = re.search(r'id="codes">(.*?)</output>', page.body, re.S)
    return shown[1].split() if shown else []


def halfway(cast: Cast, somebody: Person) -> Visitor:
    """Return a browser in which the right password was typed."""
    browser = cast.visitor()
    assert browser.sign_in(somebody.address, PASSWORD).path == "/sign-in/second/"
    return browser
