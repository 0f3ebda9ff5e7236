"""States of an invitation, and whose it is (PRODUCT.md §4.2, §4.3)."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import pgettext_lazy

from dure.core import clock
from dure.joining.models import Invitation

LASTS = timedelta(days=7)
"""How long an invitation waits, from the last time it was sent (PRODUCT.md §5)."""
KEPT = timedelta(days=30)
"""How long the admins can look up what became of it; then the row with its name and address is deleted."""


class State(StrEnum):
    """What an invitation is at this moment."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    RUN_OUT = "run_out"
    WITHDRAWN = "withdrawn"


LABELS = {
    State.WAITING: pgettext_lazy("invitation", "waiting"),
    State.ACCEPTED: pgettext_lazy("invitation", "accepted"),
    State.DECLINED: pgettext_lazy("invitation", "declined"),
    State.RUN_OUT: pgettext_lazy("invitation", "run out"),
    State.WITHDRAWN: pgettext_lazy("invitation", "withdrawn"),
}


def state_of(invitation: Invitation, at: datetime | None = None) -> State:
    """Return the state, computed from the facts and the clock."""
    if invitation.accepted_at:
        return State.ACCEPTED
    if invitation.declined_at:
        return State.DECLINED
    if invitation.withdrawn_at:
        return State.WITHDRAWN
    at = at or clock.now()
    waits = invitation.ended_at is None and at < invitation.expires_at <= longest(at)
    return State.WAITING if waits else State.RUN_OUT


def longest(at: datetime) -> datetime:
    """Return the latest end an invitation can have; one that ends later was sent while the clock was ahead."""
    return at + LASTS + clock.SKEW
