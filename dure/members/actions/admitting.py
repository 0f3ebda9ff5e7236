"""From registered to active: the first password, and the mails that lead to it (K5 N5 K9)."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from dure.accounts import activation, hashing, passwords, tries
from dure.accounts.actions.changing import save_password, tell_of_password
from dure.accounts.actions.factors import yield_to_prover
from dure.accounts.actions.links import LinkEnded, spend_link
from dure.accounts.actions.signing_in import CodeEnded, living_code
from dure.accounts.models import Account, Address
from dure.accounts.queries import spellings_of
from dure.core import clock, secrets
from dure.core.action import Untold, action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import indexing, policies, queries, rules
from dure.members.actions import handing
from dure.members.actions.handing import Method
from dure.members.letters import post_to
from dure.members.models import Member

OPENS_PASSWORD = {Purpose.SET_PASSWORD, Purpose.RESET_PASSWORD}
BETWEEN_MAILS = timedelta(minutes=5)


def ask_link_again(actor: Actor, *, handle: str) -> None:
    """Mail a new set-password link to where the old one went, for whoever opened it in another browser or too late.

    Says nothing about whether it did: not more than one in five minutes, and only while the place waits.
    """
    secret = OneTimeSecret.objects.filter(uid=handle, purpose=Purpose.SET_PASSWORD).exclude(address_id=None).first()
    if secret is not None:
        ask_first_link(actor, account_id=secret.account_id)


def ask_first_link(actor: Actor, *, account_id: int) -> None:
    """Mail a set-password link to somebody who never had a password of their own; as in ``ask_link_again``.

    They asked for a new one, or typed the right temporary one while strangers kept failing (PRODUCT.md §4.16).
    """
    with suppress(Untold):
        _mail_first_link(actor, account_id=account_id)


@action(needs=None, records=Event.LINK_ASKED_AGAIN)
def _mail_first_link(actor: Actor, *, account_id: int) -> None:
    """Mail a link that ends with the deadline as it stands.

    Anybody can ask for it, so it prolongs nothing, leaves a temporary password alone, and tells the trail of no more
    than what was mailed.
    """
    waiting = Member.objects.select_for_update(of=("self",)).select_related("account", "workspace")
    member = waiting.filter(queries.here(), account_id=account_id, activated_at=None).order_by("id").first()
    issued = OneTimeSecret.objects.filter(account_id=account_id, purpose=Purpose.SET_PASSWORD)
    at = clock.now()
    recent = issued.filter(issued_at__gt=at - BETWEEN_MAILS, issued_at__lte=at + clock.SKEW)
    if member is None or rules.state_of(member) is not rules.State.REGISTERED or member.account.has_own_password:
        raise Untold
    if recent.exists() or not outbox.can_send():
        raise Untold
    sent_to = issued.exclude(address_id=None).order_by("-id").values_list("address_id", flat=True).first()
    private = Address.objects.filter(pk=sent_to or 0, account_id=account_id, kind=Address.PRIVATE).exists()
    secrets.withdraw(Purpose.SET_PASSWORD, account_id=account_id, workspace_id=member.workspace_id)
    outbox.withdraw_dead(account_id)
    handing.issue([member], Method.MEMBER, to=Address.PRIVATE if private else Address.ID)
    record(actor, Event.LINK_ASKED_AGAIN, subject_kind="account", subject_id=account_id)


def _hash_first(_actor: Actor, *, secret: OneTimeSecret, password: str) -> dict[str, Any]:
    end = secrets.end_of(secret)
    if end:
        raise LinkEnded(end)
    minimum, context = policies.password_policy(secret.account_id)
    passwords.check_password(password, context=context, minimum=minimum)
    return {"password": hashing.hash_password(password)}


@action(needs=None, records=Event.PASSWORD_SET, before=_hash_first)
def set_password(actor: Actor, *, secret: OneTimeSecret, password: str) -> Account:
    """Set the own password from a mailed link; whoever was registered becomes active and gets the mail of K9.

    Every session of the account ends, and failures counted against its ID are forgotten. A link that proves the ID
    for the first time also ends what an earlier holder of the account set up.

    :raises LinkEnded: when the link was used, withdrawn or is too old.
    :raises PasswordRefused: when the password is weak; the link then still works.
    """
    proves = _would_prove_id(secret)
    account = spend_link(secret, purposes=OPENS_PASSWORD)
    yielded = False
    if proves and account.has_own_password:
        yielded = yield_to_prover(account)
        indexing.refresh_accounts([account.pk])
    return _set(actor, account, password, via=secret.uid, more=["second_factor"] if yielded else [])


def take_over(actor: Actor, account: Account, encoded: str, *, via: str) -> Account:
    """Give an account that nobody had proven to whoever proved its address a moment ago (PRODUCT.md §4.2).

    ``encoded`` is the hash of their own password. What an earlier holder set up ends, and places that waited for a
    first password become active. Part of an action, with the account locked.
    """
    Address.objects.filter(account=account, kind=Address.ID, proven_at=None).update(proven_at=clock.now())
    yielded = account.has_own_password and yield_to_prover(account)
    indexing.refresh_accounts([account.pk])
    return _set(actor, account, encoded, via=via, more=["second_factor"] if yielded else [])


def _would_prove_id(secret: OneTimeSecret) -> bool:
    unproven = Address.objects.filter(account_id=secret.account_id, kind=Address.ID, proven_at=None)
    return unproven.filter(pk=secret.address_id or 0).exists()


def _set(actor: Actor, account: Account, password: str, *, via: str, more: Sequence[str] = ()) -> Account:
    had_password = account.has_own_password
    save_password(account, password)
    id_address = Address.objects.get(account=account, kind=Address.ID)
    tries.forget_address(*spellings_of(account.pk))
    fields = ["password", *more]
    record(actor, Event.PASSWORD_SET, subject_kind="account", subject_id=account.pk, fields=fields, via=via)
    _activate_places(actor, account, id_address, via=via)
    if had_password:
        tell_of_password(account)
    return account


def _check_replacement(_actor: Actor, *, code_uid: str, password: str) -> dict[str, Any]:
    code = living_code(code_uid)
    minimum, context = policies.password_policy(code.account_id)
    passwords.check_password(password, context=context, minimum=minimum)
    if activation.matches(password, code.encoded):
        raise passwords.PasswordUnchanged
    return {"password": hashing.hash_password(password)}


@action(needs=None, records=Event.PASSWORD_SET, before=_check_replacement)
def replace_temporary_password(actor: Actor, *, code_uid: str, password: str) -> Account:
    """Set the own password in the place of a temporary one, which is spent only now (PRODUCT.md §4.5).

    :raises CodeEnded: when the temporary password was replaced, used, or is too old.
    :raises PasswordRefused: when the password is weak or the same; the temporary one then still works.
    """
    account_id = living_code(code_uid).account_id
    account = Account.objects.select_for_update().get(pk=account_id)
    if account.has_own_password or not activation.spend(code_uid):
        raise CodeEnded("used")
    return _set(actor, account, password, via=code_uid)


def _activate_places(actor: Actor, account: Account, id_address: Address, *, via: str) -> None:
    at = clock.now()
    waiting = Member.objects.select_for_update(of=("self",)).filter(account=account, activated_at=None)
    for member in waiting.select_related("workspace", "account").order_by("id"):
        if not rules.is_in_time(member, at):
            continue
        member.activated_at, member.remind_at, member.stepped_at = at, None, at
        member.state = rules.stored_state(member)
        member.epoch += 1
        member.save(update_fields=["activated_at", "remind_at", "stepped_at", "state", "epoch"])
        record(
            actor,
            Event.MEMBER_ACTIVATED,
            subject_kind="member",
            subject_id=member.pk,
            fields=["state"],
            via=via,
            workspace_id=member.workspace_id,
        )
        if not member.suspended_at and rules.is_here(member):
            welcome(member, id_address)


def welcome(member: Member, id_address: Address) -> None:
    """Post the mail of K9, which goes on the day the member starts; part of an action."""
    own = id_address.canonical
    post_to(member, Kind.YOU_HAVE_JOINED, address=id_address, id_address=own, opens_at=member.starts_at)
