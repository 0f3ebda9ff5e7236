"""States of a member and relations between people, as short sentences (PRODUCT.md §4.4, §4.10)."""

from datetime import datetime
from enum import StrEnum

from django.utils.translation import pgettext_lazy

from dure.core import clock
from dure.members.models import Member


class State(StrEnum):
    """What a member is at this moment.

    ``scheduled`` is somebody whose day has not come, with an own password or without; ``expired`` is a ``registered``
    whose deadline has passed. Overlaps: whoever is removed is nothing else, whoever is suspended is not also on leave,
    and what is ahead (a leave, a removal) changes nothing before its day.
    """

    SCHEDULED = "scheduled"
    REGISTERED = "registered"
    EXPIRED = "expired"
    ACTIVE = "active"
    ON_LEAVE = "on_leave"
    SUSPENDED = "suspended"
    REMOVED = "removed"


LABELS = {
    State.SCHEDULED: pgettext_lazy("state", "scheduled"),
    State.REGISTERED: pgettext_lazy("state", "awaiting registration"),
    State.EXPIRED: pgettext_lazy("state", "deadline passed"),
    State.ACTIVE: pgettext_lazy("state", "active"),
    State.ON_LEAVE: pgettext_lazy("state", "on leave"),
    State.SUSPENDED: pgettext_lazy("state", "suspended"),
    State.REMOVED: pgettext_lazy("state", "removed"),
}


class Step(StrEnum):
    """What an admin does to a state, for one member or many."""

    SUSPEND = "suspend"
    RESUME = "resume"
    LEAVE = "leave"
    END_LEAVE = "end-leave"
    REMOVE = "remove"
    CANCEL_REMOVAL = "cancel-removal"
    RESTORE = "restore"
    ERASE = "erase"


HERE = (State.SCHEDULED, State.REGISTERED, State.EXPIRED, State.ACTIVE, State.ON_LEAVE, State.SUSPENDED)
"""Every state but ``removed``."""

TRANSITIONS: dict[tuple[str, State], State] = {
    ("activate", State.REGISTERED): State.ACTIVE,
    ("activate", State.SCHEDULED): State.SCHEDULED,
    ("activate", State.SUSPENDED): State.SUSPENDED,
    ("send_again", State.SCHEDULED): State.SCHEDULED,
    ("send_again", State.REGISTERED): State.REGISTERED,
    ("send_again", State.EXPIRED): State.REGISTERED,
    (Step.SUSPEND, State.SCHEDULED): State.SUSPENDED,
    (Step.SUSPEND, State.REGISTERED): State.SUSPENDED,
    (Step.SUSPEND, State.EXPIRED): State.SUSPENDED,
    (Step.SUSPEND, State.ACTIVE): State.SUSPENDED,
    (Step.SUSPEND, State.ON_LEAVE): State.SUSPENDED,
    (Step.RESUME, State.SUSPENDED): State.ACTIVE,
    (Step.LEAVE, State.SCHEDULED): State.SCHEDULED,
    (Step.LEAVE, State.ACTIVE): State.ON_LEAVE,
    (Step.LEAVE, State.ON_LEAVE): State.ON_LEAVE,
    (Step.LEAVE, State.SUSPENDED): State.SUSPENDED,
    (Step.END_LEAVE, State.ON_LEAVE): State.ACTIVE,
    **{(Step.REMOVE, state): State.REMOVED for state in HERE},
    (Step.RESTORE, State.REMOVED): State.ACTIVE,
    (Step.ERASE, State.REMOVED): State.REMOVED,
}
"""Every allowed step from every state; ``resume`` and ``restore`` lead back to what the member was.

What is neither here nor in ``OVERLAPS`` is refused. A leave or a removal that begins later leaves the state as it is.
Whoever has an own password before the day they start stays ``scheduled`` and begins by the clock alone: nothing has to
run on that day. Whoever has none is then ``registered``. Who sets the first password while suspended, in time, is
active from the resuming on. Erasing takes effect when the worker comes by; until then the row stays ``removed``.
"""

OVERLAPS: dict[tuple[str, State], State] = {
    **{(Step.END_LEAVE, state): state for state in (State.SCHEDULED, State.ACTIVE, State.SUSPENDED)},
    **{(Step.CANCEL_REMOVAL, state): state for state in HERE},
}
"""Steps about something that is ahead, or hidden by another state: allowed while there is a leave, or a removal."""

WAITING = (State.SCHEDULED, State.REGISTERED, State.EXPIRED)
"""The states of those for whom nothing opens yet, told apart by the dates."""


def state_of(member: Member, at: datetime | None = None) -> State:
    """Return the state, computed from the facts and the clock."""
    at = at or clock.now()
    if not is_here(member, at):
        return State.REMOVED
    if member.suspended_at:
        return State.SUSPENDED
    if member.starts_at and member.starts_at > at:
        return State.SCHEDULED
    if member.activated_at:
        return State.ON_LEAVE if is_on_leave(member, at) else State.ACTIVE
    return State.REGISTERED if is_in_time(member, at) else State.EXPIRED


def is_here(member: Member, at: datetime | None = None) -> bool:
    """Tell whether a member has not been removed yet."""
    return member.removed_at is None or member.removed_at > (at or clock.now())


def is_on_leave(member: Member, at: datetime) -> bool:
    """Tell whether a leave has begun and not ended, whatever else the member is."""
    return bool(member.leave_from and member.leave_until and member.leave_from <= at < member.leave_until)


def has_leave(member: Member, at: datetime | None = None) -> bool:
    """Tell whether there is a leave that has not ended: present or ahead."""
    return member.leave_until is not None and member.leave_until > (at or clock.now())


def is_leaving(member: Member, at: datetime | None = None) -> bool:
    """Tell whether a removal is ahead."""
    return member.removed_at is not None and is_here(member, at)


def is_restorable(member: Member, at: datetime | None = None) -> bool:
    """Tell whether a removed member can still be restored; after that, or once erasing was ordered, nobody can."""
    return member.restorable_until is not None and member.restorable_until > (at or clock.now())


def is_in_time(member: Member, at: datetime | None = None) -> bool:
    """Tell whether a first password set now counts for the place: its deadline has not passed."""
    return member.deadline_at is None or member.deadline_at > (at or clock.now())


def may(step: str, member: Member, at: datetime | None = None) -> bool:
    """Tell whether a step is allowed from the member's present state."""
    at = at or clock.now()
    key = (step, state_of(member, at))
    if step == Step.END_LEAVE:
        return has_leave(member, at) and (key in TRANSITIONS or key in OVERLAPS)
    if step == Step.CANCEL_REMOVAL:
        return is_leaving(member, at) and key in OVERLAPS
    if step in (Step.RESTORE, Step.ERASE):
        return is_restorable(member, at) and key in TRANSITIONS
    return key in TRANSITIONS


def has_come(member: Member) -> bool:
    """Tell whether the person has set an own password here, or accepted the place with the one they had."""
    return member.activated_at is not None


def stored_state(member: Member, at: datetime | None = None) -> str:
    """Return the column that lists filter by; what the dates tell (scheduled, expired, on leave) is not in it."""
    if not is_here(member, at):
        return Member.REMOVED
    if member.suspended_at:
        return Member.SUSPENDED
    return Member.ACTIVE if member.activated_at else Member.REGISTERED


def next_turn(member: Member, at: datetime) -> datetime | None:
    """Return when the clock alone changes what is closed to this member next: a leave or a removal."""
    if not is_here(member, at):
        return None
    moments = (member.leave_from, member.leave_until, member.removed_at)
    return min((moment for moment in moments if moment and moment > at), default=None)


def opens(member: Member) -> bool:
    """Only an active member opens anything of a workspace."""
    return state_of(member) is State.ACTIVE


def can_sign_in(member: Member) -> bool:
    """Whether this super admin gets in now, and goes on to: no leave or removal is dated (PRODUCT.md §4.10)."""
    stays = member.removed_at is None and not has_leave(member)
    return stays and opens(member) and member.account.has_own_password
