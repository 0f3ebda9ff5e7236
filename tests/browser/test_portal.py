"""The portal in Chromium: the way of N1 on a phone, people beside the list, one's profile, and no network."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from dure.accounts.models import Account
from dure.members.models import Member, Profile
from tests.browser.conftest import PC, PHONE, Screen, looks
from tests.cast import PASSWORD, Cast, join
from tests.index import refresh
from tests.post import PostOffice
from tests.stories.steps import HARU

pytestmark = pytest.mark.browser
EVERY_LOOK = pytest.mark.parametrize("look", looks(), indirect=True)
ON_A_PHONE = pytest.mark.parametrize("look", [(PHONE, "en", "light")], indirect=True)


@pytest.fixture
def spoken(cast: Cast, look: Any) -> Cast:
    """The cast, all speaking the look's language, and something of Minjun and Yuki to see."""
    Account.objects.update(language=look[1])
    for somebody, nickname in ((cast.minjun, "Joon"), (cast.yuki, "Snow")):
        Profile.objects.create(
            workspace=cast.hanbit, member=somebody.member, nickname=nickname, office_phone="+8225559081",
            mobile_phone="+821098765432",
        )  # fmt: skip
    refresh(cast.minjun.member, cast.yuki.member)
    return cast


@ON_A_PHONE
def test_n1_home_admin_member_add_member_save_has_been_added(cast: Cast, post: PostOffice, screen: Screen) -> None:
    """*Home › Admin › Member › Add member* (top right) › fields › *Save* (top right) › "… has been added"."""
    page = screen.page
    screen.sign_in(cast.minjun.address, PASSWORD)
    expect(page.locator(".tabbar [aria-current]")).to_have_text("Home")
    admin = page.get_by_role("region", name="Admin", exact=True)
    admin.get_by_role("link", name="Member Every member").click()
    screen.check()
    add = page.get_by_role("link", name="Add member")
    _stands_at_the_top_right(add)
    add.click()
    screen.check()
    for field in ("family_name", "given_name", "id"):
        page.fill(f"#id_{field}", HARU[field])
    saves = [button for button in page.get_by_role("button", name="Save").all() if button.is_visible()]
    assert len(saves) == 1
    _stands_at_the_top_right(saves[0])
    saves[0].click()
    page.get_by_text("정하은 has been added").wait_for()
    screen.check()
    assert Member.objects.filter(given_name="하은").count() == 1


def _stands_at_the_top_right(button: Any) -> None:
    box = button.bounding_box()
    assert box["y"] < 64 and box["x"] + box["width"] > 340 and box["height"] >= 44, box


@EVERY_LOOK
def test_every_page_of_the_portal(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.picture("portal-home")
    paths = ("people/", "people/?q=nobody-at-all", f"people/{spoken.yuki.member.uid}/", "more/", "profile/")
    for path in (*paths, "profile/edit/"):
        screen.open(spoken.at(path))
    page.fill("#id_mobile_phone", "call me")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_mobile_phone_error")
    screen.check()
    assert page.evaluate("document.activeElement.id") == "id_mobile_phone"
    screen.open("/offline/")
    screen.page.goto(screen.server + "/workspaces/")


@EVERY_LOOK
def test_people_are_found_as_one_types_and_open_by_keyboard_alone(spoken: Cast, screen: Screen, look: Any) -> None:
    for number in range(60):
        join(spoken.hanbit, f"person{number}@hanbitsoft.co.kr", "김", f"하나{number}")
    page = screen.page
    screen.sign_in(spoken.yuki.address, PASSWORD)
    screen.open(spoken.at("people/"))
    page.locator("#q").focus()
    page.keyboard.type("ㄱㅎㄴ", delay=20)
    page.wait_for_function("document.querySelectorAll('#member-list .rows > li').length === 50")
    page.fill("#q", "9081")
    page.wait_for_function("document.querySelectorAll('#member-list .rows > li').length === 2")
    page.fill("#q", "joo")
    page.wait_for_function("document.querySelectorAll('#member-list .rows > li').length === 1")
    assert "q=joo" in page.url
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel:visible")
    screen.check()
    assert spoken.minjun.member.uid in page.url and "Joon" in page.locator(".panel").inner_text()
    wide = look[0] == PC
    assert page.locator("#member-list").is_visible() == wide, "beside the list, or instead of it"
    page.locator(".panel > header a:visible").press("Enter")
    page.wait_for_selector("#member-list:visible")
    assert "q=joo" in page.url and page.locator("#member-list .rows > li").count() == 1
    screen.check()


@EVERY_LOOK
def test_the_switcher_names_the_other_workspaces(spoken: Cast, screen: Screen) -> None:
    screen.sign_in(spoken.yuki.address, PASSWORD)
    place = join(spoken.fernweh, "y@fernweh.example", "Tanaka", "Yuki").member
    Member.objects.filter(pk=place.pk).update(account=spoken.yuki.account)
    screen.page.click(".switcher > summary")
    screen.page.wait_for_selector(".switcher .places a")
    assert "Fernweh" in screen.page.locator(".switcher .places").inner_text()
    screen.check()


@pytest.mark.parametrize("language", ["ko", "en", "ja"])
def test_without_network_one_page_is_there_and_afterwards_everything(
    cast: Cast, chromium: Browser, live_server: Any, language: str
) -> None:
    """The real policy applies: the worker, its files and the manifest are allowed by it."""
    Account.objects.update(language=language)
    context = chromium.new_context(viewport=PHONE, locale=language)
    page, troubles = context.new_page(), []
    page.on("console", lambda told: troubles.append(told.text) if "Content Security" in told.text else None)
    page.goto(live_server.url + "/sign-in/")
    page.fill("#id_id", cast.yuki.address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")
    _until(page, READY)
    _until(page, "localStorage.getItem('dure-offline') === document.documentElement.lang")
    context.set_offline(True)
    page.goto(live_server.url + cast.at("people/"))
    words = {"ko": "연결되지 않음", "en": "No connection", "ja": "接続がありません"}[language]
    assert page.locator("h1").inner_text() == words and page.evaluate("document.styleSheets.length") == 1
    size = page.locator(".button").bounding_box()
    assert size is not None and size["height"] >= 44, "its styles are kept too"
    assert page.evaluate("fetch('/static/mark.svg').then((answer) => answer.status)") == 200
    context.set_offline(False)
    page.locator(".button").click()
    page.wait_for_selector("#member-list")
    assert page.url == live_server.url + cast.at("people/") and troubles == []
    kept = page.evaluate(
        "caches.keys().then((names) => Promise.all(names.map((name) => caches.open(name).then((one) => one.keys()))))"
        ".then((found) => found.flat().map((request) => new URL(request.url).pathname))"
    )
    assert kept and all(path == "/offline/" or path.startswith("/static/") for path in kept), kept
    context.close()


def test_the_page_without_network_follows_the_language_and_sign_out_and_links_work_beside_the_worker(
    cast: Cast, chromium: Browser, live_server: Any
) -> None:
    context = chromium.new_context(viewport=PHONE, locale="en")
    page = context.new_page()
    page.goto(live_server.url + "/sign-in/")
    page.fill("#id_id", cast.yuki.address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")
    page.goto(live_server.url + cast.at("more/"))
    _until(page, READY)
    page.click("button[lang=ko]")
    page.wait_for_selector("html[lang=ko]")
    _until(page, "localStorage.getItem('dure-offline') === 'ko'")
    context.set_offline(True)
    page.goto(live_server.url + cast.at())
    assert page.locator("h1").inner_text() == "연결되지 않음"
    context.set_offline(False)
    page.goto(f"{live_server.url}/l/{'a' * 22}.{'b' * 43}")
    assert "/link/" in page.url, "a mailed link is followed through its redirect"
    page.goto(live_server.url + cast.at("more/"))
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/sign-in/")
    page.goto(live_server.url + cast.at())
    assert "/sign-in/" in page.url, "nothing of the signed-out reader is kept"
    context.close()


READY = "navigator.serviceWorker.ready.then((one) => one.active.state === 'activated')"


def _until(page: Page, expression: str) -> None:
    """Ask again and again from outside: under the real policy the page may not evaluate a text itself."""
    for _attempt in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    raise AssertionError(expression)
