"""Policies of a workspace: told what they do before they hold; the strictest workspace holds (PRODUCT.md §5)."""

from datetime import timedelta

import pytest

from dure.accounts.actors import Operator
from dure.accounts.models import Session
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.core.permissions import Permission
from dure.members.actions.administering import grant
from dure.members.actions.leaving import remove
from dure.members.models import Member
from dure.members.policies import session_limits
from dure.workspaces.models import Workspace, WorkspaceChange
from dure.workspaces.policies import POLICIES, values_of
from tests.cast import PASSWORD, Cast, Person
from tests.index import refresh
from tests.post import PostOffice
from tests.stories.steps import handed_a_password, invited, register
from tests.visitor import Page, Visitor


@pytest.fixture
def guard(cast: Cast, post: PostOffice) -> Person:
    """Eve keeps the policies."""
    permissions = [Permission.SECURITY_MANAGE]
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=permissions)
    return cast.eve


def opened(browser: Visitor, cast: Cast) -> Page:
    """Return the page of the policies."""
    page = browser.open(cast.at("admin/workspace/security/"))
    assert page.status == 200, page.text
    return page


def change(browser: Visitor, cast: Cast, **typed: str) -> Page:
    """Type, look at what changes, and save."""
    page = browser.fill_in(opened(browser, cast), **typed)
    assert "What will change" in page.text, page.text
    return browser.press(page, "Save")


def now(cast: Cast) -> dict[str, int]:
    """Return the policies as they are."""
    return values_of(Workspace.objects.get(pk=cast.hanbit.pk))


def set_here(cast: Cast, **values: int) -> None:
    """Set policies without a page."""
    Workspace.objects.filter(pk=cast.hanbit.pk).update(**values)


def test_eve_sees_what_changes_and_then_saves(cast: Cast, guard: Person) -> None:
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), password_minimum="15", restore_days="0")
    assert "Shortest password, in characters: 12 → 15" in page.text and "until they are changed" in page.text
    assert "30 → 0" in page.text and "cannot be restored" in page.text
    assert now(cast)["password_minimum"] == 12, "nothing is saved by looking"
    page = browser.press(page, "Save")
    assert "Saved" in page.text and now(cast) | {"password_minimum": 15, "restore_days": 0} == now(cast)
    event = AuditEvent.objects.get(event="workspace.policies_changed")
    assert event.fields == ["password_minimum", "restore_days"] and event.actor_id == guard.member.pk
    assert set(WorkspaceChange.objects.values_list("field", "before", "after")) == {
        ("password_minimum", "12", "15"), ("restore_days", "30", "0"),
    }  # fmt: skip
    assert "12 → 15" in opened(browser, cast).text, "the page remembers"
    page = browser.fill_in(opened(browser, cast), password_minimum="15")
    assert "Nothing would change" in page.text


def test_other_numbers_than_those_that_were_told_are_told_first(cast: Cast, guard: Person) -> None:
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), password_minimum="15")
    page = browser.submit(page, page.form_with("step", "password_minimum"), password_minimum="64", step="save")
    assert "12 → 64" in page.text and now(cast)["password_minimum"] == 12
    browser.press(page, "Save")
    assert now(cast)["password_minimum"] == 64


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("beyond", ["below", "above", "words", "nothing"])
def test_what_is_out_of_range_is_told_beside_its_field(cast: Cast, guard: Person, name: str, beyond: str) -> None:
    policy = POLICIES[name]
    typed = {"below": policy.lowest - 1, "above": policy.highest + 1, "words": "many", "nothing": ""}[beyond]
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), **{name: str(typed)}, step="save")
    assert page.error_beside(name), page.text
    assert now(cast) == values_of(cast.hanbit)


def test_nobody_stays_unused_longer_than_signed_in(cast: Cast, guard: Person) -> None:
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), session_idle_hours="48", session_absolute_days="1")
    assert page.error_beside("session_idle_hours")


def test_another_tab_is_told_of(cast: Cast, guard: Person) -> None:
    here, there = guard.browser(), cast.sora.browser()
    early, late = opened(here, cast), opened(there, cast)
    page = there.fill_in(late, password_minimum="20")
    here.press(here.fill_in(early, password_minimum="16"), "Save")
    page = there.press(page, "Save")
    assert "16" in page.error_beside("password_minimum") and now(cast)["password_minimum"] == 16


def test_new_passwords_are_as_long_as_the_strictest_workspace_asks(cast: Cast, guard: Person, post: PostOffice) -> None:
    Member.objects.filter(pk=cast.alex.member.pk).update(account=cast.yuki.account)
    refresh(cast.alex.member)
    change(guard.browser(), cast, password_minimum="24")
    browser = cast.yuki.browser()
    assert browser.open(cast.at()).status == 200, "the password of today holds"
    page = browser.fill_in(
        browser.open("/account/password/"), current_password=PASSWORD, new_password="nine amber foxes yawn"
    )
    assert "24" in page.error_beside("new_password"), "though the other workspace asks for twelve"
    page = register(cast, cast.minjun, method="admin", password="nine amber foxes yawn")
    assert page.error_beside("password")


def test_links_and_temporary_passwords_open_as_long_as_the_workspace_says(
    cast: Cast, guard: Person, post: PostOffice
) -> None:
    invited(cast, post, id="early@hanbitsoft.co.kr")
    early = OneTimeSecret.objects.get()
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), link_days="2", code_hours="5")
    assert "1 person who has not come yet keeps the deadline" in page.text
    browser.press(page, "Save")
    invited(cast, post)
    late = OneTimeSecret.objects.latest("pk")
    assert about(late.expires_at - late.issued_at, timedelta(days=2))
    assert OneTimeSecret.objects.get(pk=early.pk).expires_at == early.expires_at
    assert about(early.expires_at - early.issued_at, timedelta(days=7))
    handed_a_password(cast, id="code@hanbitsoft.co.kr")
    member = Member.objects.latest("pk")
    assert member.deadline_at and about(member.deadline_at - member.registered_at, timedelta(hours=5))
    assert member.remind_at and member.remind_at < member.deadline_at
    panel = cast.minjun.browser()
    panel.press(panel.open(cast.at(f"admin/members/{member.uid}/")), "Send the mail again")
    link = OneTimeSecret.objects.latest("pk")
    assert about(link.expires_at - link.issued_at, timedelta(days=2))


def about(found: timedelta, expected: timedelta) -> bool:
    """Tell whether two lengths are the same but for the time an action takes."""
    return abs(found - expected) < timedelta(seconds=30)


def test_unused_browsers_are_signed_out_at_once_and_told_of_before(cast: Cast, guard: Person, post: PostOffice) -> None:
    yuki, browser = cast.yuki.browser(), guard.browser()
    page = browser.fill_in(opened(browser, cast), session_idle_hours="24")
    assert "nobody is signed out by it now" in page.text
    idle_for(cast.yuki, hours=30)
    page = browser.fill_in(opened(browser, cast), session_idle_hours="24")
    assert "1 browser that was unused for longer is signed out at once" in page.text
    browser.press(page, "Save")
    assert not Session.objects.filter(account=cast.yuki.account).exists()
    assert yuki.open(cast.at()).path.startswith("/sign-in/")
    assert browser.open(cast.at()).status == 200, "whoever is there stays"


def test_who_was_removed_is_not_signed_out_by_the_policy_of_a_workspace_they_left(
    cast: Cast, guard: Person, post: PostOffice
) -> None:
    cast.yuki.browser()
    idle_for(cast.yuki, hours=30)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    browser = guard.browser()
    page = browser.fill_in(opened(browser, cast), session_idle_hours="24")
    assert "nobody is signed out by it now" in page.text
    browser.press(page, "Save")
    assert Session.objects.filter(account=cast.yuki.account).count() == 1


def idle_for(somebody: Person, *, hours: int) -> None:
    """Make the sessions of somebody unused for so long."""
    for row in Session.objects.filter(account=somebody.account):
        store = row.get_session_store_class()(row.session_key)
        moment = clock.now() - timedelta(hours=hours)
        store["touched"], store["since"] = int(moment.timestamp()), int(moment.timestamp())
        store.save()


def test_a_session_lives_as_long_as_the_strictest_workspace_lets_it(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    Member.objects.filter(pk=cast.alex.member.pk).update(account=cast.yuki.account, is_super_admin=False)
    refresh(cast.alex.member)
    assert session_limits(cast.yuki.account.pk) == (timedelta(days=14), timedelta(days=90))
    browser, other = cast.yuki.browser(), cast.sora.browser()
    set_here(cast, session_idle_hours=1)
    began = clock.now()
    for minutes in (20, 55, 110, 165):
        monkeypatch.setattr(clock, "now", lambda at=began + timedelta(minutes=minutes): at)
        assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200, "used within the hour"
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(minutes=230))
    assert browser.open(f"/w/{cast.fernweh.uid}/").path.startswith("/sign-in/"), "the stricter of the two"
    assert other.open(cast.at()).path.startswith("/sign-in/")
    assert cast.minjun.browser().open(cast.at()).status == 200


def test_a_session_ends_after_its_longest_time_however_much_it_is_used(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_here(cast, session_absolute_days=2, session_idle_hours=48)
    browser, began = cast.yuki.browser(), clock.now()
    for hours in (20, 40, 47):
        monkeypatch.setattr(clock, "now", lambda at=began + timedelta(hours=hours): at)
        assert browser.open(cast.at()).status == 200
    monkeypatch.setattr(clock, "now", lambda: began + timedelta(hours=49))
    assert browser.open(cast.at()).path.startswith("/sign-in/")


def test_policies_need_the_right_of_their_own(cast: Cast, post: PostOffice) -> None:
    permissions = [Permission.WORKSPACE_EDIT, Permission.MEMBERS_MANAGE]
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=permissions)
    for somebody in (cast.eve, cast.minjun, cast.yuki):
        assert somebody.browser().open(cast.at("admin/workspace/security/")).status == 403
    browser = cast.eve.browser()
    source = browser.open(cast.at("more/"))
    sent = browser.send(source, cast.at("admin/workspace/security/"), step="save", password_minimum="8")
    assert sent.status == 403 and now(cast) == values_of(cast.hanbit)
    assert cast.alex.browser().open(cast.at("admin/workspace/security/")).status == 404
