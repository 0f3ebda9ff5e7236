"""Registration by an admin (K4 N1 N2 N3 N4 N5)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.accounts.models import Address
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.joining.actions import inviting
from dure.joining.models import Invitation
from dure.joining.people import Known, Person, Place, known_of, make_place, refuse_member
from dure.mail import outbox
from dure.members import queries
from dure.members.actions import editing, handing
from dure.members.actions.handing import Handed, Method
from dure.members.actions.sending_again import check_typed
from dure.members.models import Member
from dure.workspaces.models import Workspace


class NoPrivateAddress(DomainError):
    """The mail should go to a private address, and there is none."""

    code = "no_private_address"
    message = _("Write the private address the mail should go to.")
    field = "private_address"


class AlreadySubmitted(Exception):
    """The same form came a second time; ``member`` is what the first one made."""

    def __init__(self, member: Member) -> None:
        super().__init__(member.uid)
        self.member = member


@dataclass(frozen=True)
class Registered:
    """The new member, and what there is to hand over; nothing when the same form came twice."""

    member: Member
    handed: Handed | None


@dataclass(frozen=True)
class Invited:
    """The ID signs somebody in already, so a mail asks them to accept the place; ``is_new`` unless sent twice.

    Without a mail server (``mailed`` false) they find it under *My workspaces* after signing in.
    """

    invitation: Invitation
    is_new: bool
    mailed: bool


def register_member(actor: Actor, *, submission: str, **typed: Any) -> Registered | Invited:
    """Give a person an ID and a place in this workspace (K4).

    ``typed``: ``id``, ``family_name``, ``given_name``, ``language``, ``private_address``, ``method`` (how they come to
    their first password), ``send_to`` (``id`` or ``private``, for the link), ``password`` (the admin's own), and
    ``starts_on`` (a date in the workspace's time zone, or None for now), ``details`` (the profile) and ``photo`` (the
    name of a stored one). The same ``submission`` a second time registers nobody and returns the first one's member.
    Somebody who signs in on this server already is invited, whatever the method: nobody gives them a password.

    :raises NotAllowed: without *Member management*.
    :raises InvalidAddress, InvalidName, NoPrivateAddress, InvalidStart, PasswordRefused: what was typed.
    :raises AlreadyMember: the ID is a member here.
    :raises AlreadyInvited: an invitation to the ID waits for its answer.
    """
    try:
        return _register(actor, submission=submission, **typed)
    except AlreadySubmitted as again:
        return Registered(member=again.member, handed=None)
    except addresses.AddressTaken:
        return _invite(actor, submission, typed)


def _invite(actor: Actor, submission: str, typed: dict[str, Any]) -> Invited:
    try:
        invitation = inviting.invite(actor, submission=submission, known=typed)
    except inviting.AlreadySubmitted as again:
        return Invited(again.invitation, is_new=False, mailed=outbox.can_send())
    return Invited(invitation, is_new=True, mailed=outbox.can_send())


def _check(
    actor: Actor,
    *,
    submission: str,
    send_to: str = Address.ID,
    method: Method = Method.MEMBER,
    password: str = "",
    **typed: Any,
) -> dict[str, Any]:
    workspace, known = queries.workspace_of(actor), known_of(actor, **typed)
    somebody = known.somebody
    if method is Method.MEMBER and send_to == Address.PRIVATE and not somebody.private:
        raise NoPrivateAddress
    code = {"password": "", "encoded": ""}
    if method is Method.ADMIN:
        words = [workspace.name, somebody.id, somebody.private, somebody.family_name, somebody.given_name]
        code = check_typed(password, context=words, minimum=workspace.password_minimum)
    return {"known": known, "method": method, "send_to": send_to, **code}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_REGISTERED, before=_check)
def _register(
    actor: Actor,
    *,
    known: Known,
    submission: str,
    method: Method,
    send_to: str,
    password: str,
    encoded: str,
    **_typed: Any,
) -> Registered:
    workspace = queries.workspace_of(actor)
    window = handing.window(method, known.starts_at, workspace)
    place = _place(workspace, known.somebody, submission, starts_at=known.starts_at, window=window)
    inviting.withdraw_for(actor, known.somebody.id)
    editing.fill_new(place.member, known.details, known.photo)
    handed = handing.issue([place.member], method, to=send_to, typed=password, encoded=encoded)[0]
    fields = ["id", "family_name", "given_name", "language"]
    fields += ["private_address"] * bool(place.private) + ["starts_at"] * bool(known.starts_at)
    fields += [name for name, value in known.details.items() if value] + ["photo"] * bool(known.photo)
    fields += ["temporary_password"] * bool(handed.password)
    record(
        actor,
        Event.MEMBER_REGISTERED,
        subject_kind="member",
        subject_id=place.member.pk,
        fields=fields,
        via=handed.via,
    )
    return Registered(member=place.member, handed=handed)


def _place(workspace: Workspace, somebody: Person, submission: str, **start: Any) -> Place:
    """Write the rows; when the database refuses them, tell why.

    A form that was sent, gone back to and sent with another ID is about another person.
    """
    try:
        return make_place(workspace, somebody, submission=submission, **start)
    except addresses.AddressTaken:
        before = queries.of(workspace).filter(submission=submission).first()
        holder = addresses.holder(somebody.id)
        if before and holder and before.account_id == holder.account_id:
            raise AlreadySubmitted(before) from None
        if before and holder is None:
            return make_place(workspace, somebody, **start)
        if holder:
            refuse_member(workspace, holder)
        raise
