"""Every step from every state, allowed and refused, through the actions that take it (PRODUCT.md §4.4).

The table is written by hand; ``rules.TRANSITIONS`` must say the same, and a step that is missing here fails.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest
from django.db.models import F

from dure.accounts.actors import Visitor
from dure.core import clock, secrets
from dure.core.errors import DomainError
from dure.core.secrets import Purpose
from dure.members import rules
from dure.members.actions.admitting import set_password
from dure.members.actions.handing import Method
from dure.members.actions.sending_again import send_again
from dure.members.actions.suspending import resume, suspend
from dure.members.models import Member
from dure.members.rules import State
from tests.cast import Cast, join
from tests.members.waiting import haeun, registered
from tests.stories.steps import NEW_PASSWORD
from tests.tables import contents

REFUSED = "refused"
S, R, A, X = State.SCHEDULED, State.REGISTERED, State.ACTIVE, State.SUSPENDED
#                from:  scheduled  registered  expired  active   suspended
EXPECTED = {
    "activate": dict(zip(State, (S, A, REFUSED, REFUSED, X), strict=True)),
    "send_again": dict(zip(State, (S, R, R, REFUSED, REFUSED), strict=True)),
    "suspend": dict(zip(State, (X, X, X, X, REFUSED), strict=True)),
    "resume": dict(zip(State, (REFUSED, REFUSED, REFUSED, REFUSED, R), strict=True)),
}
LATER = timedelta(days=3)


def _activate(people: Cast, member: Member) -> None:
    """Set the own password from the newest link, as the person does; before the day from that of another place."""
    link = secrets.find(_links[member.pk])
    if rules.state_of(member) is State.SCHEDULED:
        account_id = member.account_id
        link = secrets.issue(Purpose.SET_PASSWORD, account_id=account_id, workspace_id=None, address_id=None).row
    assert link is not None
    set_password(Visitor(), secret=link, password=NEW_PASSWORD)


STEPS: dict[str, Callable[[Cast, Member], object]] = {
    "activate": _activate,
    "send_again": lambda people, member: send_again(
        people.minjun.actor, member_uids=[member.uid], method=Method.MEMBER
    ),
    "suspend": lambda people, member: suspend(people.sora.actor, member_uid=member.uid),
    "resume": lambda people, member: resume(people.sora.actor, member_uid=member.uid),
}
_links: dict[int, str] = {}


def in_state(people: Cast, state: State, monkeypatch: pytest.MonkeyPatch) -> Member:
    """Bring somebody into a state by the actions and the clock alone."""
    day = (clock.now() + LATER).date() if state is State.SCHEDULED else None
    done = registered(people, starts_on=day)
    member = done.member
    assert done.handed is not None
    _links[member.pk] = done.handed.link
    if state is State.ACTIVE:
        _activate(people, member)
    if state is State.SUSPENDED:
        suspend(people.sora.actor, member_uid=member.uid)
    if state is State.EXPIRED:
        late = clock.now() + timedelta(days=8)
        monkeypatch.setattr(clock, "now", lambda: late)
    member = Member.objects.select_related("account", "workspace").get(pk=member.pk)
    assert rules.state_of(member) is state
    return member


@pytest.mark.once
def test_the_table_and_the_rules_say_the_same() -> None:
    allowed = {(step, state) for step, row in EXPECTED.items() for state, to in row.items() if to != REFUSED}
    assert allowed == set(rules.TRANSITIONS)
    assert {step for step, _state in rules.TRANSITIONS} == set(STEPS) == set(EXPECTED)
    assert all(set(row) == set(State) for row in EXPECTED.values())


@pytest.mark.parametrize(("step", "state"), list(product(STEPS, State)))
def test_a_step_from_a_state(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, step: str, state: State
) -> None:
    member, expected = in_state(people, state, monkeypatch), EXPECTED[step][state]
    before = contents()
    if expected == REFUSED:
        with pytest.raises(DomainError):
            STEPS[step](people, member)
        assert contents() == before, "a refusal changes no row"
        return
    STEPS[step](people, member)
    member.refresh_from_db()
    assert rules.state_of(member) == expected
    assert member.state == rules.stored_state(member)
    assert rules.opens(member) is (expected == State.ACTIVE)


@pytest.mark.parametrize("before", [State.SCHEDULED, State.REGISTERED, State.EXPIRED, State.ACTIVE])
def test_resuming_leads_back_to_what_the_member_was(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, before: State
) -> None:
    member = in_state(people, before, monkeypatch)
    suspend(people.sora.actor, member_uid=member.uid)
    resume(people.sora.actor, member_uid=member.uid)
    member.refresh_from_db()
    assert rules.state_of(member) is before and member.state == rules.stored_state(member)


def test_a_place_whose_deadline_passed_while_it_was_suspended_is_not_activated_by_another_one(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same person waits in a second workspace; a password set there activates only what is in time."""
    member = haeun(people)
    second = join(people.fernweh, "second@fernweh.example", "Second", "Su").member
    Member.objects.filter(pk=second.pk).update(account=member.account, activated_at=None, state="registered")
    suspend(people.sora.actor, member_uid=member.uid)
    Member.objects.filter(pk=member.pk).update(deadline_at=F("deadline_at") - timedelta(days=8))
    issued = secrets.issue(Purpose.SET_PASSWORD, account_id=member.account_id, workspace_id=None, address_id=None)
    set_password(Visitor(), secret=issued.row, password=NEW_PASSWORD)
    resume(people.sora.actor, member_uid=member.uid)
    for place, expected in ((member, State.EXPIRED), (second, State.ACTIVE)):
        place.refresh_from_db()
        assert rules.state_of(place) is expected
