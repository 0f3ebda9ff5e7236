"""What is known about somebody who comes, and their account and membership: shared by every way in."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.members import indexing, names, profile, queries, rules
from dure.members.actions.handing import Window
from dure.members.models import Member
from dure.workspaces.models import Workspace


@dataclass(frozen=True)
class Person:
    """Somebody as typed, checked: canonical address, clean names."""

    id: str
    family_name: str
    given_name: str
    language: str
    private: str = ""

    @property
    def name_language(self) -> str:
        """The language the name is written in."""
        return names.language_of(self.family_name, self.given_name, self.language)


def person(*, id: str, family_name: str, given_name: str, language: str, private: str = "") -> Person:
    """Check what was typed about somebody.

    :raises InvalidAddress: ID or private address.
    :raises InvalidName: the names.
    """
    family_name, given_name = names.clean_names(family_name, given_name)
    return Person(
        id=addresses.canonical(id),
        family_name=family_name,
        given_name=given_name,
        language=language,
        private=_private(private),
    )


class InvalidPrivateAddress(addresses.InvalidAddress):
    """The private address, not the ID, is wrong."""

    code = "invalid_private_address"
    field = "private_address"

    def __init__(self, why: addresses.InvalidAddress) -> None:
        super().__init__(**why.facts)
        self.message = why.message


def _private(address: str) -> str:
    try:
        return addresses.canonical(address) if address.strip() else ""
    except addresses.InvalidAddress as refused:
        raise InvalidPrivateAddress(refused) from None


class InvalidStart(DomainError):
    """A day that has passed, or more than a year ahead."""

    code = "invalid_start"
    message = _("Choose today or a day within the next year.")
    field = "starts_on"


@dataclass(frozen=True)
class Known:
    """What an admin typed about somebody, checked; ``photo`` is the name of a stored one."""

    somebody: Person
    starts_at: datetime | None
    details: dict[str, str]
    photo: str


def known_of(actor: Actor, **typed: Any) -> Known:
    """Check what an admin typed about somebody: names, addresses, the day they start, the profile.

    :raises InvalidAddress, InvalidName, InvalidStart, InvalidField: what was typed.
    """
    workspace = queries.workspace_of(actor)
    who = {name: typed[name] for name in ("id", "family_name", "given_name", "language")}
    return Known(
        somebody=person(private=typed.get("private_address", ""), **who),
        starts_at=start_of(typed.get("starts_on"), workspace),
        details=profile.clean(typed.get("details") or {}, workspace.time_zone),
        photo=typed.get("photo", ""),
    )


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


class AlreadyMember(DomainError):
    """The ID belongs to a member of this workspace."""

    code = "already_member"
    message = _("This ID is a member of this workspace already.")
    field = "id"
    status = 409


class RemovedMember(AlreadyMember):
    """The ID belongs to somebody who was removed; ``member`` can be restored (PRODUCT.md §4.4)."""

    code = "removed_member"
    message = _("This ID belongs to a member who was removed. Restore them, and everything is as it was.")

    def __init__(self, member: Member) -> None:
        super().__init__()
        self.member = member


class BeingErased(AlreadyMember):
    """What is left of a removed member with this ID goes within a minute."""

    code = "being_erased"
    message = _("A removed member with this ID is being erased at this moment. Try again in a minute.")


def refuse_member(workspace: Workspace, holder: Address) -> None:
    """Refuse somebody who is a member of the workspace, or was removed and can be restored.

    :raises AlreadyMember: as its name and its kinds say.
    """
    member = queries.of(workspace).filter(account_id=holder.account_id).first()
    if member is None:
        return
    if rules.is_here(member):
        raise AlreadyMember
    raise RemovedMember(member) if rules.is_restorable(member) else BeingErased


@dataclass(frozen=True)
class Place:
    """A new account with its addresses, and its membership."""

    member: Member
    id: Address
    private: Address | None


def make_place(
    workspace: Workspace,
    somebody: Person,
    *,
    password: str = "",
    is_super_admin: bool = False,
    submission: str | None = None,
    starts_at: datetime | None = None,
    window: Window | None = None,
) -> Place:
    """Write account, addresses and membership; part of an action. With a password the member is active.

    Nothing is looked up first: the database's constraints say what is taken, also to whoever comes at the same moment.

    :raises AddressTaken: when the ID signs somebody in already, or the form was sent before.
    """
    try:
        with transaction.atomic():
            member = new_member(workspace, somebody, password=password)
            member.is_super_admin, member.submission, member.starts_at = is_super_admin, submission, starts_at
            if window:
                member.deadline_at, member.remind_at = window.deadline_at, window.remind_at
            return _write(member, somebody)
    except IntegrityError:
        raise addresses.AddressTaken from None


def _write(member: Member, somebody: Person) -> Place:
    account = member.account
    account.save(force_insert=True)
    ids.release(somebody.id)
    id_address = Address(account=account, canonical=somebody.id, kind=Address.ID)
    id_address.save(force_insert=True)
    private = None
    if somebody.private and somebody.private != somebody.id:
        private = Address(account=account, canonical=somebody.private, kind=Address.PRIVATE)
        private.save(force_insert=True)
    member.account = account
    member.save(force_insert=True)
    indexing.refresh([member.pk])
    return Place(member=member, id=id_address, private=private)


def new_member(workspace: Workspace, somebody: Person, *, password: str = "") -> Member:
    """Return the unsaved membership and account of somebody new."""
    at = clock.now()
    account = Account(
        language=somebody.language,
        time_zone=workspace.time_zone,
        origin_id=workspace.pk,
        created_at=at,
        password=password,
        password_set_at=at if password else None,
    )
    return member_of(workspace, account, somebody, has_come=bool(password))


def member_of(workspace: Workspace, account: Account, somebody: Person, *, has_come: bool) -> Member:
    """Return the unsaved membership of an account; ``has_come``: it has an own password and wants the place."""
    at, family_name, given_name = clock.now(), somebody.family_name, somebody.given_name
    return Member(
        workspace=workspace,
        account=account,
        family_name=family_name,
        given_name=given_name,
        name_language=somebody.name_language,
        sort_key=names.sort_key(family_name, given_name),
        state=Member.ACTIVE if has_come else Member.REGISTERED,
        registered_at=at,
        activated_at=at if has_come else None,
    )
