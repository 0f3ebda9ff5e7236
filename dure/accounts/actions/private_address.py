"""One's own private address: set, proven by a mailed link, removed (PRODUCT.md §4.15, K12)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids, queries
from dure.accounts.actions.changing_id import issue_link
from dure.accounts.actors import Owner
from dure.accounts.letters import post_to, post_to_id
from dure.accounts.models import Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.secrets import Purpose
from dure.mail.kinds import Kind


class PrivateIsId(DomainError):
    """A private address beside the ID is another one than the ID."""

    code = "private_is_id"
    message = _("This is your ID. A private address is another one, for the day the ID’s mailbox is closed to you.")
    field = "id"


def _check(_actor: Owner, *, address: str, **_rest: Any) -> dict[str, Any]:
    return {"address": addresses.canonical(address)}


@action(needs=None, records=Event.PRIVATE_CHANGED, before=_check)
def set_private_address(actor: Owner, *, address: str) -> Address:
    """Put a private address in the place of the one there is; it stays unproven until its mailed link is used.

    The same one again only has the link mailed again, unless it is proven. The ID is told of another one.

    :raises InvalidAddress, PrivateIsId: what was typed.
    :raises MailedEnough, NoMailServer: no link can go now.
    """
    found = queries.addresses_of(actor.id)
    if address == found[Address.ID][0].canonical:
        raise PrivateIsId
    private = next((one for one in found[Address.PRIVATE] if one.canonical == address), None)
    if private is None:
        ids.take_private_away(actor.id)
        private = ids.add_private(actor.id, address, since=clock.now())
        post_to_id(actor.account, Kind.PRIVATE_CHANGED, what="set")
    if private.proven_at is None:
        _mail_proof(actor, private)
    record(actor, Event.PRIVATE_CHANGED, subject_kind="account", subject_id=actor.id, fields=["private_address"])
    return private


@action(needs=None, records=Event.PRIVATE_CHANGED)
def remove_private_address(actor: Owner) -> None:
    """Take the private address away; the ID is told.

    :raises NotFound: there is none.
    """
    if not queries.addresses_of(actor.id)[Address.PRIVATE]:
        raise NotFound
    ids.take_private_away(actor.id)
    post_to_id(actor.account, Kind.PRIVATE_CHANGED, what="removed")
    record(actor, Event.PRIVATE_CHANGED, subject_kind="account", subject_id=actor.id, fields=["private_address"])


def _mail_proof(actor: Owner, private: Address) -> None:
    issued, own = issue_link(Purpose.PROVE_PRIVATE, private), queries.id_address(actor.account)
    address = private.canonical
    post_to(actor.account, Kind.PRIVATE_PROOF, private, secret=issued, id_address=own, private_address=address)
