"""One's own private address: set, proven by a mailed link, removed (PRODUCT.md §4.15, K12)."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids, queries
from dure.accounts.actions.changing_id import issue_link
from dure.accounts.actors import Owner
from dure.accounts.models import Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.secrets import Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind


class PrivateIsId(DomainError):
    """A private address beside the ID is another one than the ID."""

    code = "private_is_id"
    message = _("This is your ID. A private address is another one, for the day the ID’s mailbox is closed to you.")
    field = "id"


def _check(_actor: Owner, *, address: str, **_rest: Any) -> dict[str, Any]:
    return {"address": addresses.canonical(address)}


@action(needs=None, records=Event.PRIVATE_CHANGED, before=_check)
def set_private_address(actor: Owner, *, address: str, zone: str) -> Address:
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
        _tell(actor, "set", zone)
    if private.proven_at is None:
        _mail_proof(actor, private, zone)
    record(actor, Event.PRIVATE_CHANGED, subject_kind="account", subject_id=actor.id, fields=["private_address"])
    return private


@action(needs=None, records=Event.PRIVATE_CHANGED)
def remove_private_address(actor: Owner, *, zone: str) -> None:
    """Take the private address away; the ID is told.

    :raises NotFound: there is none.
    """
    if not queries.addresses_of(actor.id)[Address.PRIVATE]:
        raise NotFound
    ids.take_private_away(actor.id)
    _tell(actor, "removed", zone)
    record(actor, Event.PRIVATE_CHANGED, subject_kind="account", subject_id=actor.id, fields=["private_address"])


def _mail_proof(actor: Owner, private: Address, zone: str) -> None:
    issued = issue_link(Purpose.PROVE_PRIVATE, private)
    outbox.post(
        Kind.PRIVATE_PROOF,
        address=private.canonical,
        to=private.kind,
        language=actor.account.language,
        account_id=actor.id,
        secret=issued,
        context={"id_address": queries.id_address(actor.account), "private_address": private.canonical, "zone": zone},
    )


def _tell(actor: Owner, what: str, zone: str) -> None:
    """Post the notice to the ID: ``set`` or ``removed``."""
    address = queries.id_of(actor.id)
    outbox.post(
        Kind.PRIVATE_CHANGED,
        address=address.canonical,
        to=address.kind,
        language=actor.account.language,
        account_id=actor.id,
        context={"id_address": address.canonical, "what": what, "zone": zone},
    )
