"""A real Chromium for the browser stories."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PHONE, PC = {"width": 390, "height": 844}, {"width": 1280, "height": 860}
LANGUAGES, THEMES = ("en", "ko", "ja"), ("light", "dark")
FULL = bool(os.environ.get("TEST_FULL"))

# In CI every size comes with a language and a theme that rotate; the full run takes all of them.
EVERY = list(itertools.product((PHONE, PC), LANGUAGES, THEMES))
ROTATED = [(PHONE, "ko", "dark"), (PC, "ja", "light"), (PC, "ko", "dark"), (PHONE, "en", "light")]


def looks(first: int = 0) -> list[Any]:
    """Return what the pages are looked at in; in CI a phone and a PC, the first or the second two of the rotated."""
    chosen = EVERY if FULL else ROTATED[first : first + 2]
    return [pytest.param(look, id=f"{look[0]['width']}-{look[1]}-{look[2]}") for look in chosen]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, once for all stories."""
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


class Screen:
    """One browser window; every page shown in it is checked with axe-core and for script errors."""

    def __init__(self, page: Page, server: str) -> None:
        self.page, self.server = page, server
        self.troubles: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _heard(self, message: Any) -> None:
        # A page that answers 403 or 404 on purpose is no trouble; a refused style or script is.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.troubles.append(message.text)

    def open(self, path: str) -> None:
        """Open an address and check it."""
        self.page.goto(self.server + path)
        self.check()

    def press(self, selector: str) -> None:
        """Press what leads to another page, wait for that page, and check it."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self.check()

    def check(self) -> None:
        """Look at the page with axe-core, and at what scrolls sideways."""
        self.page.wait_for_load_state("load")
        assert self.troubles == [], self.page.url
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} scrolls sideways by {wide} px"

    def picture(self, name: str) -> None:
        """Keep a picture where one is asked for by the environment variable ``PICTURES``."""
        if folder := os.environ.get("PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{folder}/{name}.png")

    def sign_in(self, address: str, password: str) -> None:
        """Type ID and password by keyboard alone."""
        self.open("/sign-in/")
        self.page.locator("#id_id").focus()
        self.page.keyboard.type(address)
        self.page.keyboard.press("Tab")
        self.page.keyboard.type(password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url("**/w/**")
        self.check()


@pytest.fixture
def look(request: pytest.FixtureRequest) -> Any:
    """Size, language and theme; parametrised by the story."""
    return request.param


@pytest.fixture
def screen(chromium: Browser, live_server: Any, look: Any) -> Iterator[Screen]:
    """A window of the look's size, language and theme."""
    size, language, theme = look
    # axe-core tries inline styles, which our policy refuses: the policy is looked at in a story of its own.
    context = chromium.new_context(
        viewport=size, locale=language, color_scheme=theme, reduced_motion="reduce", bypass_csp=True
    )
    page = context.new_page()
    page.set_default_timeout(10_000)
    yield Screen(page, live_server.url)
    context.close()
