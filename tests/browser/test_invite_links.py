"""Invite links in a real browser (K3 N13): accessible in every look, and their codes read from the screen itself."""

import io
from datetime import timedelta
from typing import Any

import pytest
from PIL import Image

from dure.accounts.models import Account
from dure.core import clock
from dure.joining import funnel, ledger, ways
from dure.joining.models import InviteLink
from tests.browser.conftest import PHONE, Screen, looks
from tests.cast import PASSWORD, Cast
from tests.codes import read
from tests.post import PostOffice
from tests.stories.link_steps import make

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(), indirect=True)]


@pytest.fixture
def signed_in(cast: Cast, post: PostOffice, screen: Screen, look: Any) -> Cast:
    """Eve, who may enter the admin service and no more, has signed in; everybody speaks the look's language."""
    Account.objects.update(language=look[1])
    screen.sign_in(cast.eve.address, PASSWORD)
    return cast


def code_on_screen(screen: Screen) -> list[str]:
    """Return what the code says, as a camera before the screen would read it."""
    return read(Image.open(io.BytesIO(screen.page.locator("img.qr").screenshot())))


def test_a_link_is_made_shared_and_withdrawn(signed_in: Cast, screen: Screen, look: Any) -> None:
    page = screen.page
    screen.open(signed_in.at("admin/links/"))
    page.locator(".empty .button").click()
    page.wait_for_url("**/new/")
    screen.check()
    page.locator("#id_most_uses").fill("0")
    page.locator("button[data-kind=primary]:visible").click()
    page.wait_for_selector("#id_name_error")
    screen.check()
    assert page.evaluate("document.activeElement.id") == "id_name", "the first field with an error has the focus"
    page.locator("#id_name").fill("2026 겨울 채용")
    page.locator("#id_most_uses").fill("120")
    page.locator("button[data-kind=primary]:visible").click()
    page.wait_for_selector("#address")
    screen.check()
    link = InviteLink.objects.get()
    assert page.locator("#address").inner_text() == ways.address_of(link)
    assert code_on_screen(screen) == [ways.address_of(link)]
    line = page.locator("a[href*='line.me']:visible")
    assert line.count() == 1
    expected = "https://line.me/R/share?" if look[0] == PHONE else "https://social-plugins.line.me/lineit/share?"
    assert str(line.get_attribute("href")).startswith(expected)
    screen.open(signed_in.at(f"admin/links/{link.uid}/act/withdraw/"))
    page.locator("button[data-kind=danger-final]").click()
    page.wait_for_selector(".state[data-state=removed]")
    screen.check()
    assert page.locator("#address").count() == 0


def test_every_page_of_a_link_is_read_by_everybody(signed_in: Cast, screen: Screen) -> None:
    link = make(signed_in, needs_approval=True, most_uses=10, domains=["hanbitsoft.co.kr"])
    funnel.count(link, "opened", "started", "verified", "asked", "joined")
    for somebody in (signed_in.yuki, signed_in.minjun):
        ledger.enter(link, somebody.member, new_account=True)
    over = make(signed_in, name="Over")
    InviteLink.objects.filter(pk=over.pk).update(expires_at=clock.now() - timedelta(days=1))
    own = f"admin/links/{link.uid}/"
    for path in ("admin/links/", "admin/links/?state=expired", "admin/links/?state=withdrawn", own, f"{own}edit/"):
        screen.open(signed_in.at(path))
    screen.open(signed_in.at(f"{own}?language=ja#words"))
    for step in ("pause", "renew", "withdraw"):
        screen.open(signed_in.at(f"{own}act/{step}/"))
    screen.open(signed_in.at(f"admin/links/{over.uid}/"))


def test_on_a_phone_the_current_state_is_seen_and_a_long_name_leaves_room(signed_in: Cast, screen: Screen) -> None:
    link = make(signed_in, name="2026 겨울 신입 및 경력 사원 채용을 위한 서울·부산·대전 지사 공용 초대 링크")
    InviteLink.objects.filter(pk=link.pk).update(withdrawn_at=clock.now())
    screen.open(signed_in.at("admin/links/?state=withdrawn"))
    width = screen.page.viewport_size["width"]  # type: ignore[index]
    chip = screen.page.locator(".chips [aria-current]").last.bounding_box()
    assert chip and chip["x"] >= 0 and chip["x"] + chip["width"] <= width, chip
    screen.open(signed_in.at(f"admin/links/{link.uid}/"))
    head, state = (screen.page.locator(f".pagehead {part}").bounding_box() for part in ("h1", ".state"))
    assert head and state and head["height"] < 80, "at most two lines"
    assert width - state["x"] - state["width"] >= 20, "the margin of the page"


def test_the_poster_fits_one_sheet_and_its_code_is_read(signed_in: Cast, screen: Screen) -> None:
    link = make(signed_in)
    for language in ("ko", "en", "ja"):
        screen.open(signed_in.at(f"admin/links/{link.uid}/poster/?language={language}"))
        assert code_on_screen(screen) == [ways.address_of(link)]
    sheets = screen.page.pdf(prefer_css_page_size=True)
    assert sheets.count(b"/Type /Page\n") == 1 and b"/MediaBox [0 0 594.95996 841.91998]" in sheets, "one sheet of A4"


def test_the_share_sheet_of_the_system_gets_the_message(signed_in: Cast, screen: Screen) -> None:
    link = make(signed_in)
    screen.page.add_init_script(
        "navigator.share = async (given) => { window.shared = given; };"
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (t) => { window.copied = t; } } });"
    )
    screen.open(signed_in.at(f"admin/links/{link.uid}/"))
    screen.page.locator("[data-share=message]").click()
    assert ways.address_of(link) in screen.page.evaluate("window.shared.text")
    screen.page.locator("[data-copy=address]").click()
    assert screen.page.evaluate("window.copied") == ways.address_of(link)
