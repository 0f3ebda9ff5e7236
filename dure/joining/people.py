"""Making an account and a membership for somebody new: shared by every way in."""

from dataclasses import dataclass

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
    member = new_member(workspace, account, somebody)
    member.is_super_admin, member.submission = is_super_admin, submission
    if password:
        member.state, member.activated_at = Member.ACTIVE, at
    member.save(force_insert=True)
    return Place(member=member, id=id_address, private=private)


def new_member(workspace: Workspace, account: Account, somebody: Person) -> Member:
    """Return the unsaved membership of a person who has just been registered."""
    family_name, given_name = somebody.family_name, somebody.given_name
    return Member(
        workspace=workspace,
        account=account,
        family_name=family_name,
        given_name=given_name,
        name_language=somebody.name_language,
        sort_key=names.sort_key(family_name, given_name),
        search=names.search_text(family_name, given_name),
        state=Member.REGISTERED,
        registered_at=clock.now(),
    )
