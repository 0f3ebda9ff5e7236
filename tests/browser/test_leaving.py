"""K6 in Chromium at both sizes: asking, the page before a removal, restoring, and a job that runs on its page."""

from typing import Any

import pytest

from dure.accounts.models import Account
from dure.core import clock
from dure.members.actions import working
from dure.members.models import Member
from dure.members.rules import Step
from dure.members.selecting import Selection
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.members.crowds import crowd_of
from tests.post import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(), indirect=True)]


@pytest.fixture
def spoken(cast: Cast, look: Any) -> Cast:
    """The cast, all speaking the look's language."""
    Account.objects.update(language=look[1])
    return cast


def pressed(screen: Screen) -> None:
    """Press the one button that does it, and look at what comes."""
    screen.press("form.fields button.button >> nth=0")


def test_k6_asked_previewed_removed_and_restored(spoken: Cast, post: PostOffice, screen: Screen) -> None:
    page, act = screen.page, spoken.at("admin/members/act/")
    screen.sign_in(spoken.yuki.address, PASSWORD)
    screen.open(spoken.at("leave/"))
    page.fill("#id_message", "Sapporo")
    pressed(screen)
    page.context.clear_cookies()
    screen.sign_in(spoken.minjun.address, PASSWORD)
    screen.open(spoken.at("admin/leave-requests/"))
    screen.picture("leave-requests")
    for step in ("suspend", "leave"):
        screen.open(f"{act}{step}/?member={spoken.yuki.member.uid}")
    screen.open(f"{act}remove/?everybody=1")
    screen.picture("remove-many")
    screen.open(f"{act}remove/?member={spoken.yuki.member.uid}")
    screen.picture("remove")
    pressed(screen)
    assert not page.locator("a[href*='/act/erase/']").count(), "only for super admins"
    page.click("a[href*='/act/restore/']")
    page.wait_for_url("**/act/restore/**")
    screen.check()
    pressed(screen)
    assert Member.objects.get(pk=spoken.yuki.member.pk).state == "active"
    screen.open(f"{act}suspend/")


def test_a_job_runs_on_while_its_page_is_open(spoken: Cast, no_post: None, screen: Screen) -> None:
    crowd_of(spoken.hanbit, 700)
    chosen = Selection(everybody=True)
    job = working.begin(spoken.sora.actor, step=Step.SUSPEND, selection=chosen, facts={}, seen_at=clock.now())
    working.work(job.pk)
    screen.sign_in(spoken.sora.address, PASSWORD)
    screen.open(spoken.at(f"admin/members/jobs/{job.uid}/"))
    screen.picture("job")
    assert screen.page.locator("#job button").is_visible()
    working.work_for(job, 60)
    screen.page.wait_for_selector("#job:not([hx-get])")
    screen.check()
    assert "703 / 703" in screen.page.inner_text("#job")
