"""Registration by an admin (K4 N1 N2 N3 N4 N5)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.accounts.models import Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.joining.people import Person, Place, make_place, person
from dure.members import profile, queries
from dure.members.actions import editing, handing
from dure.members.actions.handing import Handed, Method
from dure.members.actions.sending_again import check_typed
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


class InvalidStart(DomainError):
    """A day that has passed, or more than a year ahead."""

    code = "invalid_start"
    message = _("Choose today or a day within the next year.")
    field = "starts_on"


@dataclass(frozen=True)
class Registered:
    """The new member, and what there is to hand over; nothing when the same form came twice."""

    member: Member
    handed: Handed | None


def register_member(actor: Actor, *, submission: str, **typed: Any) -> Registered:
    """Give a person an ID and a place in this workspace (K4).

    ``typed``: ``id``, ``family_name``, ``given_name``, ``language``, ``private_address``, ``method`` (how they come to
    their first password), ``send_to`` (``id`` or ``private``, for the link), ``password`` (the admin's own), and
    ``starts_on`` (a date in the workspace's time zone, or None for now), ``details`` (the profile) and ``photo`` (the
    name of a stored one). The same ``submission`` a second time
    registers nobody and returns the first one's member.

    :raises NotAllowed: without *Member management*.
    :raises InvalidAddress, InvalidName, NoPrivateAddress, InvalidStart, PasswordRefused: what was typed.
    :raises AlreadyMember: the ID is a member here.
    :raises AddressTaken: the ID signs somebody in elsewhere on this server; nothing was written.
    """
    try:
        return _register(actor, submission=submission, **typed)
    except AlreadySubmitted as again:
        return Registered(member=again.member, handed=None)


def _check(
    actor: Actor,
    *,
    submission: str,
    send_to: str = Address.ID,
    method: Method = Method.MEMBER,
    password: str = "",
    starts_on: date | None = None,
    details: dict[str, str] | None = None,
    photo: str = "",
    **typed: Any,
) -> dict[str, Any]:
    workspace = queries.workspace_of(actor)
    somebody = person(private=typed.pop("private_address", ""), **typed)
    if method is Method.MEMBER and send_to == Address.PRIVATE and not somebody.private:
        raise NoPrivateAddress
    starts_at = start_of(starts_on, workspace)
    known = profile.clean(details or {}, workspace.time_zone)
    code = {"password": "", "encoded": ""}
    if method is Method.ADMIN:
        words = [workspace.name, somebody.id, somebody.private, somebody.family_name, somebody.given_name]
        code = check_typed(password, context=words, minimum=workspace.password_minimum)
    checked = {"somebody": somebody, "starts_at": starts_at, "method": method, "send_to": send_to}
    return {**checked, **code, "details": known, "photo": photo}


def start_of(day: date | None, workspace: Workspace) -> datetime | None:
    """Return when a day begins in the workspace's time zone; None for today.

    :raises InvalidStart: as its name says.
    """
    zone = ZoneInfo(workspace.time_zone)
    today = clock.now().astimezone(zone).date()
    if day is None or day == today:
        return None
    if not today < day <= today + timedelta(days=366):
        raise InvalidStart
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_REGISTERED, before=_check)
def _register(
    actor: Actor,
    *,
    somebody: Person,
    submission: str,
    method: Method,
    send_to: str,
    starts_at: datetime | None,
    password: str,
    encoded: str,
    details: dict[str, str],
    photo: str,
    **_typed: Any,
) -> Registered:
    workspace = queries.workspace_of(actor)
    place = _place(workspace, somebody, submission, starts_at=starts_at, window=handing.window(method, starts_at))
    editing.fill_new(place.member, details, photo)
    handed = handing.issue([place.member], method, to=send_to, typed=password, encoded=encoded)[0]
    fields = ["id", "family_name", "given_name", "language"]
    fields += ["private_address"] * bool(place.private) + ["starts_at"] * bool(starts_at)
    fields += [name for name, value in details.items() if value] + ["photo"] * bool(photo)
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
        if holder and queries.of(workspace).filter(account_id=holder.account_id).exists():
            raise AlreadyMember from None
        raise
