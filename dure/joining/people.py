"""Making an account and a membership for somebody new: shared by every way in."""

from dataclasses import dataclass
from datetime import datetime

from dure.accounts import addresses
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.members import names
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
    deadline_at: datetime | None = None,
    submission: str | None = None,
) -> Place:
    """Write account, addresses and membership; part of an action. With a password the member is active.

    :raises AddressTaken: when the ID signs somebody in already.
    """
    at = clock.now()
    account = Account(
        language=somebody.language,
        origin_id=workspace.pk,
        created_at=at,
        password=password,
        password_set_at=at if password else None,
    )
    account.save(force_insert=True)
    id_address = addresses.claim(account, somebody.id, Address.ID)
    private = None
    if somebody.private and somebody.private != somebody.id:
        private = addresses.claim(account, somebody.private, Address.PRIVATE)
    member = Member(
        workspace=workspace,
        account=account,
        family_name=somebody.family_name,
        given_name=somebody.given_name,
        name_language=somebody.name_language,
        sort_key=names.sort_key(somebody.family_name, somebody.given_name),
        search=names.search_text(somebody.family_name, somebody.given_name),
        is_super_admin=is_super_admin,
        state=Member.ACTIVE if password else Member.REGISTERED,
        registered_at=at,
        activated_at=at if password else None,
        deadline_at=deadline_at,
        submission=submission,
    )
    member.save(force_insert=True)
    return Place(member=member, id=id_address, private=private)
