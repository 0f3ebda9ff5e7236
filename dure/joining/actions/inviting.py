"""Inviting somebody who has an account already: a mail asks them to accept the place (PRODUCT.md §4.1, §4.7 c)."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from dure.accounts.addresses import AddressTaken
from dure.accounts.models import Account
from dure.core import clock
from dure.core.action import Untold, action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.joining import letters, limits, queries, rules
from dure.joining.actions.expiring import close_those
from dure.joining.models import Invitation, InvitationToken
from dure.joining.people import Known, known_of, refuse_member
from dure.joining.rules import State
from dure.mail import outbox
from dure.members import queries as members
from dure.members.actions.editing import refuse_taken_number


class AlreadyInvited(DomainError):
    """An invitation to this address waits for its answer."""

    code = "already_invited"
    message = _(
        "An invitation to this address is waiting for its answer already. "
        "Under Invitations you can send it again or withdraw it."
    )
    field = "id"
    status = 409


class InvitationEnded(DomainError):
    """Accepted, declined, withdrawn or run out; ``state`` says which."""

    code = "invitation_ended"
    message = _("This invitation is over.")
    status = 409

    def __init__(self, state: State) -> None:
        super().__init__()
        self.state = state


class NoMailServer(DomainError):
    """There is nothing to send with, and a link is never shown to an admin (PRODUCT.md §4.2)."""

    code = "no_mail_server"
    message = _("No mail server is set. They find the invitation under “My workspaces” after signing in.")
    status = 409


LINKS_BY_THEMSELVES = 10
"""Mailed links of one invitation; after so many only an admin sends another."""


class JustMailed(DomainError):
    """The address had an invitation mailed within five minutes; ``free_at`` is when the next one may go."""

    code = "just_mailed"
    message = _("A mail went to this address a moment ago. The next one may go at %(time)s.")
    status = 429

    def __init__(self, free_at: datetime) -> None:
        super().__init__()
        self.free_at = free_at

    def sentence(self) -> str:
        """Return the message, in the reader's time."""
        return str(self.message) % {"time": date_format(localtime(self.free_at), limits.TIME)}


class AlreadySubmitted(Exception):
    """The same form came a second time; ``invitation`` is what the first one made."""

    def __init__(self, invitation: Invitation) -> None:
        super().__init__(invitation.uid)
        self.invitation = invitation


def free_at(invitation: Invitation) -> datetime:
    """Return when the next mail may go to the address of an invitation."""
    last = invitation.tokens.filter(proves_address=True).order_by("-issued_at").first()
    return (last.issued_at if last else clock.now()) + rules.BETWEEN_MAILS


def _check(actor: Actor, *, known: dict[str, Any], **_rest: Any) -> dict[str, Any]:
    return {"known": known_of(actor, **known)}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITED, before=_check)
def invite(actor: Actor, *, submission: str, known: Any) -> Invitation:
    """Offer a place to whoever signs in with an address; nothing of theirs changes until they accept.

    ``known`` is what was typed, as in ``register_member``.
    What was typed as a password goes nowhere, and a private address is not kept: both belong to the account's owner.

    :raises AlreadyMember: they are a member here.
    :raises AlreadyInvited: an invitation to this address waits.
    :raises AlreadySubmitted: the same form a second time.
    :raises AddressTaken: nobody signs in with the address any more; registering is possible again.
    :raises JustMailed, TooManyInvitations: not at this moment.
    """
    workspace = members.workspace_of(actor)
    room = limits.lock(workspace.pk)
    holder = queries.signing_in([known.somebody.id]).first()
    if holder is None:
        raise AddressTaken
    Account.objects.select_for_update().get(pk=holder.account_id)
    refuse_member(workspace, holder)
    at = clock.now()
    invitation = _written(actor, known, at)
    invitation.workspace, invitation.submission = workspace, submission
    _insert(actor, invitation, at)
    _refuse_just_mailed(invitation, at)
    refuse_taken_number(workspace.pk, invitation.details)
    limits.spend(room, 1)
    letters.post_invitations([invitation], anew=False)
    fields = ["id", "family_name", "given_name", "language", *invitation.details]
    fields += ["starts_at"] * bool(known.starts_at) + ["photo"] * bool(known.photo)
    record(actor, Event.INVITED, subject_kind="invitation", subject_id=invitation.pk, fields=fields)
    return invitation


def _refuse_just_mailed(invitation: Invitation, at: datetime) -> None:
    """Leave an address in peace whose earlier invitation was mailed, and ended, a moment ago."""
    same = queries.invitations(invitation.workspace_id).filter(address=invitation.address)
    for before in queries.just_mailed(same.filter(ended_at__gt=at - rules.BETWEEN_MAILS)):
        raise JustMailed(free_at(before))


def _written(actor: Actor, known: Known, at: datetime) -> Invitation:
    expires_at = at + rules.LASTS
    return Invitation(
        address=known.somebody.id,
        family_name=known.somebody.family_name,
        given_name=known.somebody.given_name,
        name_language=known.somebody.name_language,
        language=known.somebody.language,
        details={name: value for name, value in known.details.items() if value},
        photo=known.photo,
        starts_at=known.starts_at,
        invited_by_id=actor.id if actor.kind == "member" else None,
        invited_at=at,
        expires_at=expires_at,
        remind_at=expires_at - rules.REMINDED,
    )


def _insert(actor: Actor, invitation: Invitation, at: datetime) -> None:
    """Write the row; when the database refuses it, tell why. One that has run out makes room first."""
    own = queries.invitations(invitation.workspace_id)
    close_those(actor, own.filter(queries.run_out(), address=invitation.address), at)
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError:
        before = own.filter(submission=invitation.submission).first()
        if before and before.address == invitation.address:
            raise AlreadySubmitted(before) from None
        if before is None or own.filter(address=invitation.address, ended_at=None).exists():
            raise AlreadyInvited from None
        invitation.submission = None  # the form was gone back to and sent with another address
        invitation.save(force_insert=True)


def locked(actor: Actor, invitation_uid: str) -> Invitation:
    """Lock an invitation of the actor's workspace that waits; part of an action.

    :raises NotFound: no such invitation here.
    :raises InvitationEnded: as its name says.
    """
    own = (
        queries.invitations(actor.workspace_id).select_related("workspace").select_for_update(of=("self",), no_key=True)
    )
    invitation = own.filter(uid=invitation_uid).first()
    if invitation is None:
        raise NotFound
    if rules.state_of(invitation) is not State.WAITING:
        raise InvitationEnded(rules.state_of(invitation))
    return invitation


def ask_again(actor: Actor, *, handle: str) -> None:
    """Mail one more link to the same address, for whoever opened one in another browser (PRODUCT.md §4.6).

    Anybody can ask for it, so it prolongs nothing, comes at most every five minutes and ten times, and says nothing.
    """
    token = queries.by_handle(handle)
    if token is not None:
        with suppress(Untold):
            _mail_again(actor, invitation_id=token.invitation_id)


@action(needs=None, records=Event.INVITED_AGAIN)
def _mail_again(actor: Actor, *, invitation_id: int) -> None:
    joined = Invitation.objects.select_related("workspace").select_for_update(of=("self",), no_key=True)
    same = joined.filter(pk=invitation_id)
    invitation = same.first()
    if invitation is None or rules.state_of(invitation) is not State.WAITING or queries.just_mailed(same):
        raise Untold
    if invitation.tokens.filter(proves_address=True).count() >= LINKS_BY_THEMSELVES:
        raise Untold
    letters.post_invitations([invitation])
    record(
        actor, Event.INVITED_AGAIN, subject_kind="invitation", subject_id=invitation.pk,
        workspace_id=invitation.workspace_id,
    )  # fmt: skip


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITATION_WITHDRAWN)
def withdraw(actor: Actor, *, invitation_uid: str) -> Invitation:
    """Take an invitation back: every link of it ends, and what was written about the person is wiped.

    :raises NotFound, InvitationEnded: as in ``locked``.
    """
    invitation = locked(actor, invitation_uid)
    end(invitation, "withdrawn_at")
    record(actor, Event.INVITATION_WITHDRAWN, subject_kind="invitation", subject_id=invitation.pk)
    return invitation


def end(invitation: Invitation, how: str) -> datetime:
    """End an invitation by one conditional UPDATE and wipe what was written about the person; part of an action.

    The file of a photo goes with the worker's next round, because a transaction cannot bring it back.

    :raises InvitationEnded: somebody else, or the clock, was faster.
    """
    at = clock.now()
    if queries.living(Invitation.objects.filter(pk=invitation.pk)).update(**{how: at}, ended_at=at, details={}) != 1:
        raise InvitationEnded(rules.state_of(Invitation.objects.get(pk=invitation.pk)))
    outbox.withdraw_about([invitation.uid])
    return at


def withdraw_for(actor: Actor, address: str) -> None:
    """Take back what waits at an address whose owner was let in another way; part of that action."""
    waiting = queries.invitations(actor.workspace_id).filter(address=address, ended_at=None).first()
    if waiting is None:
        return
    at = clock.now()
    queries.invitations(actor.workspace_id).filter(pk=waiting.pk).update(withdrawn_at=at, ended_at=at, details={})
    outbox.withdraw_about([waiting.uid])
    record(actor, Event.INVITATION_WITHDRAWN, subject_kind="invitation", subject_id=waiting.pk)


def note_opened(actor: Actor, *, token: InvitationToken) -> None:
    """Note that somebody pressed the first button of an invitation's page, which no mail scanner does; once."""
    if token.invitation.opened_at is None:
        with suppress(_OpenedBefore):
            _note_opened(actor, token=token)


class _OpenedBefore(Exception):
    """Another tab was faster."""


@action(needs=None, records=Event.INVITATION_OPENED)
def _note_opened(actor: Actor, *, token: InvitationToken) -> None:
    own, at = token.invitation, clock.now()
    if queries.living(Invitation.objects.filter(pk=own.pk, opened_at=None)).update(opened_at=at) != 1:
        raise _OpenedBefore
    own.opened_at = at
    record(
        actor, Event.INVITATION_OPENED, subject_kind="invitation", subject_id=own.pk, via=token.uid,
        workspace_id=own.workspace_id,
    )  # fmt: skip
