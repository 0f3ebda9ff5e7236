"""The account of whoever proved an address: new, or one that nobody had proven (PRODUCT.md §4.2); parts of actions."""

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.rows import insert
from dure.joining import letters
from dure.joining.people import Person
from dure.members import policies
from dure.members.actions.admitting import take_over
from dure.workspaces.models import Workspace


class HasAccount(DomainError):
    """The address signs somebody in who proved it before; told only to whoever proved it again."""

    code = "has_account"
    message = _("You have an account with this address already. Sign in with it, and you join.")
    status = 409


def holder_of(address: str, workspace: Workspace) -> Address | None:
    """Return the ID or alias whose account yields to nobody who comes to this workspace by a sign-up."""
    held = addresses.holder(address)
    return held if held and not _yields(held, workspace) else None


def _yields(held: Address, workspace: Workspace) -> bool:
    """Tell whether an account gives way: its ID was never proven by anybody, or nobody has a password of it yet.

    Where another of its workspaces asks for longer passwords than this one, only a mailed link is strict enough: of
    what was typed the hash alone is left.
    """
    free = held.kind == Address.ID and (held.proven_at is None or not held.account.has_own_password)
    return free and policies.password_policy(held.account_id)[0] <= workspace.password_minimum


def account_of(actor: Actor, somebody: Person, encoded: str, workspace: Workspace, *, via: str) -> Account:
    """Return the account of an address that was proven a moment ago; ``encoded`` is the hash of the own password.

    The codes mailed for the sign-up ``via`` are this account's from now on.

    :raises HasAccount: as its name says; also to the slower one of two who prove one address at once.
    """
    account = _held_or_new(actor, somebody, encoded, workspace, via=via)
    letters.take_codes(via, account)
    return account


def _held_or_new(actor: Actor, somebody: Person, encoded: str, workspace: Workspace, *, via: str) -> Account:
    if not Address.objects.filter(canonical=somebody.id).exists():
        return _new(somebody, encoded, workspace)
    held = addresses.holder(somebody.id)
    if held is None:
        ids.release(somebody.id)
        return _new(somebody, encoded, workspace)
    account = Account.objects.select_for_update().get(pk=held.account_id)
    held = Address.objects.filter(pk=held.pk, account=account).select_related("account").first()
    if held is None or not _yields(held, workspace):
        raise HasAccount
    return take_over(actor, account, encoded, via=via)


def _new(somebody: Person, encoded: str, workspace: Workspace) -> Account:
    """Write an account of its owner's own making: no workspace manages it.

    :raises HasAccount: somebody was quicker; the transaction is over then.
    """
    at = clock.now()
    account = Account(
        language=somebody.language, time_zone=workspace.time_zone, created_at=at, password=encoded, password_set_at=at
    )  # fmt: skip
    try:
        insert(account)
        insert(Address(account=account, canonical=somebody.id, kind=Address.ID, proven_at=at))
    except IntegrityError:
        raise HasAccount from None
    return account


def mark_alone(account: Account) -> None:
    """Note since when an account has no place, while its join request waits (PRODUCT.md §4.18)."""
    if not account.members.exists():
        Account.objects.filter(pk=account.pk, without_place_since=None).update(without_place_since=clock.now())
