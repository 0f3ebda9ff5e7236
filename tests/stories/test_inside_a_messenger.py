"""Joining inside the browser of a messenger or another app: how to go on in one's own, and the home screen."""

import pytest

from dure.joining import ways
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.joining import BORAM, arrive, begin, confirm, invite_link
from tests.visitor import Visitor

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
INSIDE = {
    "KakaoTalk": f"{PHONE}Mobile/15E148 KAKAOTALK 10.8.2 (INAPP)",
    "LINE": f"{PHONE}Mobile/15E148 Safari Line/14.9.0",
    "Facebook": f"{PHONE}Mobile/15E148 [FBAN/FBIOS;FBAV/468.0.0.38.103;FBBV/613417186]",
    "Messenger": "Mozilla/5.0 (Linux; Android 14) Chrome/125.0 Mobile Safari/537.36 [FB_IAB/Orca-Android;FBAV/459.0;]",
    "Instagram": f"{PHONE}Mobile/15E148 Instagram 334.0.4.32.98 (iPhone15,2; iOS 17_5)",
    "Naver": "Mozilla/5.0 (Linux; Android 14) Chrome/125.0 Mobile Safari/537.36 NAVER(inapp; search; 1200; 12.7.4)",
}
OUTSIDE = [
    f"{PHONE}Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14) Chrome/125.0 Mobile Safari/537.36 Offline/1",
    "",
]


def inside(cast: Cast, agent: str) -> Visitor:
    """Return a browser that calls itself so."""
    browser = cast.visitor()
    browser.agent = agent
    return browser


@pytest.mark.parametrize("app", INSIDE)
def test_the_joining_page_says_how_to_go_on_in_ones_own_browser(cast: Cast, app: str) -> None:
    link = invite_link(cast.eve)
    page = arrive(inside(cast, INSIDE[app]), link)
    assert "You can go on right here." in page.text and f"type the short code {ways.code_of(link)}" in page.text
    pc = cast.visitor()
    assert pc.fill_in(pc.open("/join/"), code=ways.code_of(link)).path == page.path


@pytest.mark.parametrize("agent", OUTSIDE)
def test_other_browsers_read_no_hint_and_no_code(cast: Cast, agent: str) -> None:
    link = invite_link(cast.eve)
    assert "short code" in arrive(inside(cast, INSIDE["KakaoTalk"]), link).text
    page = arrive(inside(cast, agent), link)
    assert "short code" not in page.text and ways.code_of(link) not in page.body


def test_whoever_is_signed_in_inside_an_app_reads_it_too(cast: Cast) -> None:
    link, browser = invite_link(cast.eve), cast.alex.browser()
    browser.agent = INSIDE["LINE"]
    assert f"type the short code {ways.code_of(link)}" in arrive(browser, link).text


def test_the_welcome_there_leads_to_chrome_or_safari_first(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve), inside(cast, INSIDE["KakaoTalk"])
    page = confirm(browser, begin(browser, link), post, BORAM["id"])
    assert "You are in: 한빛소프트" in page.text and "/sign-in/ in Chrome or Safari first" in page.text
    assert "Add this page to the home screen" not in page.text
    browser.agent = OUTSIDE[0]
    page = browser.open(page.path)
    assert "Add this page to the home screen" in page.text and "Chrome or Safari first" not in page.text


def test_the_page_of_a_request_that_waits_says_the_same(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve, needs_approval=True), inside(cast, INSIDE["Naver"])
    page = confirm(browser, begin(browser, link), post, BORAM["id"])
    assert "Waiting for approval" in page.text and "/sign-in/ in Chrome or Safari first" in page.text
