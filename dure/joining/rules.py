"""States of an invitation, of an invite link and of a join request, and whose they are (PRODUCT.md §4.2, §4.3)."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.translation import pgettext_lazy

from dure.core import clock
from dure.joining.models import Invitation, InviteLink, JoinRequest

LASTS = timedelta(days=7)
"""How long an invitation waits, from the last time it was sent (PRODUCT.md §5)."""
REMINDED = timedelta(days=2)
"""How long before its end an unanswered invitation is mailed once more."""
BETWEEN_MAILS = timedelta(minutes=5)
"""How long an address has its peace after a mail."""
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
    State.RUN_OUT: pgettext_lazy("invitation", "expired"),
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


class LinkState(StrEnum):
    """What an invite link is at this moment; only an open one lets anybody in."""

    OPEN = "open"
    PAUSED = "paused"
    USED_UP = "used_up"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


LINK_LABELS = {
    LinkState.OPEN: pgettext_lazy("invite link", "open"),
    LinkState.PAUSED: pgettext_lazy("invite link", "paused"),
    LinkState.USED_UP: pgettext_lazy("invite link", "used up"),
    LinkState.EXPIRED: pgettext_lazy("invite link", "expired"),
    LinkState.WITHDRAWN: pgettext_lazy("invite link", "withdrawn"),
}

LINK_LASTS = timedelta(days=7)
"""How long a link is open unless its maker says otherwise (PRODUCT.md §5)."""
LINK_LONGEST = timedelta(days=366)
MOST_USES = 100_000


def link_state_of(link: InviteLink, at: datetime | None = None) -> LinkState:
    """Return the state, computed from the facts and the clock."""
    at = at or clock.now()
    if link.withdrawn_at:
        return LinkState.WITHDRAWN
    if not at < link.expires_at <= at + LINK_LONGEST + clock.SKEW:
        return LinkState.EXPIRED
    if link.paused_at:
        return LinkState.PAUSED
    if link.most_uses is not None and link.uses >= link.most_uses:
        return LinkState.USED_UP
    return LinkState.OPEN


def admits(link: InviteLink, address: str) -> bool:
    """Tell whether an ID is of a domain the link is for; a part of a domain is another one."""
    return not link.domains or address.rpartition("@")[2] in link.domains


REQUEST_LASTS = timedelta(days=30)
"""How long a join request waits for an answer; then the applicant is told that nobody answered."""


class RequestState(StrEnum):
    """What a join request is at this moment."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    RUN_OUT = "run_out"


REQUEST_LABELS = {
    RequestState.WAITING: pgettext_lazy("join request", "waiting"),
    RequestState.APPROVED: pgettext_lazy("join request", "approved"),
    RequestState.REFUSED: pgettext_lazy("join request", "refused"),
    RequestState.WITHDRAWN: pgettext_lazy("join request", "taken back"),
    RequestState.RUN_OUT: pgettext_lazy("join request", "expired"),
}


def request_state_of(request: JoinRequest, at: datetime | None = None) -> RequestState:
    """Return the state, computed from the facts and the clock."""
    if request.approved_at:
        return RequestState.APPROVED
    if request.refused_at:
        return RequestState.REFUSED
    if request.withdrawn_at:
        return RequestState.WITHDRAWN
    at = at or clock.now()
    waits = request.ended_at is None and at < request.expires_at <= at + REQUEST_LASTS + clock.SKEW
    return RequestState.WAITING if waits else RequestState.RUN_OUT
