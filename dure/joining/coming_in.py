"""Becoming a member with an account one has: the same for links, invitations and join requests; parts of actions."""

from collections.abc import Iterable
from datetime import datetime

from dure.accounts.models import Account, Address
from dure.accounts.queries import id_of
from dure.core.action import record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.rows import insert
from dure.joining.people import Person, member_of
from dure.members import indexing
from dure.members.actions.admitting import welcome
from dure.members.models import Member
from dure.workspaces.models import Workspace


def write_member(
    actor: Actor,
    workspace: Workspace,
    account: Account,
    somebody: Person,
    *,
    via: str,
    id_address: str = "",
    fields: Iterable[str] = (),
    starts_at: datetime | None = None,
) -> Member:
    """Write the membership; it is active at once, or on its day. ``greet`` goes with it when all is written.

    An ID of the account that is at hand is not read once more.

    Never with a role: whatever a link, an invitation or a form says, who comes is a member (PRODUCT.md §4.10).
    """
    member = member_of(workspace, account, somebody, has_come=True)
    member.starts_at = starts_at
    if id_address and account.origin_id is None:
        indexing.enter(member, id_address)
    else:
        insert(member)
        indexing.refresh([member.pk])
    record(
        actor, Event.MEMBER_JOINED, subject_kind="member", subject_id=member.pk, via=via,
        fields=["family_name", "given_name", *fields], workspace_id=workspace.pk,
    )  # fmt: skip
    if account.without_place_since is not None:
        Account.objects.filter(pk=account.pk).update(without_place_since=None)
    return member


def greet(member: Member, id_address: str = "") -> None:
    """Post the mail of K9; an ID at hand is not read once more."""
    own = Address(canonical=id_address, kind=Address.ID) if id_address else id_of(member.account_id)
    welcome(member, own)
