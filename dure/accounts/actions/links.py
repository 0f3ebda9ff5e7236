"""Mailed links of an account: spending them, proving addresses (PRODUCT.md §4.2, §4.7 a)."""

from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Account, Address
from dure.core import clock, secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose


class LinkEnded(DomainError):
    """Used, withdrawn, too old, or never a link of Dure; ``end`` says which."""

    code = "link_ended"
    message = _("This link no longer works.")
    status = 410

    def __init__(self, end: str) -> None:
        super().__init__()
        self.end = end


def spend_link(secret: OneTimeSecret, *, purposes: set[Purpose]) -> Account:
    """Lock the account, use the secret up and prove the address it was mailed to; part of an action.

    :raises LinkEnded: when it no longer opens anything, or is for something else.
    """
    account = Account.objects.select_for_update().filter(pk=secret.account_id).first()
    if account is None or secret.purpose not in purposes:
        raise LinkEnded("unknown")
    if not secrets.spend(secret):
        secret.refresh_from_db()
        raise LinkEnded(secrets.end_of(secret) or "used")
    if secret.address_id:
        unproven = Address.objects.filter(pk=secret.address_id, account=account, proven_at=None)
        unproven.update(proven_at=clock.now())
    return account


@action(needs=None, records=Event.ADDRESS_PROVEN)
def prove_address(actor: Actor, *, secret: OneTimeSecret) -> Account:
    """Prove the ID or private address a link was mailed to.

    :raises LinkEnded: as in ``spend_link``.
    """
    account = spend_link(secret, purposes={Purpose.PROVE_ADDRESS, Purpose.PROVE_PRIVATE})
    record(actor, Event.ADDRESS_PROVEN, subject_kind="account", subject_id=account.pk, via=secret.uid)
    return account
