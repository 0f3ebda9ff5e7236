"""Making an account and a membership for somebody new: shared by every way in."""

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from dure.accounts import addresses
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.members import names
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


def _private(address: str) -> str:
    try:
        return addresses.canonical(address) if address.strip() else ""
    except addresses.InvalidAddress:
        raise InvalidPrivateAddress from None


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
    id_address = Address(account=account, canonical=somebody.id, kind=Address.ID)
    id_address.save(force_insert=True)
    private = None
    if somebody.private and somebody.private != somebody.id:
        private = Address(account=account, canonical=somebody.private, kind=Address.PRIVATE)
        private.save(force_insert=True)
    member.account = account
    member.save(force_insert=True)
    return Place(member=member, id=id_address, private=private)


def new_member(workspace: Workspace, somebody: Person, *, password: str = "") -> Member:
    """Return the unsaved membership and account of somebody new."""
    at = clock.now()
    family_name, given_name = somebody.family_name, somebody.given_name
    account = Account(
        language=somebody.language,
        origin_id=workspace.pk,
        created_at=at,
        password=password,
        password_set_at=at if password else None,
    )
    return Member(
        workspace=workspace,
        account=account,
        family_name=family_name,
        given_name=given_name,
        name_language=somebody.name_language,
        sort_key=names.sort_key(family_name, given_name),
        search=names.search_text(family_name, given_name),
        state=Member.ACTIVE if password else Member.REGISTERED,
        registered_at=at,
        activated_at=at if password else None,
    )
