"""Leaves of absence: the workspace is closed from one day to another, and opens by itself (PRODUCT.md §4.4)."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.action import action
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail.kinds import Kind
from dure.members import rules
from dure.members.actions.choosing import Done, lock, save
from dure.members.actions.suspending import note
from dure.members.actions.telling import tell
from dure.members.models import Member
from dure.members.rules import Step

LONGEST = timedelta(days=3660)


class InvalidLeave(DomainError):
    """A leave that is over already, ends before it begins, or lasts longer than ten years."""

    code = "invalid_leave"
    message = _("A leave ends after it begins, on a day that has not passed, and within ten years.")
    field = "until"


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_ON_LEAVE)
def put_on_leave(
    actor: Actor,
    *,
    chosen: QuerySet[Member],
    leave_from: datetime | None = None,
    leave_until: datetime,
    seen_at: datetime | None = None,
    via: str = "",
) -> Done:
    """Close the workspace to members from a moment (None for now) until another; an earlier leave gives way.

    :raises InvalidLeave: as its name says.
    """
    at = clock.now()
    begins = leave_from if leave_from and leave_from > at else at
    if not begins < leave_until <= at + LONGEST:
        raise InvalidLeave
    done = lock(actor, Step.LEAVE, chosen, seen_at)
    save(done.ids, ends_access=begins <= at, leave_from=begins, leave_until=leave_until)
    last_moment = leave_until - timedelta(seconds=1)
    period = {"first_day_at": begins.isoformat(), "last_day_at": last_moment.isoformat()}
    tell(done, Kind.ON_LEAVE, facts=period)
    note(actor, Event.MEMBER_ON_LEAVE, done, via, fields=("leave_from", "leave_until"))
    return done


@action(needs=Permission.MEMBERS_MANAGE, records=Event.LEAVE_ENDED)
def end_leave(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """End a leave early, or call off one that is ahead."""
    done = lock(actor, Step.END_LEAVE, chosen, seen_at)
    save(done.ids, leave_from=None, leave_until=None)
    tell(done, Kind.ON_LEAVE, more=lambda member: {"over": True} if rules.opens(member) else None)
    note(actor, Event.LEAVE_ENDED, done, via, fields=("leave_from", "leave_until"))
    return done
