"""Answering those who asked for a mail without proving who they are; done by the worker, never by the page."""

import logging
from datetime import timedelta

from dure.accounts import addresses
from dure.accounts.actors import Visitor
from dure.accounts.letters import post_to
from dure.accounts.models import Account, Address, RecoveryRequest
from dure.accounts.queries import id_of
from dure.core import clock, keys, secrets
from dure.core.action import action, record, writing
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members.actions import finding
from dure.members.actions.admitting import ask_first_link

logger = logging.getLogger(__name__)

MAILS_AN_HOUR = 5
KINDS = {Purpose.RESET_PASSWORD: Kind.RESET_PASSWORD, Purpose.SIGN_IN: Kind.SIGN_IN_LINK}
EVENTS = {Purpose.RESET_PASSWORD: Event.RESET_MAILED, Purpose.SIGN_IN: Event.SIGN_IN_MAILED}


def answer_all() -> int:
    """Answer what was asked since the last time; returns how many."""
    asked = list(RecoveryRequest.objects.select_related("code").order_by("id")[:100])
    answered = len(asked)
    for request in asked:
        try:
            with writing():
                if RecoveryRequest.objects.filter(pk=request.pk).delete()[0]:
                    _answer(request)
        except Exception:
            # It stays and is tried again; a day later it is purged. The others are answered all the same.
            logger.exception("recovery request %s cannot be answered", request.pk)
            answered -= 1
    return answered


def _answer(request: RecoveryRequest) -> None:
    try:
        address = keys.unseal("recovery", request.sealed_address)
    except keys.Unreadable:
        return
    purpose = Purpose(request.purpose)
    if purpose in (Purpose.LIST_PLACES, Purpose.FIND_ID):
        finding.answer(request, address)
        return
    holder = addresses.holder(address)
    if holder is None:
        return
    if holder.account.has_own_password:
        # An alias may be named, but what opens the account goes to the ID alone (PRODUCT.md §4.15).
        address = holder if holder.kind == Address.ID else id_of(holder.account_id)
        _mail_link(Visitor(door="worker"), account=holder.account, address=address, purpose=purpose)
    else:
        ask_first_link(Visitor(door="worker"), account_id=holder.account_id)


def _mail_link(actor: Actor, *, account: Account, address: Address, purpose: Purpose) -> None:
    recent = OneTimeSecret.objects.filter(
        account_id=account.pk, purpose=purpose, issued_at__gt=clock.now() - timedelta(hours=1)
    )
    if recent.count() < MAILS_AN_HOUR and outbox.can_send():
        actions = {Purpose.RESET_PASSWORD: mail_reset_link, Purpose.SIGN_IN: mail_sign_in_link}
        actions[purpose](actor, account=account, address=address)


@action(needs=None, records=Event.RESET_MAILED)
def mail_reset_link(actor: Actor, *, account: Account, address: Address) -> None:
    """Mail a link to set a new password, to the ID alone (PRODUCT.md §4.15)."""
    _post(actor, account, address, Purpose.RESET_PASSWORD)


@action(needs=None, records=Event.SIGN_IN_MAILED)
def mail_sign_in_link(actor: Actor, *, account: Account, address: Address) -> None:
    """Mail the link that signs in whoever knew the password while strangers kept failing (PRODUCT.md §4.16)."""
    _post(actor, account, address, Purpose.SIGN_IN)


def _post(actor: Actor, account: Account, address: Address, purpose: Purpose) -> None:
    issued = secrets.reissue(purpose, account_id=account.pk, workspace_id=None, address_id=address.pk)
    outbox.withdraw_dead(account.pk)
    post_to(account, KINDS[purpose], address, secret=issued, id_address=address.canonical)
    record(actor, EVENTS[purpose], subject_kind="account", subject_id=account.pk, via=issued.row.uid)
