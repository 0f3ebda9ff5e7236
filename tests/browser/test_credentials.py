"""IDs and passwords in Chromium: K11, K12, K13, N3, N4, N8, N11, N14 and the second factor, at 390 and 1280 px."""

import re
from typing import Any

import pyotp
import pytest

from dure.accounts.models import Account, ActivationCode
from dure.core import clock
from dure.members.models import Change, Member
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, invited

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(2), indirect=True)]
TYPED = "five copper kettles hum"


@pytest.fixture
def spoken(cast: Cast, look: Any) -> Cast:
    """The cast, all speaking the look's language."""
    Account.objects.update(language=look[1])
    return cast


def save(screen: Screen) -> None:
    """Press the one *Save* that is on the screen."""
    saves = [button for button in screen.page.locator(".sheet button[data-kind=primary]").all() if button.is_visible()]
    assert len(saves) == 1
    saves[0].click()


def registers(screen: Screen, cast: Cast, method: str, password: str = "") -> None:
    """Minjun registers 정하은 with one of the three password methods."""
    page = screen.page
    screen.sign_in(cast.minjun.address, PASSWORD)
    screen.open(cast.at("admin/members/register/"))
    for field in ("family_name", "given_name", "id"):
        page.fill(f"#id_{field}", HARU[field])
    page.check(f"input[name=method][value={method}]")
    if password:
        page.fill("#id_password", password)
    screen.check()
    save(screen)
    page.wait_for_selector(".slip:visible")
    screen.check()


def starts(screen: Screen, password: str) -> None:
    """정하은 signs in with what was handed over, and sets a password of her own."""
    page = screen.page
    page.context.clear_cookies()
    screen.open("/sign-in/")
    page.fill("#id_id", HARU["id"])
    page.fill("#id_password", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/first-password/")
    screen.check()
    screen.picture("first-password")
    page.fill("#id_new_password", password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_new_password_error")
    screen.check()
    page.fill("#id_new_password", NEW_PASSWORD)
    page.click("form .button[data-kind=primary]")
    page.wait_for_url("**/w/**")
    screen.check()


def test_n3_n8_a_generated_password_is_shown_copied_printed_and_used(
    spoken: Cast, post: PostOffice, screen: Screen
) -> None:
    page = screen.page
    registers(screen, spoken, "generate")
    screen.picture("handing-over")
    password = page.locator("#secret").inner_text()
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", password)
    page.click("details.unfold summary")
    message = page.locator("#message").inner_text()
    assert password in message and HARU["id"] in message and "/sign-in/" in message and "/how-to-start/" in message
    line = page.locator("a[href^='https://line.me']").get_attribute("href")
    assert line and password not in line and HARU["id"] not in line
    page.emulate_media(media="print")
    assert page.locator(".printsheet img.qr").is_visible() and not page.locator(".slip").is_visible()
    page.emulate_media(media="screen")
    page.click("form[action$='/handing-over/mail/'] button")
    page.wait_for_selector(".panel:visible")
    assert password in post.last_to(HARU["id"]).text
    starts(screen, password)


def test_n4_a_typed_password_is_checked_and_used(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/members/register/"))
    for field in ("family_name", "given_name", "id"):
        page.fill(f"#id_{field}", HARU[field])
    page.check("input[name=method][value=admin]")
    page.fill("#id_password", "password1234")
    save(screen)
    page.wait_for_selector("#id_password_error")
    screen.check()
    assert page.input_value("#id_family_name") == HARU["family_name"], "what was typed stays"
    page.fill("#id_password", TYPED)
    save(screen)
    page.wait_for_selector(".slip:visible")
    assert page.locator("#secret").inner_text() == TYPED
    starts(screen, TYPED)


def test_n14_send_again_to_one_and_to_those_chosen(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    handed_a_password(spoken)
    handed_a_password(spoken, id="dain.park@hanbitsoft.co.kr", family_name="박", given_name="다인")
    ActivationCode.objects.update(expires_at=clock.now())
    Member.objects.filter(state="registered").update(deadline_at=clock.now())
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/members/?state=expired"))
    screen.picture("deadline-passed")
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.click(".selection-bar button[formaction$='/again/']")
    page.wait_for_url("**/again/**")
    screen.check()
    screen.picture("again")
    page.check("input[name=method][value=generate]")
    save(screen)
    page.wait_for_url("**/handing-over/")
    screen.check()
    assert page.locator("output.secret-small").count() == 2
    screen.open(spoken.at("admin/members/?state=expired"))
    assert page.locator("tbody tr").count() == 0


def test_n11_details_are_changed_and_the_history_tells_before_and_after(
    spoken: Cast, post: PostOffice, screen: Screen
) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at(f"admin/members/{spoken.yuki.member.uid}/"))
    screen.press(".panel a[href$='/edit/']")
    screen.picture("edit")
    page.fill("#id_nickname", "ゆき")
    page.fill("#id_mobile_phone", "ring twice")
    save(screen)
    page.wait_for_selector("#id_mobile_phone_error")
    screen.check()
    assert page.input_value("#id_nickname") == "ゆき"
    page.fill("#id_mobile_phone", "+81 90-1234-5678")
    save(screen)
    page.wait_for_selector(".panel:visible .timeline ins")
    screen.check()
    screen.picture("changed")
    assert "ゆき" in page.locator(".panel .timeline").first.inner_text()
    assert Change.objects.filter(member=spoken.yuki.member).count() == 2


def test_k11_k13_on_a_signed_in_device_more_leads_to_the_id(spoken: Cast, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.yuki.address, PASSWORD)
    screen.open(spoken.at("more/"))
    page.click("main a[href='/workspaces/']")
    page.wait_for_url("**/workspaces/")
    screen.check()
    screen.picture("my-workspaces")
    top = page.locator("main .idline").bounding_box()
    first = page.locator("main .rows li").first.bounding_box()
    assert top and first and top["y"] < first["y"], "the ID stands above the workspaces"
    assert page.locator("main .idline strong").inner_text().replace("\n", "") == spoken.yuki.address
    assert page.locator("main .idline small").is_visible(), "K13: tied to no messenger account"


def test_k12_i_dont_know_my_id_lists_by_a_code_and_asks_the_password(
    spoken: Cast, post: PostOffice, screen: Screen
) -> None:
    page = screen.page
    screen.open("/sign-in/")
    screen.press("a[href='/find/']")
    screen.picture("find")
    page.fill("#id_id", spoken.yuki.address)
    page.click("button[name=way][value=code]")
    page.wait_for_url("**/find/*/")
    screen.check()
    screen.picture("code")
    found = re.search(r"\b\d{6}\b", post.last_to(spoken.yuki.address).text)
    assert found
    page.fill("#id_code", found[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/list/")
    screen.check()
    screen.picture("listed")
    assert spoken.yuki.address in page.locator("main").inner_text().replace("\n", "")
    screen.press("main a[href^='/sign-in/']")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")


def test_a_second_factor_is_set_up_and_asked_for(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.yuki.address, PASSWORD)
    screen.open("/account/")
    screen.picture("account")
    screen.open("/account/factor/")
    screen.picture("factor")
    key = page.locator("output.secret-small").inner_text().replace(" ", "").replace("\n", "")
    page.fill("#id_code", "000000")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_code_error")
    screen.check()
    page.fill("#id_code", pyotp.TOTP(key).now())
    page.keyboard.press("Enter")
    page.wait_for_selector("#codes")
    screen.check()
    screen.picture("spare-codes")
    spare = page.locator("#codes").inner_text().split()
    assert len(spare) == 10
    screen.open("/account/factor/change/")
    page.context.clear_cookies()
    page.goto(screen.server + "/sign-in/")
    page.fill("#id_id", spoken.yuki.address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in/second/")
    screen.check()
    screen.picture("second-factor")
    page.fill("#id_code", spare[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")
    screen.check()


def test_the_admin_pages_around_ids_and_passwords(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    invited(spoken, post)
    screen.sign_in(spoken.sora.address, PASSWORD)
    for path in ("admin/", "admin/administrators/", f"admin/administrators/{spoken.eve.member.uid}/", "admin/help/"):
        screen.open(spoken.at(path))
    screen.picture("rights")
    screen.open(spoken.at("admin/administrators/rescue-codes/"))
    screen.press("form .button[data-kind=primary]")
    screen.picture("rescue-codes")
    for path in ("/rescue/", "/how-to-start/", "/find/asked/", "/account/confirm/"):
        screen.open(path)
