"""Registration by an admin (K4 N1 N2 N5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.accounts.models import Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.secrets import LIFETIMES, Purpose
from dure.joining.people import Person, Place, make_place, person
from dure.members import queries
from dure.members.actions.admitting import hand_link
from dure.members.models import Member
from dure.workspaces.models import Workspace


class AlreadyMember(DomainError):
    """The ID belongs to a member of this workspace."""

    code = "already_member"
    message = _("This ID is a member of this workspace already.")
    field = "id"
    status = 409


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
    """The new member; ``link`` is the set-password secret when there is no mail server to send it."""

    member: Member
    link: str


def register_member(actor: Actor, *, submission: str, **typed: Any) -> Registered:
    """Give a person an ID and a place in this workspace; they set their password from a mail (K5).

    ``typed``: ``id``, ``family_name``, ``given_name``, ``language``, ``private_address``, ``send_to`` (``id`` or
    ``private``). The same ``submission`` a second time registers nobody and returns the first one's member.

    :raises NotAllowed: without *Member management*.
    :raises InvalidAddress, InvalidName, NoPrivateAddress: what was typed.
    :raises AlreadyMember: the ID is a member here.
    :raises AddressTaken: the ID signs somebody in elsewhere on this server; nothing was written.
    """
    try:
        return _register(actor, submission=submission, **typed)
    except AlreadySubmitted as again:
        return Registered(member=again.member, link="")


def _check(_actor: Actor, *, submission: str, send_to: str, **typed: Any) -> dict[str, Any]:
    somebody = person(private=typed.pop("private_address"), **typed)
    if send_to == Address.PRIVATE and not somebody.private:
        raise NoPrivateAddress
    return {"somebody": somebody}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_REGISTERED, before=_check)
def _register(actor: Actor, *, somebody: Person, submission: str, send_to: str, **_typed: Any) -> Registered:
    workspace = queries.workspace_of(actor)
    deadline_at = clock.now() + LIFETIMES[Purpose.SET_PASSWORD]
    place = _place(workspace, somebody, submission, deadline_at)
    to = place.private if send_to == Address.PRIVATE and place.private else place.id
    handed = hand_link(place.member, to, somebody.id)
    record(
        actor,
        Event.MEMBER_REGISTERED,
        subject_kind="member",
        subject_id=place.member.pk,
        fields=["id", "family_name", "given_name", "language", *(["private_address"] if place.private else [])],
    )
    return Registered(member=place.member, link=handed.shown)


def _place(workspace: Workspace, somebody: Person, submission: str, deadline_at: datetime) -> Place:
    """Write the rows; when the database refuses them, tell why.

    A form that was sent, gone back to and sent with another ID is about another person.
    """
    try:
        return make_place(workspace, somebody, submission=submission, deadline_at=deadline_at)
    except addresses.AddressTaken:
        before = queries.of(workspace).filter(submission=submission).first()
        holder = addresses.holder(somebody.id)
        if before and holder and before.account_id == holder.account_id:
            raise AlreadySubmitted(before) from None
        if before and holder is None:
            return make_place(workspace, somebody, deadline_at=deadline_at)
        if holder and queries.of(workspace).filter(account_id=holder.account_id).exists():
            raise AlreadyMember from None
        raise
