"""The first journey in Chromium: N0, K4, N1, N2, N5, K5, K9, K10, at 390 and 1280 px."""

from typing import Any

import pytest
from django.conf import settings

from dure.accounts.models import Account
from dure.joining.actions.founding import issue_set_up_code
from dure.members.models import Member
from tests.browser.conftest import PHONE, Screen, looks
from tests.cast import PASSWORD, Cast, join
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(2), indirect=True)]


@pytest.fixture
def spoken(cast: Cast, look: Any) -> Cast:
    """The cast, all speaking the look's language."""
    Account.objects.update(language=look[1])
    return cast


def added(name: str, language: str) -> str:
    """Return the sentence that says somebody was added."""
    return {"en": f"{name} has been added", "ko": f"{name} 님을 추가했습니다", "ja": f"{name}さんを追加しました"}[
        language
    ]


def test_n1_n2_k4_the_way_from_home_to_has_been_added(
    spoken: Cast, post: PostOffice, screen: Screen, look: Any
) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.picture("home")
    screen.press(f"a[href$='/w/{spoken.hanbit.uid}/admin/members/']")
    screen.picture("members")
    screen.press(".pagehead .button[data-kind=primary]")
    for field in ("family_name", "given_name", "id"):
        page.fill(f"#id_{field}", HARU[field])
    saves = [button for button in page.locator(".sheet button[data-kind=primary]").all() if button.is_visible()]
    assert len(saves) == 1, "one Save is on the screen"
    box, height = saves[0].bounding_box(), page.viewport_size["height"]
    assert box is not None
    if look[0] == PHONE:
        assert box["y"] < 60 and box["x"] + box["width"] > 340, "N1: Save at the top right"
    else:
        assert box["y"] > height - 80, "N2: Save at the bottom"
    assert box["height"] >= 44
    screen.picture("register")
    saves[0].click()
    page.wait_for_selector(".panel:visible")
    screen.check()
    assert added("정하은", look[1]) in page.content()
    assert page.locator(".idline:visible").first.inner_text().replace("\n", "").count(HARU["id"]) == 1
    assert Member.objects.filter(given_name="하은").count() == 1
    assert post.last_to(HARU["id"])


def test_k5_k9_link_button_password_start_and_in(spoken: Cast, post: PostOffice, screen: Screen, look: Any) -> None:
    mail = invited(spoken, post, language=look[1])
    page = screen.page
    screen.open(mail.link.removeprefix(settings.DURE["PUBLIC_URL"]))
    screen.picture("link")
    screen.press("a.button[data-kind=primary]")
    page.fill("#id_new_password", "short")
    page.keyboard.press("Enter")
    page.wait_for_selector("#id_new_password_error")
    screen.check()
    assert page.evaluate("document.activeElement.id") == "id_new_password", "the focus is on the field with the error"
    screen.picture("password")
    page.fill("#id_new_password", NEW_PASSWORD)
    page.click("form .button[data-kind=primary]")
    page.wait_for_url(f"**/w/{spoken.hanbit.uid}/?welcome")
    screen.check()
    screen.picture("welcome")
    welcome = post.last_to(HARU["id"])
    assert "한빛소프트" in welcome.subject
    page.set_content(welcome.part("html"))
    screen.picture("letter")


def test_k10_search_as_you_type_and_one_persons_panel(spoken: Cast, screen: Screen) -> None:
    for number in range(60):
        join(spoken.hanbit, f"person{number}@hanbitsoft.co.kr", "김", f"하나{number}")
    page = screen.page
    screen.sign_in(spoken.sora.address, PASSWORD)
    screen.open(spoken.at("admin/members/"))
    page.locator("#q").press_sequentially("ㄱㅎㄴ", delay=20)
    page.wait_for_function("document.querySelectorAll('#member-list tbody tr').length === 50")
    page.fill("#q", "yuki.t")
    page.wait_for_function("document.querySelectorAll('#member-list tbody tr').length === 1")
    assert "q=yuki.t" in page.url
    page.click("#member-list tbody a")
    page.wait_for_url("**/admin/members/*/**")
    screen.check()
    screen.picture("person")
    assert page.locator(".panel").is_visible()


def test_n0_first_run(transactional_db: Any, post: PostOffice, screen: Screen, look: Any) -> None:
    page = screen.page
    screen.open("/")
    assert page.url.endswith("/first-run/")
    screen.picture("first-run")
    for field, value in {
        "code": issue_set_up_code(), "workspace_name": "한빛소프트", "family_name": "한", "given_name": "소라",
        "id": "sora.han@hanbitsoft.co.kr", "password": NEW_PASSWORD,
    }.items():  # fmt: skip
        page.fill(f"#id_{field}", value)
    page.click("form .button[data-kind=primary]")
    page.wait_for_url("**/admin/members/")
    screen.check()
    screen.picture("first-co-workers")
    assert page.locator(".empty a[href$='/register/']").is_visible()


def test_n5_and_the_pages_around(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    invited(spoken, post, private_address="haeun@home.example", send_to="private")
    screen.open("/reset/")
    screen.open("/reset/asked/")
    screen.open("/nothing-here/")
    screen.open(f"/link/{'n' * 22}/")
    screen.sign_in(spoken.minjun.address, PASSWORD)
    for path in ("admin/mail/", "admin/", "more/", "admin/members/?state=registered", "admin/members/?q=nobody-at-all"):
        screen.open(spoken.at(path))
    screen.picture("nobody")
    screen.open(f"{spoken.at('admin/members/')}{Member.objects.get(given_name='하은').uid}/")
    screen.picture("waiting")
    screen.open("/workspaces/")
    screen.picture("workspaces")
    screen.open("/account/password/")


def test_who_has_an_account_elsewhere_is_asked_and_accepts(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/invitations/"))
    screen.open(spoken.at("admin/members/register/"))
    for field, value in {"family_name": "Meyer", "given_name": "Alex", "id": spoken.alex.address}.items():
        page.fill(f"#id_{field}", value)
    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/invitations/")
    screen.check()
    page.click("#main tbody a")
    page.wait_for_selector("a[href*='alone=1']")
    screen.check()
    page.context.clear_cookies()
    link = post.last_to(spoken.alex.address).link.removeprefix(settings.DURE["PUBLIC_URL"])
    screen.open(link)
    page.click("button[value=account]")
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/invitation/")
    screen.check()
    screen.picture("invitation")
    screen.open("/workspaces/")
    screen.picture("waits")
    screen.open(link)
    page.click("button[value=accept]")
    page.wait_for_url(f"**/w/{spoken.hanbit.uid}/?welcome")
    screen.check()
    screen.open(link)


def test_the_form_is_usable_by_keyboard_alone(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/members/register/"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none" or page.evaluate("document.activeElement === document.body"), "the focus can be seen"
    assert {"id_family_name", "id_given_name", "id_id", "id_private_address"} <= reached
    page.locator("#id_family_name").focus()
    page.keyboard.type("정")
    page.keyboard.press("Tab")
    page.keyboard.type("하은")
    page.keyboard.press("Tab")
    page.keyboard.type(HARU["id"])
    page.keyboard.press("Enter")
    page.wait_for_selector(".panel:visible")
    assert Member.objects.filter(given_name="하은").exists()


def test_without_a_mail_server_the_link_is_shown_once(spoken: Cast, no_post: None, screen: Screen) -> None:
    page = screen.page
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/members/register/"))
    for field in ("family_name", "given_name", "id"):
        page.fill(f"#id_{field}", HARU[field])
    page.keyboard.press("Enter")
    page.wait_for_selector(".slip:visible")
    screen.check()
    screen.picture("slip")
    page.reload()
    assert page.locator(".slip").count() == 0


def test_no_page_breaks_its_own_policy(spoken: Cast, post: PostOffice, chromium: Any, screen: Screen) -> None:
    """The content security policy refuses inline styles and scripts; no page tries one."""
    context = chromium.new_context()
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text) if message.type in ("error", "warning") else None)
    mail = invited(spoken, post)
    page.goto(screen.server + "/sign-in/")
    page.fill("#id_id", spoken.minjun.address)
    page.fill("#id_password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/w/**")
    own = ("", "more/", "admin/", "admin/members/", "admin/members/register/", "admin/mail/")
    link = mail.link.removeprefix(settings.DURE["PUBLIC_URL"])
    for path in [*map(spoken.at, own), "/workspaces/", "/reset/", link]:
        page.goto(screen.server + path)
    page.goto(screen.server + spoken.at("admin/members/"))
    page.fill("#q", "yuki")
    page.wait_for_url("**q=yuki**")
    context.close()
    assert heard == []
