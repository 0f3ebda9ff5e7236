"""Every step from every state, allowed and refused, through the actions that take it (PRODUCT.md §4.4).

The table is written by hand; ``rules.TRANSITIONS`` must say the same, and a step that is missing here fails.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from dure.accounts.actors import Visitor
from dure.core import clock, secrets
from dure.core.errors import DomainError, NotAllowed
from dure.core.secrets import Purpose
from dure.members import queries, rules
from dure.members.actions import working
from dure.members.actions.admitting import set_password
from dure.members.actions.choosing import WindowOver
from dure.members.actions.handing import Method
from dure.members.actions.leaving import order_erasure, restore
from dure.members.actions.sending_again import send_again
from dure.members.actions.suspending import resume, suspend
from dure.members.actions.turning import turn_due
from dure.members.facts import in_right_state
from dure.members.models import Member
from dure.members.rules import State, Step
from tests.cast import Cast, join
from tests.members.waiting import haeun, registered
from tests.stories.steps import NEW_PASSWORD
from tests.tables import contents

REFUSED = "refused"
S, R, E, A, L, X, G = State
#                 from:  scheduled  registered  expired  active  on leave  suspended  removed
EXPECTED = {
    "activate": dict(zip(State, (S, A, REFUSED, REFUSED, REFUSED, X, REFUSED), strict=True)),
    "send_again": dict(zip(State, (S, R, R, REFUSED, REFUSED, REFUSED, REFUSED), strict=True)),
    "suspend": dict(zip(State, (X, X, X, X, X, REFUSED, REFUSED), strict=True)),
    "resume": dict(zip(State, (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, R, REFUSED), strict=True)),
    "leave": dict(zip(State, (S, REFUSED, REFUSED, L, L, X, REFUSED), strict=True)),
    "end-leave": dict(zip(State, (REFUSED, REFUSED, REFUSED, REFUSED, A, REFUSED, REFUSED), strict=True)),
    "remove": dict(zip(State, (G, G, G, G, G, G, REFUSED), strict=True)),
    "cancel-removal": dict(zip(State, (REFUSED,) * 7, strict=True)),
    "restore": dict(zip(State, (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, A), strict=True)),
    "erase": dict(zip(State, (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, G), strict=True)),
}
LATER = timedelta(days=3)
AHEAD, FAR = timedelta(days=10), timedelta(days=20)
_links: dict[int, str] = {}


def _activate(people: Cast, member: Member) -> None:
    """Set the own password from the newest link, as the person does; before the day from that of another place."""
    link = secrets.find(_links[member.pk])
    if rules.state_of(member) is State.SCHEDULED:
        account_id = member.account_id
        link = secrets.issue(Purpose.SET_PASSWORD, account_id=account_id, workspace_id=None, address_id=None).row
    assert link is not None
    set_password(Visitor(), secret=link, password=NEW_PASSWORD)


def _by_sora(step: Step, **facts: Any) -> Callable[[Cast, Member], object]:
    def take(people: Cast, member: Member) -> object:
        chosen = queries.of(people.hanbit).filter(pk=member.pk)
        moments = {name: (clock.now() + value).isoformat() for name, value in facts.items()}
        return working.take(people.sora.actor, step, chosen=chosen, facts=moments).alone()

    return take


def _send_again(people: Cast, member: Member) -> object:
    return send_again(people.minjun.actor, member_uids=[member.uid], method=Method.MEMBER)


leave_now, leave_ahead = (
    _by_sora(Step.LEAVE, leave_until=FAR),
    _by_sora(Step.LEAVE, leave_from=AHEAD, leave_until=FAR),
)
remove_ahead = _by_sora(Step.REMOVE, on=AHEAD)
STEPS: dict[str, Callable[[Cast, Member], object]] = {
    "activate": _activate,
    "send_again": _send_again,
    **{str(step): _by_sora(step) for step in Step},
    "leave": leave_now,
}


def at(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Turn the clock."""
    moment = clock.now() + ahead
    monkeypatch.setattr(clock, "now", lambda: moment)


def fresh(member: Member) -> Member:
    """Read a member anew."""
    return Member.objects.select_related("account", "workspace").get(pk=member.pk)


def in_state(people: Cast, state: State, monkeypatch: pytest.MonkeyPatch) -> Member:
    """Bring somebody into a state by the actions and the clock alone."""
    day = (clock.now() + LATER).date() if state is State.SCHEDULED else None
    done = registered(people, starts_on=day)
    member = done.member
    assert done.handed is not None
    _links[member.pk] = done.handed.link
    if state in (State.ACTIVE, State.ON_LEAVE):
        _activate(people, member)
    if state is State.ON_LEAVE:
        leave_now(people, member)
    if state is State.SUSPENDED:
        suspend(people.sora.actor, member_uid=member.uid)
    if state is State.REMOVED:
        _activate(people, member)
        STEPS["remove"](people, member)
    if state is State.EXPIRED:
        at(monkeypatch, timedelta(days=8))
    member = fresh(member)
    assert rules.state_of(member) is state
    return member


@pytest.mark.once
def test_the_table_and_the_rules_say_the_same() -> None:
    allowed = {(step, state) for step, row in EXPECTED.items() for state, to in row.items() if to != REFUSED}
    assert allowed == set(rules.TRANSITIONS)
    assert {step for step, _state in [*rules.TRANSITIONS, *rules.OVERLAPS]} == set(STEPS) == set(EXPECTED)
    assert all(set(row) == set(State) for row in EXPECTED.values())


def holds(member: Member) -> None:
    """Assert that the columns and the queries for lists say what the dates do."""
    assert member.state == rules.stored_state(member)
    assert member.turns_at == rules.next_turn(member, clock.now())
    found = queries.of(member.workspace_id).filter(pk=member.pk)
    assert [state for state in State if queries.in_state(found, state).exists()] == [rules.state_of(member)]
    assert queries.in_state(found, "").exists() is rules.is_here(member)
    for step in Step:
        assert in_right_state(found, step).exists() is rules.may(step, member), step


@pytest.mark.parametrize(("step", "state"), list(product(STEPS, State)))
def test_a_step_from_a_state(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, step: str, state: State
) -> None:
    member, expected = in_state(people, state, monkeypatch), EXPECTED[step][state]
    before, epoch = contents(), member.epoch
    if expected == REFUSED:
        with pytest.raises(DomainError):
            STEPS[step](people, member)
        assert contents() == before, "a refusal changes no row"
        return
    STEPS[step](people, member)
    member = fresh(member)
    assert rules.state_of(member) == expected
    holds(member)
    opened = (state is State.ACTIVE) != (expected == State.ACTIVE)
    assert not opened or member.epoch > epoch, "whatever changes access raises the epoch"
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


# What is ahead, or hidden by another state: how it comes about, what it is, and what each step makes of it.
OVERLAPS: dict[str, tuple[list[Callable[[Cast, Member], object]], State, dict[str, Any]]] = {
    "on leave ahead": (
        [leave_ahead],
        A,
        {"suspend": X, "resume": REFUSED, "leave": L, "end-leave": A, "remove": G, "cancel-removal": REFUSED},
    ),
    "suspended while on leave": (
        [leave_now, STEPS["suspend"]],
        X,
        {"suspend": REFUSED, "resume": L, "leave": X, "end-leave": X, "remove": G, "cancel-removal": REFUSED},
    ),
    "removal ahead": (
        [remove_ahead],
        A,
        {"suspend": X, "resume": REFUSED, "leave": L, "end-leave": REFUSED, "remove": G, "cancel-removal": A},
    ),
    "suspended with a removal ahead": (
        [remove_ahead, STEPS["suspend"]],
        X,
        {"suspend": REFUSED, "resume": A, "leave": X, "end-leave": REFUSED, "remove": G, "cancel-removal": X},
    ),
    "on leave with a removal ahead": (
        [leave_now, remove_ahead],
        L,
        {"suspend": X, "resume": REFUSED, "leave": L, "end-leave": A, "remove": G, "cancel-removal": L},
    ),
    "suspended on leave with a removal ahead": (
        [leave_now, remove_ahead, STEPS["suspend"]],
        X,
        {"suspend": REFUSED, "resume": L, "leave": X, "end-leave": X, "remove": G, "cancel-removal": X},
    ),
    "removed while suspended on leave": (
        [leave_now, STEPS["suspend"], STEPS["remove"]],
        G,
        {**dict.fromkeys(["suspend", "resume", "leave", "end-leave", "remove", "cancel-removal"], REFUSED)},
    ),
}


@pytest.mark.parametrize(("name", "step"), list(product(OVERLAPS, ["restore", "erase", *OVERLAPS["removal ahead"][2]])))
def test_a_step_from_an_overlap(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, name: str, step: str
) -> None:
    ways, state, table = OVERLAPS[name]
    gone = {"restore": X, "erase": G} if state is G else dict.fromkeys(["restore", "erase"], REFUSED)
    expected, member = (gone | table)[step], in_state(people, State.ACTIVE, monkeypatch)
    for way in ways:
        way(people, member)
    member = fresh(member)
    assert rules.state_of(member) is state
    holds(member)
    before = contents()
    if expected == REFUSED:
        with pytest.raises(DomainError):
            STEPS[step](people, member)
        assert contents() == before, "a refusal changes no row"
        return
    STEPS[step](people, member)
    member = fresh(member)
    assert rules.state_of(member) == expected
    holds(member)


@pytest.mark.parametrize("state", [one for one in State if one is not State.REMOVED])
def test_restoring_leads_back_to_what_the_member_was(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    member = in_state(people, state, monkeypatch)
    before = facts(member)
    STEPS["remove"](people, member)
    holds(fresh(member))
    restore(people.sora.actor, member_uid=member.uid)
    member = fresh(member)
    assert rules.state_of(member) is state and facts(member) == before
    holds(member)


def facts(member: Member) -> dict[str, Any]:
    """Return what restoring must bring back."""
    names = [field.attname for field in Member._meta.concrete_fields]
    return {name: getattr(member, name) for name in names if name not in ("epoch", "stepped_at")}


def test_the_clock_alone_begins_and_ends_a_leave_and_removes(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = in_state(people, State.ACTIVE, monkeypatch)
    leave_ahead(people, member)
    _by_sora(Step.REMOVE, on=timedelta(days=30))(people, member)
    epoch = fresh(member).epoch
    for days, expected in ((5, A), (6, L), (10, A), (10, G)):
        at(monkeypatch, timedelta(days=days))
        member = fresh(member)
        assert rules.state_of(member) is expected, "by the dates, before the worker came by"
        while turn_due():
            pass
        member = fresh(member)
        assert rules.state_of(member) is expected
        holds(member)
        assert member.epoch >= epoch
        assert (expected == A and days == 5) or member.epoch > epoch
        epoch = member.epoch
    assert member.leave_from is None, "a leave that is over is forgotten"


@pytest.mark.parametrize("step", ["restore", "erase"])
def test_after_the_window_nobody_restores(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    member = in_state(people, State.REMOVED, monkeypatch)
    at(monkeypatch, timedelta(days=31))
    with pytest.raises(WindowOver):
        STEPS[step](people, member)


def test_erasing_is_for_super_admins_and_ends_the_window(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    member = in_state(people, State.REMOVED, monkeypatch)
    chosen = queries.of(people.hanbit).filter(pk=member.pk)
    with pytest.raises(NotAllowed):
        order_erasure(people.minjun.actor, chosen=chosen)
    order_erasure(people.sora.actor, chosen=chosen)
    with pytest.raises(WindowOver):
        restore(people.sora.actor, member_uid=member.uid)


@pytest.mark.parametrize(
    ("facts", "values"),
    [
        ("leave without its end", {"leave_from": "now"}),
        ("leave that ends before it begins", {"leave_from": "later", "leave_until": "now"}),
        ("removal without a window", {"removed_at": "now"}),
        ("window that ends before the removal", {"removed_at": "later", "restorable_until": "now"}),
        ("reason without a removal", {"removal_reason": "x"}),
        ("removed without a date", {"state": "removed"}),
        ("suspended without a date", {"state": "suspended"}),
        ("a state nobody knows", {"state": "asleep"}),
    ],
)
def test_the_database_refuses(people: Cast, facts: str, values: dict[str, str]) -> None:
    moments = {"now": clock.now(), "later": clock.now() + LATER}
    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.filter(pk=people.yuki.member.pk).update(
            **{name: moments.get(value, value) for name, value in values.items()}
        )
