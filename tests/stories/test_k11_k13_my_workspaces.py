"""K11: More (…) › Sign out and switch workspace › My workspaces shows the ID on top. K13: an account of its own.

Two workspaces in two tabs never mix.
"""

from datetime import timedelta

import pytest

from dure.core import clock
from dure.members.actions.suspending import suspend
from dure.members.models import DeviceUse, Member
from tests.cast import Cast
from tests.index import renew


def also_at_fernweh(cast: Cast) -> Member:
    """Make Yuki a member of Fernweh too."""
    member = Member.objects.create(
        workspace=cast.fernweh, account=cast.yuki.account, family_name="Tanaka", given_name="Yuki",
        name_language="en", sort_key="tanaka yuki", state="active",
        registered_at=clock.now(), activated_at=clock.now(),
    )  # fmt: skip
    renew(member.account_id)
    return member


def test_yuki_finds_the_id_on_a_signed_in_device(cast: Cast) -> None:
    browser = cast.yuki.browser()
    page = browser.follow(browser.open(cast.at("more/")), "Sign out and switch workspace")
    assert page.path == "/workspaces/"
    assert page.text.index(cast.yuki.address) < page.text.index("한빛소프트"), "the ID on top"
    assert "tied to no messenger account" in page.text
    assert browser.press(page, "Sign out").path == "/sign-in/"


def test_both_workspaces_are_listed_with_their_states_and_stay_apart(cast: Cast) -> None:
    also_at_fernweh(cast)
    browser = cast.yuki.browser()
    page = browser.open("/workspaces/")
    assert "한빛소프트" in page.text and "Fernweh" in page.text
    first, second = browser.open(cast.at()), browser.open(f"/w/{cast.fernweh.uid}/")
    assert "한빛소프트" in first.text and "Fernweh" in second.text
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    assert browser.open(cast.at()).path == "/workspaces/"
    assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200, "the other workspace's session is alive"
    assert "suspended" in browser.open("/workspaces/").text


def test_a_newcomer_with_several_workspaces_is_welcomed_in_the_new_one_and_only_once(cast: Cast) -> None:
    also_at_fernweh(cast)
    browser = cast.yuki.browser()
    page = browser.open("/workspaces/")
    assert page.text.count("· new") == 1 and "?welcome" not in browser.follow(page, "한빛소프트").path
    came = browser.follow(page, "Fernweh")
    assert came.path == f"/w/{cast.fernweh.uid}/?welcome" and "You are in: Fernweh" in came.text
    page = browser.open("/workspaces/")
    assert "· new" not in page.text and browser.follow(page, "Fernweh").path == f"/w/{cast.fernweh.uid}/"


@pytest.mark.parametrize("ago", [{"activated_at": 20}, {"activated_at": 50, "starts_at": 20}], ids=["approved", "day"])
def test_whoever_comes_weeks_after_an_approval_or_their_first_day_is_welcomed_too(
    cast: Cast, ago: dict[str, int]
) -> None:
    member, at = also_at_fernweh(cast), clock.now()
    Member.objects.filter(pk=member.pk).update(**{name: at - timedelta(days=days) for name, days in ago.items()})
    browser = cast.yuki.browser()
    switched = browser.open(f"/workspaces/others/?here={cast.hanbit.uid}")
    assert browser.follow(switched, "Fernweh").path == f"/w/{cast.fernweh.uid}/?welcome"
    assert "You are in" in browser.open(f"/w/{cast.fernweh.uid}/?welcome").text, "for a day from then on"
    DeviceUse.objects.filter(member=member).update(first_at=at - timedelta(days=2))
    assert "You are in" not in browser.open(f"/w/{cast.fernweh.uid}/?welcome").text


def test_whoever_was_here_for_long_is_not_welcomed_after_their_devices_are_gone(cast: Cast) -> None:
    Member.objects.filter(pk=also_at_fernweh(cast).pk).update(activated_at=clock.now() - timedelta(days=31))
    browser = cast.yuki.browser()
    page = browser.follow(browser.open("/workspaces/"), "Fernweh")
    assert page.path == f"/w/{cast.fernweh.uid}/"
    assert "You are in" not in browser.open(f"/w/{cast.fernweh.uid}/?welcome").text
