"""K6: a member asks to leave, and an admin with *Member management* removes them; within the window they come back."""

from datetime import timedelta

import pytest

from dure.core import clock
from dure.members import rules
from dure.members.actions.turning import turn_due
from dure.members.models import Grant, Member
from dure.members.pending import LeaveRequest
from dure.members.rules import State
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.visitor import Page, Visitor


def preview(cast: Cast, browser: Visitor, step: str, *people: Person) -> Page:
    """Open the page that says what a step would do."""
    chosen = "&".join(f"member={one.member.uid}" for one in people)
    return browser.open(cast.at(f"admin/members/act/{step}/?{chosen}"))


def state_of(somebody: Person) -> State:
    """Return what somebody is now."""
    return rules.state_of(Member.objects.get(pk=somebody.member.pk))


def ask(cast: Cast, somebody: Person, message: str = "") -> Page:
    """Ask to leave under *More*."""
    browser = somebody.browser()
    page = browser.follow(browser.open(cast.at("more/")), "Leave this workspace")
    return browser.fill_in(page, message=message)


def test_yuki_asks_and_minjun_removes_her(cast: Cast, post: PostOffice) -> None:
    yuki = cast.yuki.browser()
    page = ask(cast, cast.yuki, "I move to Sapporo.")
    assert "Your admins have your request" in page.text and "I move to Sapporo." in page.text
    assert "An admin approves it" in yuki.open(cast.at("leave/")).text
    mail = post.last_to(cast.minjun.address)
    assert "asks to leave 한빛소프트" in mail.subject and "I move to Sapporo." in mail.text
    minjun = cast.minjun.browser()
    page = minjun.follow(minjun.open(cast.at("admin/members/")), "Leave requests")
    assert "I move to Sapporo." in page.text
    page = minjun.follow(page, "Approve…")
    for words in ("What ends", "Access to this workspace", "What stays", "restored until", "Remove 田中 雪"):
        assert words in page.text, words
    page = minjun.fill_in(page, on="", reason="moves away")
    assert "田中 雪 is removed." in page.text and "moves away" in page.text
    assert yuki.open(cast.at()).status == 404 and yuki.open("/workspaces/").status == 200
    assert "한빛소프트" not in yuki.open("/workspaces/").text
    assert "You were removed from 한빛소프트" in post.last_to(cast.yuki.address).subject
    assert LeaveRequest.objects.get().approved_at is not None
    assert "approved" in minjun.open(cast.at("admin/leave-requests/?state=answered")).text
    assert cast.yuki.address not in minjun.open(cast.at("admin/members/")).text
    assert cast.yuki.address in minjun.open(cast.at("admin/members/?state=removed")).text


def test_minjun_approves_with_a_day_and_the_clock_does_the_rest(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(cast, cast.yuki)
    minjun, day = cast.minjun.browser(), (clock.now() + timedelta(days=3)).date()
    page = minjun.fill_in(preview(cast, minjun, "remove", cast.yuki), on=day.isoformat())
    assert "on the day you chose" in page.text and "Call off the removal…" in page.text
    told = post.last_to(cast.yuki.address)
    assert told.subject == "Your request to leave 한빛소프트 was approved" and "You leave 한빛소프트 on" in told.text
    browser = cast.yuki.browser()
    assert "You leave 한빛소프트 on" in browser.open(cast.at("leave/")).text
    late = clock.now() + timedelta(days=5)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert browser.open(cast.at()).status == 404, "by the date alone, before the worker came by"
    assert state_of(cast.yuki) is State.REMOVED
    assert turn_due() == 1 and turn_due() == 0
    assert Member.objects.get(pk=cast.yuki.member.pk).state == "removed"
    assert "You were removed" in post.last_to(cast.yuki.address).subject


def test_the_removal_is_called_off_in_time(cast: Cast, post: PostOffice) -> None:
    minjun, day = cast.minjun.browser(), (clock.now() + timedelta(days=3)).date()
    minjun.fill_in(preview(cast, minjun, "remove", cast.yuki), on=day.isoformat(), reason="by mistake")
    page = minjun.press(preview(cast, minjun, "cancel-removal", cast.yuki), "Keep 田中 雪")
    assert "田中 雪 stays." in page.text
    member = Member.objects.get(pk=cast.yuki.member.pk)
    assert (member.removed_at, member.turns_at, member.removal_reason) == (None, None, "")


def test_a_request_waits_on_home_and_names_the_id(cast: Cast, post: PostOffice) -> None:
    ask(cast, cast.yuki)
    minjun = cast.minjun.browser()
    page = minjun.follow(minjun.open(cast.at()), "1 asks to leave")
    assert page.path == cast.at("admin/leave-requests/") and cast.yuki.address in page.text
    assert "to answer" not in cast.eve.browser().open(cast.at()).text, "she may not answer it"
    minjun.fill_in(page, answer="Let us talk on Monday first.")
    assert "to answer" not in minjun.open(cast.at()).text


def test_a_preview_names_the_ids_and_leads_back_to_the_view_it_came_from(cast: Cast, post: PostOffice) -> None:
    browser, both = cast.minjun.browser(), (cast.yuki, cast.eve)
    chosen = "&".join(f"member={one.member.uid}" for one in both)
    page = browser.open(cast.at(f"admin/members/act/suspend/?state=active&q=han&{chosen}"))
    assert all(one.address in page.text for one in both)
    back = cast.at("admin/members/?q=han&state=active")
    assert page.link("Cancel") == back
    page = browser.press(page, "Suspend 2 people")
    assert page.path == back and "2 people are suspended." in page.text


def test_erased_at_once_leads_to_the_list_and_not_to_a_page_that_is_gone(cast: Cast, post: PostOffice) -> None:
    browser = cast.sora.browser()
    browser.press(preview(cast, browser, "remove", cast.yuki), "Remove 田中 雪")
    page = browser.press(preview(cast, browser, "erase", cast.yuki), "Erase 田中 雪")
    assert page.path == cast.at("admin/members/") and "田中 雪 is being erased." in page.text


def test_minjun_declines_with_a_sentence(cast: Cast, post: PostOffice) -> None:
    ask(cast, cast.yuki)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at("admin/leave-requests/"))
    assert "Write a sentence" in minjun.fill_in(page, answer=" ").text
    page = minjun.fill_in(page, answer="Let us\x00 talk\u202e on Monday first.")
    assert "They stay" in page.text and "No requests" in page.text
    mail = post.last_to(cast.yuki.address)
    assert "Let us talk on Monday first." in mail.text and "still a member" in mail.text
    assert state_of(cast.yuki) is State.ACTIVE
    assert "Ask to leave" in cast.yuki.browser().open(cast.at("leave/")).text, "she may ask again"


def test_yuki_thinks_better_of_it(cast: Cast, post: PostOffice) -> None:
    ask(cast, cast.yuki)
    browser = cast.yuki.browser()
    page = browser.press(browser.open(cast.at("leave/")), "Withdraw the request")
    assert "withdrawn" in page.text and "Ask to leave" in page.text
    assert "No requests" in cast.minjun.browser().open(cast.at("admin/leave-requests/")).text


def test_asking_twice_is_one_request(cast: Cast, post: PostOffice) -> None:
    browser = cast.yuki.browser()
    page = browser.open(cast.at("leave/"))
    browser.fill_in(page, message="one")
    assert "You have asked already" in browser.fill_in(page, message="two").text
    assert LeaveRequest.objects.get().message == "one"


def test_the_last_super_admin_is_told_about_closing(cast: Cast, post: PostOffice) -> None:
    page = cast.sora.browser().open(cast.at("leave/"))
    assert "the workspace is closed instead" in page.text and "Ask to leave" not in page.text


def test_removed_and_restored_with_everything_as_it_was(cast: Cast, post: PostOffice) -> None:
    sora, eve = cast.sora.browser(), cast.eve.browser()
    page = sora.press(preview(cast, sora, "remove", cast.eve), "Remove Eve Adler")
    assert "Restore…" in page.text and Grant.objects.filter(member=cast.eve.member).exists()
    assert eve.open(cast.at("admin/")).status == 404
    assert "Eve Adler" not in sora.open(cast.at("admin/administrators/")).text
    page = sora.follow(page, "Restore…")
    assert "What comes back" in page.text
    page = sora.press(page, "Restore Eve Adler")
    assert "Eve Adler is restored." in page.text
    assert eve.open(cast.at("admin/")).status == 200, "her rights are back, and no workspace signs anybody out"
    assert "You were restored" in post.last_to(cast.eve.address).subject


def test_registering_a_removed_id_offers_the_restore(cast: Cast, post: PostOffice) -> None:
    minjun = cast.minjun.browser()
    minjun.press(preview(cast, minjun, "remove", cast.yuki), "Remove")
    page = minjun.open(cast.at("admin/members/register/"))
    page = minjun.fill_in(page, family_name="田中", given_name="雪", id=cast.yuki.address)
    assert "member who was removed" in page.error_beside("id")
    page = minjun.press(minjun.follow(page, "Restore…"), "Restore 田中 雪")
    assert state_of(cast.yuki) is State.ACTIVE


def test_suspended_on_leave_and_back(cast: Cast, post: PostOffice) -> None:
    minjun, yuki = cast.minjun.browser(), cast.yuki.browser()
    page = minjun.press(preview(cast, minjun, "suspend", cast.yuki), "Suspend 田中 雪")
    assert "is suspended" in page.text and yuki.open(cast.at()).path == "/workspaces/"
    assert "You were suspended" in post.last_to(cast.yuki.address).subject
    minjun.press(preview(cast, minjun, "resume", cast.yuki), "Resume 田中 雪")
    assert yuki.open(cast.at()).status == 200
    last = (clock.now() + timedelta(days=9)).date().isoformat()
    page = minjun.fill_in(preview(cast, minjun, "leave", cast.yuki), first="", until=last)
    assert "on leave" in page.text and yuki.open(cast.at()).path == "/workspaces/"
    mail = post.last_to(cast.yuki.address)
    assert "leave of absence" in mail.subject and "opens by itself" in mail.text
    minjun.press(preview(cast, minjun, "end-leave", cast.yuki), "End")
    assert yuki.open(cast.at()).path == cast.at()


def test_alex_sees_and_moves_nobody_of_another_workspace(cast: Cast, post: PostOffice) -> None:
    alex = cast.alex.browser()
    address = f"/w/{cast.fernweh.uid}/admin/members/act/remove/?member={cast.yuki.member.uid}"
    page = alex.open(address)
    assert "Nobody is chosen" in page.text and "田中" not in page.text
    sent = alex.send(alex.open("/reset/"), address.partition("?")[0], member=cast.yuki.member.uid, count="1", seen="x")
    assert sent.status == 409 and state_of(cast.yuki) is State.ACTIVE
