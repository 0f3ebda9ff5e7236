"""States of a member and relations between people, as short sentences (PRODUCT.md §4.4, §4.10)."""

from datetime import datetime
from enum import StrEnum

from django.utils.translation import pgettext_lazy

from dure.core import clock
from dure.members.models import Member


class State(StrEnum):
    """What a member is at this moment.

    ``scheduled`` is somebody whose day has not come, with an own password or without; ``expired`` is a ``registered``
    whose deadline has passed.
    """

    SCHEDULED = "scheduled"
    REGISTERED = "registered"
    EXPIRED = "expired"
    ACTIVE = "active"
    SUSPENDED = "suspended"


LABELS = {
    State.SCHEDULED: pgettext_lazy("state", "scheduled"),
    State.REGISTERED: pgettext_lazy("state", "awaiting registration"),
    State.EXPIRED: pgettext_lazy("state", "deadline passed"),
    State.ACTIVE: pgettext_lazy("state", "active"),
    State.SUSPENDED: pgettext_lazy("state", "suspended"),
}

TRANSITIONS = {
    ("activate", State.REGISTERED): State.ACTIVE,
    ("activate", State.SCHEDULED): State.SCHEDULED,
    ("activate", State.SUSPENDED): State.SUSPENDED,
    ("send_again", State.SCHEDULED): State.SCHEDULED,
    ("send_again", State.REGISTERED): State.REGISTERED,
    ("send_again", State.EXPIRED): State.REGISTERED,
    ("suspend", State.SCHEDULED): State.SUSPENDED,
    ("suspend", State.REGISTERED): State.SUSPENDED,
    ("suspend", State.EXPIRED): State.SUSPENDED,
    ("suspend", State.ACTIVE): State.SUSPENDED,
    ("resume", State.SUSPENDED): State.ACTIVE,
}
"""Every allowed step; ``resume`` leads back to what the member was. What is not here is refused.

Whoever has an own password before the day they start stays ``scheduled`` and begins by the clock alone: nothing has to
run on that day. Whoever has none is then ``registered``. Who sets the first password while suspended, in time, is
active from the resuming on.
"""


WAITING = (State.SCHEDULED, State.REGISTERED, State.EXPIRED)
"""The states of those for whom nothing opens yet, told apart by the dates."""


def state_of(member: Member, at: datetime | None = None) -> State:
    """Return the state, computed from the facts and the clock."""
    at = at or clock.now()
    if member.suspended_at:
        return State.SUSPENDED
    if member.starts_at and member.starts_at > at:
        return State.SCHEDULED
    if member.activated_at:
        return State.ACTIVE
    return State.REGISTERED if is_in_time(member, at) else State.EXPIRED


def is_in_time(member: Member, at: datetime | None = None) -> bool:
    """Tell whether a first password set now counts for the place: its deadline has not passed."""
    return member.deadline_at is None or member.deadline_at > (at or clock.now())


def may(step: str, member: Member) -> bool:
    """Tell whether a step is allowed from the member's present state."""
    return (step, state_of(member)) in TRANSITIONS


def has_come(member: Member) -> bool:
    """Tell whether the person has set an own password here, or accepted the place with the one they had."""
    return member.activated_at is not None


def stored_state(member: Member) -> str:
    """Return the column that lists filter by; what the dates tell (``scheduled``, ``expired``) is not in it."""
    if member.suspended_at:
        return Member.SUSPENDED
    return Member.ACTIVE if member.activated_at else Member.REGISTERED


def opens(member: Member) -> bool:
    """Only an active member opens anything of a workspace."""
    return state_of(member) is State.ACTIVE


def can_sign_in(member: Member) -> bool:
    """Whether this super admin would get in now (PRODUCT.md §4.10)."""
    return opens(member) and member.account.has_own_password
