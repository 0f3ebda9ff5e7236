"""Audit and workspace environment in a real browser: accessible, without inline styles, in any colour."""

from typing import Any

import pytest

from dure.accounts.models import Account
from dure.workspaces.models import Workspace
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(), indirect=True)]
PAGES = (
    "admin/audit/",
    "admin/audit/?who=a",
    "admin/audit/?kind=members",
    "admin/workspace/",
    "admin/workspace/security/",
)


@pytest.fixture
def signed_in(cast: Cast, post: PostOffice, screen: Screen, look: Any) -> Cast:
    """Sora has signed in; everybody speaks the look's language."""
    Account.objects.update(language=look[1])
    screen.sign_in(cast.sora.address, PASSWORD)
    return cast


def test_the_trail_and_the_environment_are_read_by_everybody(signed_in: Cast, screen: Screen) -> None:
    for path in PAGES:
        screen.open(signed_in.at(path))
    screen.picture("security")


def test_any_colour_keeps_its_contrast(signed_in: Cast, screen: Screen) -> None:
    for accent in ("ffe100", "c2410c", "1d4ed8", "888888", "000000"):
        Workspace.objects.filter(pk=signed_in.hanbit.pk).update(accent=accent)
        screen.open(signed_in.at("admin/"))
        own = screen.page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()")
        assert own == f"#{accent}"
        screen.open(signed_in.at(f"admin/workspace/colour/?accent=%23{accent[::-1]}"))
        assert screen.page.locator(".sample").count() == 2


def test_a_file_is_taken_along_twice_from_the_same_page(signed_in: Cast, screen: Screen) -> None:
    screen.open(signed_in.at("admin/audit/"))
    for button in ("csv", "jsonl"):
        with screen.page.expect_download() as waited:
            screen.page.click(f"button[value={button}]")
        download: Any = waited.value
        assert download.suggested_filename.endswith(f".{button}")
