"""Removing, now or on a date, restoring with everything as it was, and ordering what is left erased (K6 §4.4)."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import rules
from dure.members.actions.administering import beyond
from dure.members.actions.choosing import Done, StateChanged, lock, named, read, save
from dure.members.actions.ending import end_what_they_had, open_requests
from dure.members.actions.suspending import note
from dure.members.actions.telling import tell
from dure.members.models import Grant, Member
from dure.members.pending import LeaveRequest
from dure.members.rules import Step
from dure.members.succession import may_take_over

FARTHEST = timedelta(days=731)
LONGEST_REASON = 200
NOT_REMOVED: dict[str, Any] = {"removed_at": None, "restorable_until": None, "removal_reason": "", "taker_id": None}


class InvalidRemovalDay(DomainError):
    """A moment that has passed, or more than two years ahead."""

    code = "invalid_removal_day"
    message = _("Choose a day after today, within two years, or leave it empty to remove now.")
    field = "on"


class InvalidTaker(DomainError):
    """Not an active member who may enter the admin service, or somebody who is being removed."""

    code = "invalid_taker"
    message = _("Choose an active admin who is not being removed.")
    field = "taker"


class IdTakenMeanwhile(StateChanged):
    """The account lost its ID to whoever proved the address (PRODUCT.md §4.2)."""

    code = "id_taken_meanwhile"
    message = _("The ID belongs to somebody else by now, so this place cannot be restored. Register a new one.")


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_REMOVED)
def remove_all(
    actor: Actor,
    *,
    chosen: QuerySet[Member],
    reason: str = "",
    taker: Member | None = None,
    seen_at: datetime | None = None,
    via: str = "",
) -> Done:
    """Remove members now: nothing of the workspace opens, and for its ``restore_days`` they can be restored.

    ``taker`` stands for them in the invitations they sent. ``reason`` is for the admins.

    :raises InvalidTaker: as its name says.
    """
    at = clock.now()
    done = _removed(actor, chosen, at, reason, taker, seen_at)
    finish(actor, done)
    note(actor, Event.MEMBER_REMOVED, done, via)
    return done


@action(needs=Permission.MEMBERS_MANAGE, records=Event.REMOVAL_DATED)
def date_removal(
    actor: Actor,
    *,
    chosen: QuerySet[Member],
    on: datetime,
    reason: str = "",
    taker: Member | None = None,
    seen_at: datetime | None = None,
    via: str = "",
) -> Done:
    """Have members removed at a moment to come; until then nothing changes for them, and it can be cancelled.

    Whoever asked for it is told the day by mail.

    :raises InvalidRemovalDay, InvalidTaker: as their names say.
    """
    if not clock.now() < on <= clock.now() + FARTHEST:
        raise InvalidRemovalDay
    done = _removed(actor, chosen, on, reason, taker, seen_at)
    asked = {one.member_id for one in _answer_requests(actor, done)}
    tell(done.only(asked), Kind.LEAVE_APPROVED, facts={"on_at": on.isoformat()})
    note(actor, Event.REMOVAL_DATED, done, via, fields=("removed_at",))
    return done


def _removed(
    actor: Actor, chosen: QuerySet[Member], on: datetime, reason: str, taker: Member | None, seen_at: datetime | None
) -> Done:
    done = lock(actor, Step.REMOVE, chosen, seen_at)
    if taker is not None and not _can_take(actor, taker, done):
        raise InvalidTaker
    save(
        done.ids,
        ends_access=on <= clock.now(),
        removed_at=on,
        restorable_until=on + timedelta(days=done.workspace.restore_days),
        removal_reason=" ".join(reason.split())[:LONGEST_REASON],
        taker_id=taker.pk if taker else None,
    )
    return done


def _can_take(actor: Actor, taker: Member, done: Done) -> bool:
    return taker.workspace_id == actor.workspace_id and taker.pk not in done.ids and may_take_over(taker)


def finish(actor: Actor, done: Done) -> None:
    """End what removed members had here, and tell them; part of the action that removes, or of the worker's."""
    end_what_they_had(done)
    _answer_requests(actor, done)
    tell(done, Kind.REMOVED, more=lambda one: {"until_at": (one.restorable_until or clock.now()).isoformat()})


def _answer_requests(actor: Actor, done: Done) -> list[LeaveRequest]:
    asked = open_requests(done)
    outbox.withdraw_about([one.uid for one in asked])
    answered = LeaveRequest.objects.filter(pk__among=[one.pk for one in asked])
    answered.update(approved_at=clock.now(), answered_by_id=actor.id if actor.kind == "member" else None)
    return asked


@action(needs=Permission.MEMBERS_MANAGE, records=Event.REMOVAL_CANCELLED)
def cancel_removal(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """Call off a removal that is ahead."""
    done = lock(actor, Step.CANCEL_REMOVAL, chosen, seen_at)
    save(done.ids, ends_access=False, **NOT_REMOVED)
    note(actor, Event.REMOVAL_CANCELLED, done, via, fields=("removed_at",))
    return done


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_RESTORED)
def restore_all(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """Bring removed members back with everything as it was; each is what they were before.

    Rights that the actor does not hold, or not for as long, do not come back: nobody grants more than they hold
    (PRODUCT.md §4.10). Whoever has got an own password meanwhile has come.
    """
    done = _refuse_without_id(lock(actor, Step.RESTORE, chosen, seen_at))
    own = Member.objects.filter(pk__among=done.ids, activated_at=None).exclude(account__password="")
    came = set(own.values_list("pk", flat=True)) if done.ids else set()
    save([pk for pk in done.ids if pk not in came], **NOT_REMOVED)
    save(list(came), activated_at=clock.now(), **NOT_REMOVED)
    fewer = _keep_rights_away(actor, done, via)
    tell(done, Kind.RESTORED, more=lambda member: {"opens": rules.opens(member), "fewer": member.pk in fewer})
    note(actor, Event.MEMBER_RESTORED, done, via)
    return done


def _keep_rights_away(actor: Actor, done: Done, via: str) -> set[int]:
    """Take what the actor could not give, and tell the trail which rights; returns whose they were."""
    away = Grant.objects.filter(beyond(actor), member_id__among=done.ids)
    lost: dict[int, list[str]] = {}
    for member_id, code in away.order_by("member_id", "permission").values_list("member_id", "permission"):
        lost.setdefault(member_id, []).append(code)
    away.delete()
    for member_id, codes in lost.items():
        record(actor, Event.PERMISSIONS_CHANGED, subject_kind="member", subject_id=member_id, fields=codes, via=via)
    return set(lost)


def _refuse_without_id(done: Done) -> Done:
    own = Address.objects.filter(account_id__among=done.accounts, kind=Address.ID)
    with_id = set(own.values_list("account_id", flat=True))
    pairs = list(zip(done.ids, done.accounts, strict=True))
    kept = [(pk, account_id) for pk, account_id in pairs if account_id in with_id]
    lost = read(done.workspace, [pk for pk, account_id in pairs if account_id not in with_id])
    refused = [*done.refused, *((member, IdTakenMeanwhile()) for member in lost)]
    return Done(done.workspace, [pk for pk, _account in kept], [account_id for _pk, account_id in kept], refused)


@action(needs=Permission.MEMBERS_MANAGE, records=Event.ERASURE_ORDERED)
def order_erasure(actor: Actor, *, chosen: QuerySet[Member], seen_at: datetime | None = None, via: str = "") -> Done:
    """End the time for restoring of removed members at once; the worker erases what is left.

    :raises NotAllowed: unless the actor is a super admin.
    """
    if not actor.is_super_admin:
        raise NotAllowed
    done = lock(actor, Step.ERASE, chosen, seen_at)
    save(done.ids, ends_access=False, restorable_until=clock.now())
    note(actor, Event.ERASURE_ORDERED, done, via)
    return done


def remove(actor: Actor, *, member_uid: str, reason: str = "") -> Member:
    """Remove one member now.

    :raises NotFound, StateChanged, HigherRank, LastSuperAdmin, NotOneselfAlone: why not.
    """
    return remove_all(actor, chosen=named(actor, member_uid), reason=reason).alone()


def restore(actor: Actor, *, member_uid: str) -> Member:
    """Restore one member.

    :raises NotFound, StateChanged, WindowOver, HigherRank, IdTakenMeanwhile: why not.
    """
    return restore_all(actor, chosen=named(actor, member_uid)).alone()
