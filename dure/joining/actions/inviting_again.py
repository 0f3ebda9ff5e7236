"""Sending invitations again, withdrawing many, inviting anew, and copying a link by hand (PRODUCT.md §4.2, §4.7 c)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.action import action, record, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.joining import letters, limits, queries, rules
from dure.joining.actions.inviting import AlreadyInvited, JustMailed, NoMailServer, free_at, locked
from dure.joining.actions.inviting_many import Draft, Verdict, judge, write
from dure.joining.models import Invitation
from dure.joining.pasted import Entry
from dure.joining.people import AlreadyMember, BeingErased, RemovedMember
from dure.mail import outbox
from dure.members import queries as members

MOST = 500
"""Invitations that are sent again or withdrawn at once."""


class TooManyChosen(DomainError):
    """More than 500."""

    code = "too_many_chosen"
    message = _("At most 500 invitations at once.")


@dataclass(frozen=True)
class Done:
    """How many were sent again or withdrawn, and why others were left as they are."""

    done: int
    over: int
    just_mailed: int = 0
    no_room: int = 0
    frees_at: datetime | None = None


class _Nothing(Exception):
    """Nothing was written; the transaction ends without an event."""

    def __init__(self, result: Done) -> None:
        super().__init__()
        self.result = result


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITED_AGAIN)
def send_again(actor: Actor, *, invitation_uid: str) -> Invitation:
    """Mail one more link; those that were mailed before stay good, and the invitation waits its full time again.

    :raises NotFound, InvitationEnded: as in ``locked``.
    :raises NoMailServer: as its name says.
    :raises JustMailed, TooManyInvitations: not at this moment.
    """
    if not outbox.can_send():
        locked(actor, invitation_uid)
        raise NoMailServer
    room = limits.lock(actor.workspace_id or 0)
    invitation = locked(actor, invitation_uid)
    if queries.just_mailed(Invitation.objects.filter(pk=invitation.pk)):
        raise JustMailed(free_at(invitation))
    limits.spend(room, 1)
    _send(actor, [invitation])
    return invitation


def _send(actor: Actor, found: Sequence[Invitation]) -> None:
    """Prolong, mail and record; part of an action that has checked everything."""
    expires_at = clock.now() + rules.LASTS
    for one in found:
        one.expires_at = expires_at
    again = Invitation.objects.filter(pk__among=[one.pk for one in found])
    again.update(expires_at=expires_at, remind_at=expires_at - rules.REMINDED)
    letters.post_invitations(found)
    subjects: dict[int | None, str] = {one.pk: "" for one in found}
    record_many(actor, Event.INVITED_AGAIN, subject_kind="invitation", subjects=subjects)


def send_again_many(actor: Actor, *, invitation_uids: Sequence[str]) -> Done:
    """Mail one more link for each of these that waits, as ``send_again`` does; the others are left as they are.

    :raises NotAllowed: without *Member management*.
    :raises TooManyChosen: more than 500.
    :raises NoMailServer: as its name says.
    """
    return _many(_send_again_many, actor, invitation_uids)


def withdraw_many(actor: Actor, *, invitation_uids: Sequence[str]) -> Done:
    """Take these back, as ``inviting.withdraw`` does; those that are over are left as they are.

    :raises NotAllowed: without *Member management*.
    :raises TooManyChosen: more than 500.
    """
    return _many(_withdraw_many, actor, invitation_uids)


def _many(step: Callable[..., Done], actor: Actor, uids: Sequence[str]) -> Done:
    if len(uids) > MOST:
        raise TooManyChosen
    try:
        return step(actor, invitation_uids=list(dict.fromkeys(uids)))
    except _Nothing as nothing:
        return nothing.result


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITED_AGAIN)
def _send_again_many(actor: Actor, *, invitation_uids: list[str]) -> Done:
    if not outbox.can_send():
        raise NoMailServer
    room = limits.lock(actor.workspace_id or 0)
    found = list(_waiting(actor, invitation_uids))
    recent = queries.just_mailed(Invitation.objects.filter(pk__among=[one.pk for one in found]))
    able = [one for one in found if one not in recent]
    sent = able[: room.left]
    result = Done(
        done=len(sent),
        over=len(invitation_uids) - len(found),
        just_mailed=len(recent),
        no_room=len(able) - len(sent),
        frees_at=room.frees_at,
    )
    if not sent:
        raise _Nothing(result)
    limits.spend(room, len(sent))
    _send(actor, sent)
    return result


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITATION_WITHDRAWN)
def _withdraw_many(actor: Actor, *, invitation_uids: list[str]) -> Done:
    found, at = list(_waiting(actor, invitation_uids)), clock.now()
    result = Done(done=len(found), over=len(invitation_uids) - len(found))
    if not found:
        raise _Nothing(result)
    taken = Invitation.objects.filter(pk__among=[one.pk for one in found])
    taken.update(withdrawn_at=at, ended_at=at, details={})
    outbox.withdraw_about(one.uid for one in found)
    subjects: dict[int | None, str] = {one.pk: "" for one in found}
    record_many(actor, Event.INVITATION_WITHDRAWN, subject_kind="invitation", subjects=subjects)
    return result


def _waiting(actor: Actor, uids: list[str]) -> QuerySet[Invitation]:
    """Lock those of these that wait here, always in the same order."""
    own = queries.living(queries.invitations(actor.workspace_id or 0)).filter(uid__among=uids)
    return own.select_related("workspace").select_for_update(of=("self",), no_key=True).order_by("id")


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITED)
def invite_anew(actor: Actor, *, invitation_uid: str) -> Invitation:
    """Invite the address of an invitation that is over once more, with the same name, language and message, and the
    day on which it opens, while that is ahead.

    :raises NotFound: no such invitation here.
    :raises AlreadyInvited, AlreadyMember, RemovedMember, BeingErased: what the address is by now.
    :raises JustMailed, TooManyInvitations: not at this moment.
    """
    workspace = members.workspace_of(actor)
    room = limits.lock(workspace.pk)
    before = queries.invitations(workspace).filter(uid=invitation_uid).first()
    if before is None:
        raise NotFound
    names = (before.family_name, before.given_name, before.name_language)
    entry = Entry(1, before.address, before.address, *names)
    outcome = judge(actor, workspace, [entry], "", max(room.left, 1))[0]
    if outcome.verdict is Verdict.JUST_MAILED:
        raise JustMailed(free_at(before))
    if outcome.verdict is Verdict.REMOVED and outcome.member:
        raise RemovedMember(outcome.member)
    refused = {Verdict.WAITING: AlreadyInvited, Verdict.MEMBER: AlreadyMember, Verdict.BEING_ERASED: BeingErased}
    if outcome.verdict in refused:
        raise refused[outcome.verdict]
    ahead = before.starts_at if before.starts_at and before.starts_at > clock.now() else None
    inviter = actor.id if actor.kind == "member" else None
    draft = Draft(workspace, before.language, before.message, inviter, starts_at=ahead)
    return write(actor, draft, room, [entry])[before.address]


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITATION_LINK_COPIED)
def copy_link(actor: Actor, *, invitation_uid: str) -> str:
    """Return the secret of one more link for an admin to hand over; since they saw it, it proves no address (§4.2).

    :raises NotFound, InvitationEnded: as in ``locked``.
    """
    invitation = locked(actor, invitation_uid)
    link = letters.add_links([invitation], proves_address=False)[0]
    handle = link.partition(".")[0]
    record(actor, Event.INVITATION_LINK_COPIED, subject_kind="invitation", subject_id=invitation.pk, via=handle)
    return link
