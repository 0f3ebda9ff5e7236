"""Correcting a mistyped ID before the first sign-in (N11, PRODUCT.md §4.1)."""

from typing import Any

from dure.accounts import addresses, ids
from dure.accounts.models import Account, Address
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import indexing, queries, rules
from dure.members.actions import handing
from dure.members.actions.editing import remember
from dure.members.actions.handing import Handed, Method
from dure.members.actions.sending_again import AlreadyRegistered, NotManaged


def _check(_actor: Actor, *, address: str, **_rest: Any) -> dict[str, Any]:
    return {"address": addresses.canonical(address)}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.ID_CORRECTED, before=_check)
def correct_id(actor: Actor, *, member_uid: str, address: str) -> Handed:
    """Give somebody who has not come yet another ID; what was mailed to the wrong one ends, and a new link goes out.

    :raises InvalidAddress: what was typed.
    :raises AddressTaken: it signs somebody in already, or did until a short while ago.
    :raises AlreadyRegistered, NotManaged: from then on the ID is the owner's own.
    """
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    if member.is_super_admin and not actor.is_super_admin:
        raise NotAllowed
    account = Account.objects.select_for_update().get(pk=member.account_id)
    if account.has_own_password or not rules.may("send_again", member):
        raise AlreadyRegistered
    if not queries.is_managed(account, member.workspace_id):
        raise NotManaged
    own = Address.objects.get(account=account, kind=Address.ID)
    before = own.canonical
    own.canonical, own.proven_at = address, None
    ids.claim(own)
    indexing.refresh_accounts([account.pk])
    handing.end_older([member])
    handing.begin_again([member], Method.MEMBER)
    handed = handing.issue([member], Method.MEMBER, to=Address.ID)[0]
    remember(actor, member, {"id": (before, address)})
    record(actor, Event.ID_CORRECTED, subject_kind="member", subject_id=member.pk, fields=["id"], via=handed.via)
    return handed
