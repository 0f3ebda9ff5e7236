"""Asking for another ID: the new address is pending until its mailbox proves it (PRODUCT.md §4.2, §4.15)."""

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids, queries
from dure.accounts.actors import Owner
from dure.accounts.letters import post_to
from dure.accounts.models import Address
from dure.core import secrets
from dure.core.action import action, record
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.secrets import Issued, Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind

MAILS_AN_HOUR = 5


class SameId(DomainError):
    """The new ID is the present one."""

    code = "same_id"
    message = _("This is your ID already.")
    field = "id"


class MailedEnough(DomainError):
    """Five letters an hour to addresses that nobody has proven yet."""

    code = "mailed_enough"
    message = _("We have mailed five links within an hour. Look into the mailbox, or wait an hour and try again.")
    field = "id"
    status = 429


class NoMailServer(DomainError):
    """Without mail nobody can prove an address."""

    code = "no_mail_server"
    message = _("This server sends no mail, so no address can be confirmed. Tell the operator.")
    field = "id"
    status = 409


def _check(_actor: Owner, *, address: str, **_rest: Any) -> dict[str, Any]:
    return {"address": addresses.canonical(address)}


@action(needs=None, records=Event.ID_CHANGE_ASKED, before=_check)
def ask_for_new_id(actor: Owner, *, address: str) -> Address:
    """Write a new ID down as pending, in the place of an earlier one, and mail it the link that makes it the ID.

    Whether the address is free is not looked at: the answer is the same for every address (PRODUCT.md §4.11).

    :raises InvalidAddress, SameId: what was typed.
    :raises MailedEnough, NoMailServer: no link can go now.
    """
    if address == queries.id_address(actor.account):
        raise SameId
    ids.drop_pending(actor.id)
    return _mail_link(actor, Address(account=actor.account, canonical=address, kind=Address.PENDING))


@action(needs=None, records=Event.ID_CHANGE_ASKED)
def mail_new_id_again(actor: Owner) -> Address:
    """Mail the link to the pending address once more; the older one ends.

    :raises NotFound: nothing is pending.
    :raises MailedEnough, NoMailServer: no link can go now.
    """
    pending = queries.addresses_of(actor.id)[Address.PENDING]
    if not pending:
        raise NotFound
    return _mail_link(actor, pending[0])


def _mail_link(actor: Owner, pending: Address) -> Address:
    account = actor.account
    pending.until = secrets.end_from_now(Purpose.TAKE_ID)
    pending.save()
    issued = issue_link(Purpose.TAKE_ID, pending)
    own = queries.id_address(account)
    post_to(account, Kind.ID_PROOF, pending, secret=issued, id_address=own, new_id=pending.canonical)
    record(
        actor, Event.ID_CHANGE_ASKED, subject_kind="account", subject_id=account.pk, fields=["id"], via=issued.row.uid
    )
    return pending


def issue_link(purpose: Purpose, address: Address) -> Issued:
    """Issue the link that proves an address its owner typed; the older one ends. Part of an action.

    :raises NoMailServer: it could not be mailed.
    :raises MailedEnough: after five within an hour.
    """
    if not outbox.can_send():
        raise NoMailServer
    account_id = address.account_id
    if secrets.issued_lately(purpose, account_id=account_id, within=timedelta(hours=1)) >= MAILS_AN_HOUR:
        raise MailedEnough
    issued = secrets.reissue(purpose, account_id=account_id, workspace_id=None, address_id=address.pk)
    outbox.withdraw_dead(account_id)
    return issued


@action(needs=None, records=Event.ID_CHANGE_CANCELLED)
def cancel_new_id(actor: Owner) -> None:
    """Take the pending address away; the mailed link ends."""
    ids.drop_pending(actor.id)
    record(actor, Event.ID_CHANGE_CANCELLED, subject_kind="account", subject_id=actor.id, fields=["id"])
