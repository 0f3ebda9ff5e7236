"""Nobody grants more than they hold, and the last super admin stays (PRODUCT.md §4.10)."""

from datetime import timedelta

import pytest

from dure.accounts.actors import Operator
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.errors import NotAllowed, NotFound
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.actions.administering import LongerThanOwn, NotHereYet, grant
from dure.members.actions.choosing import NotOneself
from dure.members.actions.keeping import LastSuperAdmin
from dure.members.actions.suspending import StateChanged, resume, suspend
from dure.members.models import Grant, Member
from dure.members.rules import State
from tests.cast import Cast, join
from tests.members.waiting import haeun


def test_the_last_super_admin_who_can_sign_in_cannot_be_suspended(people: Cast) -> None:
    with pytest.raises(LastSuperAdmin):
        suspend(people.sora.actor, member_uid=people.sora.member.uid)
    second = join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    with pytest.raises(NotOneself):
        suspend(people.sora.actor, member_uid=people.sora.member.uid)
    suspend(second.actor, member_uid=people.sora.member.uid)
    assert Member.objects.get(pk=people.sora.member.pk).state == "suspended"


def test_a_super_admin_without_a_password_does_not_count(people: Cast) -> None:
    other = join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    other.member.account.password = ""
    other.member.account.save()
    with pytest.raises(LastSuperAdmin):
        suspend(people.sora.actor, member_uid=people.sora.member.uid)


def test_an_admin_cannot_touch_a_super_admin(people: Cast) -> None:
    join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    with pytest.raises(NotAllowed):
        suspend(people.minjun.actor, member_uid=people.sora.member.uid)


def test_nobody_grants_what_they_do_not_hold(people: Cast) -> None:
    operator = Operator(workspace_id=people.hanbit.pk)
    grant(operator, member_uid=people.minjun.member.uid, permissions=[Permission.ADMINS_MANAGE])
    with pytest.raises(NotAllowed):
        grant(people.minjun.actor, member_uid=people.yuki.member.uid, permissions=[Permission.SECURITY_MANAGE])
    grant(people.minjun.actor, member_uid=people.yuki.member.uid, permissions=[Permission.ADMINS_MANAGE])
    assert set(people.yuki.member.grants.values_list("permission", flat=True)) == {"admin.enter", "admins.manage"}


@pytest.mark.parametrize("dated", [Permission.ADMINS_MANAGE, Permission.ADMIN_ENTER])
def test_nobody_grants_for_longer_than_they_hold(people: Cast, dated: Permission) -> None:
    friday = clock.now() + timedelta(days=3)
    grant(Operator(workspace_id=people.hanbit.pk), member_uid=people.eve.member.uid, permissions=list(Permission))
    Grant.objects.filter(member=people.eve.member, permission=dated).update(until=friday)
    for somebody in (people.eve, people.yuki):
        for until in (None, friday + timedelta(seconds=1)):
            with pytest.raises(LongerThanOwn):
                grant(
                    people.eve.actor,
                    member_uid=somebody.member.uid,
                    permissions=[Permission.ADMINS_MANAGE],
                    until=until,
                )
    assert Grant.objects.get(member=people.eve.member, permission=dated).until == friday
    grant(people.eve.actor, member_uid=people.yuki.member.uid, permissions=[Permission.ADMINS_MANAGE], until=friday)
    assert people.yuki.actor.may(Permission.ADMINS_MANAGE)
    grant(people.eve.actor, member_uid=people.yuki.member.uid, permissions=[])
    assert not people.yuki.member.grants.exists(), "taking away has no day"


def test_nobody_holds_rights_before_the_password_is_their_own(people: Cast) -> None:
    """Minjun, who issues first passwords, could else sign in as them and have what nobody gave him."""
    member = haeun(people)
    with pytest.raises(NotHereYet):
        grant(people.sora.actor, member_uid=member.uid, permissions=[Permission.ADMINS_MANAGE])
    assert not member.grants.exists()


def test_a_grant_brings_admin_enter_and_without_it_opens_nothing(people: Cast) -> None:
    assert people.minjun.actor.permissions == {Permission.ADMIN_ENTER, Permission.MEMBERS_MANAGE}
    Grant.objects.filter(member=people.minjun.member, permission="admin.enter").delete()
    assert people.minjun.actor.permissions == frozenset()


def test_rights_are_read_again_under_the_lock(people: Cast) -> None:
    stale = people.minjun.actor
    grant(Operator(workspace_id=people.hanbit.pk), member_uid=people.minjun.member.uid, permissions=[])
    events = AuditEvent.objects.count()
    with pytest.raises(NotAllowed):
        suspend(stale, member_uid=people.yuki.member.uid)
    assert AuditEvent.objects.count() == events


def test_somebody_of_another_workspace_is_not_found(people: Cast) -> None:
    with pytest.raises(NotFound):
        suspend(people.sora.actor, member_uid=people.alex.member.uid)
    with pytest.raises(NotFound):
        grant(Operator(workspace_id=people.hanbit.pk), member_uid=people.alex.member.uid, permissions=[])


def test_suspended_is_resumed_to_what_it_was(people: Cast) -> None:
    suspend(people.sora.actor, member_uid=people.yuki.member.uid)
    with pytest.raises(StateChanged):
        suspend(people.sora.actor, member_uid=people.yuki.member.uid)
    resume(people.sora.actor, member_uid=people.yuki.member.uid)
    assert rules.state_of(Member.objects.get(pk=people.yuki.member.pk)) is State.ACTIVE


DAYS = {"none": None, "ahead": 1, "passed": -1}
BY_DATES = {
    ("none", False): State.REGISTERED, ("ahead", False): State.SCHEDULED, ("passed", False): State.REGISTERED,
    ("none", True): State.ACTIVE, ("ahead", True): State.SCHEDULED, ("passed", True): State.ACTIVE,
}  # fmt: skip


@pytest.mark.parametrize(("start", "has_come"), list(BY_DATES))
def test_the_day_and_an_own_password_together_tell_the_state(people: Cast, start: str, has_come: bool) -> None:
    """Whoever has come before their day begins by the clock alone; suspended meanwhile, they are resumed to it."""
    at, ahead = clock.now(), DAYS[start]
    member = people.yuki.member
    member.starts_at = at + timedelta(days=ahead) if ahead else None
    member.activated_at, member.deadline_at = at if has_come else None, at + timedelta(days=8)
    member.state = rules.stored_state(member)
    member.save()
    expected = BY_DATES[start, has_come]
    assert rules.state_of(member) is expected and rules.opens(member) == (expected is State.ACTIVE)
    for state in State:
        assert queries.in_state(queries.of(people.hanbit), state).filter(pk=member.pk).exists() == (state is expected)
    suspend(people.sora.actor, member_uid=member.uid)
    resume(people.sora.actor, member_uid=member.uid)
    assert rules.state_of(Member.objects.get(pk=member.pk)) is expected


def test_a_super_admin_whose_day_has_not_come_does_not_count(people: Cast) -> None:
    other = join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    Member.objects.filter(pk=other.member.pk).update(starts_at=clock.now() + timedelta(days=1))
    with pytest.raises(LastSuperAdmin):
        suspend(people.sora.actor, member_uid=people.sora.member.uid)
