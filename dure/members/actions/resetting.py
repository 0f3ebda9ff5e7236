"""A managed member's lost second factor, reset by an admin (PRODUCT.md §4.1)."""

from dure.accounts.actions.factors import NoFactor, clear_factors, end_everything, tell_of_factor
from dure.accounts.models import Account
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.actions.sending_again import NotManaged
from dure.members.models import Member


@action(needs=Permission.MEMBERS_MANAGE, records=Event.FACTOR_RESET)
def reset_factor(actor: Actor, *, member_uid: str) -> Member:
    """Take every second factor of a managed account away; its sessions end, and the owner is told.

    :raises NotFound: no such member here.
    :raises NotAllowed: for a super admin, unless the actor is one.
    :raises NotManaged: the account belongs to its owner alone.
    :raises NoFactor: there is none.
    """
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None or not rules.is_here(member):
        raise NotFound
    if member.is_super_admin and not actor.is_super_admin:
        raise NotAllowed
    account = Account.objects.select_for_update().get(pk=member.account_id)
    if not queries.is_managed(account, member.workspace_id):
        raise NotManaged
    if not account.has_factor:
        raise NoFactor
    clear_factors(account)
    end_everything(account)
    tell_of_factor(account, "reset")
    record(actor, Event.FACTOR_RESET, subject_kind="member", subject_id=member.pk, fields=["second_factor"])
    return member
