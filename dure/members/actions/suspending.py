"""Suspending and resuming: leaving means out, at once (PRODUCT.md §4.9)."""

from datetime import datetime

from django.db.models import QuerySet

from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail.kinds import Kind
from dure.members import rules
from dure.members.actions.choosing import Done, StateChanged, lock, named, save
from dure.members.actions.telling import tell
from dure.members.models import Member
from dure.members.rules import Step

__all__ = ["StateChanged", "resume", "resume_all", "suspend", "suspend_all"]


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_SUSPENDED)
def suspend_all(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """Close the workspace to members until they are resumed; their other workspaces stay open."""
    done = lock(actor, Step.SUSPEND, chosen, seen_at)
    save(done.ids, suspended_at=clock.now())
    tell(done, Kind.SUSPENDED)
    note(actor, Event.MEMBER_SUSPENDED, done, via)
    return done


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_RESUMED)
def resume_all(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """Open the workspace again; each is what they were before."""
    done = lock(actor, Step.RESUME, chosen, seen_at)
    save(done.ids, suspended_at=None)
    tell(done, Kind.RESUMED, more=lambda member: {"opens": rules.opens(member)})
    note(actor, Event.MEMBER_RESUMED, done, via)
    return done


def note(actor: Actor, event: Event, done: Done, via: str, *, fields: tuple[str, ...] = ("state",)) -> None:
    """Tell the trail of everybody a step was taken for; ``via`` is the uid of the job it was part of."""
    subjects: dict[int | None, str] = dict.fromkeys(done.ids, via)
    record_many(actor, event, subject_kind="member", subjects=subjects, fields=fields)


def suspend(actor: Actor, *, member_uid: str) -> Member:
    """Suspend one member.

    :raises NotFound: no such member here.
    :raises StateChanged: already suspended, or removed.
    :raises LastSuperAdmin: nobody able would be left.
    :raises NotOneself: as its name says.
    """
    return suspend_all(actor, chosen=named(actor, member_uid)).alone()


def resume(actor: Actor, *, member_uid: str) -> Member:
    """Resume one member.

    :raises NotFound: no such member here.
    :raises StateChanged: not suspended.
    """
    return resume_all(actor, chosen=named(actor, member_uid)).alone()
