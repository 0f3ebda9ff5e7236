"""Whatever admins, the person and the clock do in any order, the invariants of PRODUCT.md §4 hold."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from dure import erasure
from dure.accounts.actors import Visitor
from dure.core import clock, secrets
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.core.secrets import Purpose
from dure.joining.actions.registering import register_member
from dure.joining.people import AlreadyMember, RemovedMember
from dure.members import queries, rules
from dure.members.actions import working
from dure.members.actions.administering import appoint_super_admin, dismiss_super_admin, grant
from dure.members.actions.admitting import set_password
from dure.members.actions.turning import turn_due
from dure.members.actors import actor_for
from dure.members.facts import in_right_state
from dure.members.models import Member
from dure.members.rules import State, Step
from dure.web import door
from tests.cast import Cast, assemble

PASSWORD = "twelve blue lanterns drift"
WHO = some.integers(min_value=0, max_value=9)
DAYS = some.integers(min_value=1, max_value=40)


class People(RuleBasedStateMachine):
    """Three super admins and admins, four who come and go, and a clock that only goes forward."""

    patch: pytest.MonkeyPatch

    def __init__(self) -> None:
        super().__init__()
        self.ahead = timedelta()
        real = clock.now
        self.patch.setattr(clock, "now", lambda: real() + self.ahead)
        self.around = transaction.atomic()
        self.around.__enter__()
        self.cast: Cast = assemble()
        self.number = 0
        self.epochs: dict[int, tuple[int, bool]] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)
        self.patch.undo()

    def members(self) -> list[Member]:
        joined = queries.of(self.cast.hanbit).select_related("account", "workspace")
        return list(joined.order_by("id"))

    def pick(self, number: int) -> Member | None:
        members = self.members()
        return members[number % len(members)] if members else None

    def admin(self, number: int) -> Any:
        """Return somebody who may manage members at this moment, else Sora, whatever she is."""
        able = [one for one in self.members() if rules.opens(one)]
        able = [one for one in able if actor_for(one).may(Permission.MEMBERS_MANAGE)]
        assert able, "somebody is left who can run the workspace"
        return actor_for(able[number % len(able)])

    def attempt(self, act: Any) -> Any:
        """Do something; a refusal changes no row of a member."""
        before = list(Member.objects.order_by("pk").values())
        try:
            with transaction.atomic():
                return act()
        except DomainError as refused:
            assert list(Member.objects.order_by("pk").values()) == before
            return refused

    def take(self, who: int, by: int, step: Step, **facts: Any) -> None:
        member = self.pick(who)
        chosen = queries.of(self.cast.hanbit).filter(pk=member.pk if member else 0)
        was = rules.state_of(member) if member else None
        allowed = bool(member and rules.may(step, member))
        done = self.attempt(lambda: working.take(self.admin(by), step, chosen=chosen, facts=facts))
        if not isinstance(done, DomainError) and done.ids:
            assert allowed, f"{step} from {was}"

    @rule(by=WHO)
    def register(self, by: int) -> None:
        self.number += 1
        typed = {"id": f"new{self.number}@hanbitsoft.co.kr", "family_name": "New", "given_name": f"N{self.number}"}
        self.attempt(lambda: register_member(self.admin(by), submission=str(self.number), language="en", **typed))

    @rule(who=WHO, by=WHO)
    def register_again(self, who: int, by: int) -> None:
        member = self.pick(who)
        if member is None:
            return
        address = member.account.addresses.get(kind="id").canonical
        typed = {"id": address, "family_name": "New", "given_name": "Again", "language": "en"}
        refused = self.attempt(lambda: register_member(self.admin(by), submission=f"again{self.number}", **typed))
        assert isinstance(refused, AlreadyMember), "one membership, whatever its state"
        assert isinstance(refused, RemovedMember) is (not rules.is_here(member) and rules.is_restorable(member))

    @rule(who=WHO)
    def activate(self, who: int) -> None:
        member = self.pick(who)
        if member is None or member.account.has_own_password:
            return
        links = secrets.OneTimeSecret.objects.filter(account_id=member.account_id, purpose=Purpose.SET_PASSWORD)
        link = links.order_by("-id").first()
        if link is not None:
            self.attempt(lambda: set_password(Visitor(), secret=link, password=PASSWORD))

    @rule(who=WHO, by=WHO, step=some.sampled_from([Step.SUSPEND, Step.RESUME, Step.END_LEAVE]))
    def step(self, who: int, by: int, step: Step) -> None:
        self.take(who, by, step)

    @rule(who=WHO, by=WHO, step=some.sampled_from([Step.CANCEL_REMOVAL, Step.RESTORE, Step.ERASE, Step.REMOVE]))
    def leave_or_return(self, who: int, by: int, step: Step) -> None:
        self.take(who, by, step)

    @rule(who=WHO, by=WHO, first=DAYS, days=DAYS, now=some.booleans())
    def put_on_leave(self, who: int, by: int, first: int, days: int, now: bool) -> None:
        begins = clock.now() + timedelta(days=0 if now else first)
        ends = begins + timedelta(days=days)
        self.take(who, by, Step.LEAVE, leave_from=begins.isoformat(), leave_until=ends.isoformat())

    @rule(who=WHO, by=WHO, days=DAYS)
    def remove_on_a_day(self, who: int, by: int, days: int) -> None:
        self.take(who, by, Step.REMOVE, on=(clock.now() + timedelta(days=days)).isoformat())

    @rule(by=WHO, step=some.sampled_from([Step.SUSPEND, Step.REMOVE, Step.RESUME, Step.RESTORE]))
    def everybody(self, by: int, step: Step) -> None:
        chosen = queries.of(self.cast.hanbit)
        self.attempt(lambda: working.take(self.admin(by), step, chosen=chosen, facts={}))

    @rule(who=WHO, by=WHO, appoints=some.booleans())
    def lead(self, who: int, by: int, appoints: bool) -> None:
        member = self.pick(who)
        act = appoint_super_admin if appoints else dismiss_super_admin
        self.attempt(lambda: act(self.admin(by), member_uid=member.uid if member else "x"))

    @rule(who=WHO, by=WHO, days=DAYS)
    def appoint_until(self, who: int, by: int, days: int) -> None:
        member, until = self.pick(who), clock.now() + timedelta(days=days)
        wanted = [Permission.MEMBERS_MANAGE]
        self.attempt(
            lambda: grant(self.admin(by), member_uid=member.uid if member else "x", permissions=wanted, until=until)
        )

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.ahead += timedelta(days=days)
        self.epochs.clear()

    @rule()
    def the_worker_comes_by(self) -> None:
        while turn_due() or erasure.erase_due():
            pass
        for member in self.members():
            assert member.state == rules.stored_state(member)
            assert member.turns_at == rules.next_turn(member, clock.now())
            assert rules.is_here(member) or rules.is_restorable(member), "what is over is gone"

    @invariant()
    def one_membership_for_each_account(self) -> None:
        accounts = [one.account_id for one in self.members()]
        assert len(accounts) == len(set(accounts))

    @invariant()
    def a_super_admin_is_left_who_can_sign_in_and_stays(self) -> None:
        able = [one for one in self.members() if one.is_super_admin and rules.can_sign_in(one)]
        assert able and queries.able_super_admins(self.cast.hanbit.pk)

    @invariant()
    def nobody_opens_anything_unless_active(self) -> None:
        for member in self.members():
            actor = door._actor_in(member.account, self.cast.hanbit.uid) if rules.is_here(member) else None
            assert (actor is not None) is (rules.state_of(member) is State.ACTIVE)
            assert (queries.present(member.account_id, self.cast.hanbit.uid) is None) is (not rules.is_here(member))

    @invariant()
    def whatever_closed_raised_the_epoch(self) -> None:
        for member in self.members():
            opens, (epoch, opened) = rules.opens(member), self.epochs.get(member.pk, (-1, False))
            assert not opened or opens or member.epoch > epoch, "closed by a step, and the epoch moved on"
            self.epochs[member.pk] = (member.epoch, opens)

    @invariant()
    def lists_say_what_the_dates_do(self) -> None:
        states = {one.pk: rules.state_of(one) for one in self.members()}
        for state in State:
            found = queries.in_state(queries.of(self.cast.hanbit), state).values_list("pk", flat=True)
            assert set(found) == {pk for pk, own in states.items() if own is state}
        for step in Step:
            found = in_right_state(queries.of(self.cast.hanbit), step).values_list("pk", flat=True)
            assert set(found) == {one.pk for one in self.members() if rules.may(step, one)}


@pytest.mark.parametrize("examples", [12, pytest.param(200, marks=pytest.mark.full)])
def test_the_invariants_hold(db: Any, no_post: None, examples: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        People.patch = patch
        run_state_machine_as_test(
            People,
            settings=settings(
                max_examples=examples,
                stateful_step_count=30,
                deadline=None,
                derandomize=examples < 100,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
