"""Join requests in Chromium at both sizes: the applicant's page, choosing, refusing, approving, the welcome."""

from typing import Any

import pytest

from dure.accounts.models import Account
from dure.joining.models import JoinRequest
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.joining.asking import NORA, asked_to_join, asks, signed_up
from tests.post import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(2), indirect=True)]


@pytest.fixture
def waiting(cast: Cast, look: Any) -> list[JoinRequest]:
    """Nora and Tom wait; everybody speaks the look's language."""
    nora = asked_to_join(cast, message="I start in marketing on Monday.")
    tom = asks(signed_up("tom@outside.example"), nora.link, family_name="Berger", given_name="Tom")
    Account.objects.update(language=look[1])
    return [nora, tom]


def sign_in(screen: Screen, address: str) -> None:
    """Sign in whoever may have no place yet."""
    page = screen.page
    page.context.clear_cookies()
    screen.open("/sign-in/")
    page.fill("#id_id", address)
    page.fill("#id_password", PASSWORD)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    screen.check()


def refuse(screen: Screen, request: JoinRequest) -> None:
    """Choose a request in the list and refuse it, with a reason."""
    page = screen.page
    bar = page.locator(".selection-bar")
    assert bar.locator("[name='everybody']").is_visible() and not bar.locator("[value='ask_reason']").is_visible()
    screen.check()
    page.check(f"[value='{request.uid}']")
    assert "1" in bar.locator("[data-count]").inner_text()
    page.check("[name='everybody']")
    assert "2" in bar.locator("[data-count]").inner_text(), "all that wait have a number too"
    page.uncheck("[name='everybody']")
    screen.check()
    with page.expect_navigation():
        bar.locator("[value='ask_reason']").click()
    screen.check()
    page.fill("#id_reason", "We do not know you yet.")
    screen.picture("refuse")
    screen.press("button[value='refuse']")


def test_waiting_refused_and_let_in(cast: Cast, post: PostOffice, screen: Screen, waiting: list[JoinRequest]) -> None:
    page, (nora, tom) = screen.page, waiting
    sign_in(screen, NORA)
    screen.picture("own-requests")
    page.click(f"a[href$='/{nora.uid}/']")
    page.wait_for_url("**/workspaces/requests/**")
    page.click("details.unfold summary")
    screen.check()
    screen.picture("waiting-for-approval")
    sign_in(screen, cast.minjun.address)
    screen.open(cast.at("admin/join-requests/"))
    refuse(screen, tom)
    page.click(f"a[href$='/{nora.uid}/']")
    page.wait_for_url("**/join-requests/*/")
    page.click("details.unfold summary")
    screen.check()
    screen.picture("join-request")
    screen.press("button[value='approve']")
    for state in ("waiting", "approved", "refused", "run_out"):
        screen.open(cast.at(f"admin/join-requests/?state={state}"))
    sign_in(screen, "tom@outside.example")
    screen.open(f"/workspaces/requests/{tom.uid}/")
    screen.picture("refused")
    sign_in(screen, NORA)
    screen.open(f"/workspaces/requests/{nora.uid}/")
    page.click("details.unfold summary")
    screen.check()
    screen.picture("approved")
    with page.expect_navigation():
        page.click("main a[data-kind='primary']")
    assert f"/w/{cast.hanbit.uid}/" in page.url
