"""From registered to active: the first password, and the mails that lead to it (K5 N5 K9)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import hashing, passwords, tries
from dure.accounts.actions.changing import save_password, tell_of_password
from dure.accounts.actions.links import LinkEnded, spend_link
from dure.accounts.models import Account, Address
from dure.core import clock, secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.permissions import Permission
from dure.core.secrets import Issued, Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import queries, rules
from dure.members.letters import post_to
from dure.members.models import Member

OPENS_PASSWORD = {Purpose.SET_PASSWORD, Purpose.RESET_PASSWORD}
BETWEEN_MAILS = timedelta(minutes=5)


class NotManaged(DomainError):
    """The account belongs to its owner alone: another workspace made it, or it is in another one too (§4.1)."""

    code = "not_managed"
    message = _("This account also belongs elsewhere. Only its owner can have a link mailed.")
    status = 409


class AlreadyRegistered(DomainError):
    """The person has set a password already."""

    code = "already_registered"
    message = _("This person has set a password already.")
    status = 409


@dataclass(frozen=True)
class Handed:
    """A set-password link: posted, or to be shown once because there is no mail server."""

    issued: Issued
    shown: str


def is_managed(account: Account, workspace_id: int) -> bool:
    """Tell whether the account was created by this workspace and is a member of no other (PRODUCT.md §4.1)."""
    elsewhere = Member.objects.filter(account=account).exclude(workspace_id=workspace_id)
    return account.origin_id == workspace_id and not elsewhere.exists()


def hand_link(member: Member, address: Address, id_address: str) -> Handed:
    """Issue the set-password link of somebody new and post it; part of an action. It ends with the member's deadline.

    Without a mail server the link is shown, and then proves nothing (§4.2).
    """
    shown = not outbox.can_send()
    issued = secrets.issue(
        Purpose.SET_PASSWORD,
        account_id=member.account_id,
        workspace_id=member.workspace_id,
        address_id=None if shown else address.pk,
        expires_at=member.deadline_at,
    )
    if not shown:
        post_to(member, Kind.SET_PASSWORD, address=address, id_address=id_address, secret=issued)
    return Handed(issued=issued, shown=issued.value if shown else "")


@action(needs=Permission.MEMBERS_MANAGE, records=Event.LINK_REISSUED)
def send_again(actor: Actor, *, member_uid: str) -> tuple[Member, Handed]:
    """Make a new set-password link for somebody who has not come yet; the older one ends.

    :raises NotFound: no such member in this workspace.
    :raises NotAllowed: for a super admin, unless the actor is one.
    :raises AlreadyRegistered: when the person has a password.
    :raises NotManaged: when the account belongs elsewhere too.
    """
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    if member.is_super_admin and not actor.is_super_admin:
        raise NotAllowed
    if member.account.has_own_password or not rules.may("send_again", member):
        raise AlreadyRegistered
    if not is_managed(member.account, member.workspace_id):
        raise NotManaged
    handed = _hand_again(member)
    record(actor, Event.LINK_REISSUED, subject_kind="member", subject_id=member.pk, via=handed.issued.row.uid)
    return member, handed


def _hand_again(member: Member) -> Handed:
    """Replace the link: the older one and its waiting letter end, and the deadline begins anew."""
    addresses = {address.kind: address for address in Address.objects.filter(account_id=member.account_id)}
    last = OneTimeSecret.objects.filter(account_id=member.account_id, purpose=Purpose.SET_PASSWORD).order_by("-id")
    sent_to = last.exclude(address_id=None).values_list("address_id", flat=True).first()
    private = addresses.get(Address.PRIVATE)
    to = private if private and private.pk == sent_to else addresses[Address.ID]
    secrets.withdraw(Purpose.SET_PASSWORD, account_id=member.account_id, workspace_id=member.workspace_id)
    outbox.withdraw_dead(member.account_id)
    member.deadline_at = clock.now() + secrets.LIFETIMES[Purpose.SET_PASSWORD]
    member.save(update_fields=["deadline_at"])
    return hand_link(member, to, addresses[Address.ID].canonical)


@action(needs=None, records=Event.LINK_ASKED_AGAIN)
def ask_link_again(actor: Actor, *, handle: str) -> None:
    """Mail a new set-password link to where the old one went, for whoever opened it in another browser or too late.

    Says nothing about whether it did: not more than one in five minutes, and only while the place waits.
    """
    secret = OneTimeSecret.objects.filter(uid=handle, purpose=Purpose.SET_PASSWORD).first()
    record(actor, Event.LINK_ASKED_AGAIN, subject_kind="account", subject_id=secret.account_id if secret else None)
    if secret is None or secret.address_id is None or secret.workspace_id is None:
        return
    waiting = queries.of(secret.workspace_id).select_related("account", "workspace")
    member = waiting.select_for_update(of=("self",)).filter(account_id=secret.account_id).first()
    recent = OneTimeSecret.objects.filter(
        account_id=secret.account_id, purpose=Purpose.SET_PASSWORD, issued_at__gt=clock.now() - BETWEEN_MAILS
    )
    if member and rules.may("activate", member) and not member.account.has_own_password and not recent.exists():
        _hand_again(member)


def _hash_first(_actor: Actor, *, secret: OneTimeSecret, password: str) -> dict[str, Any]:
    end = secrets.end_of(secret)
    if end:
        raise LinkEnded(end)
    minimum, context = queries.password_policy(secret.account_id)
    passwords.check_password(password, context=context, minimum=minimum)
    return {"password": hashing.hash_password(password)}


@action(needs=None, records=Event.PASSWORD_SET, before=_hash_first)
def set_password(actor: Actor, *, secret: OneTimeSecret, password: str) -> Account:
    """Set the own password from a mailed link; whoever was registered becomes active and gets the mail of K9.

    Every session of the account ends, and failures counted against its ID are forgotten.

    :raises LinkEnded: when the link was used, withdrawn or is too old.
    :raises PasswordRefused: when the password is weak; the link then still works.
    """
    account = spend_link(secret, purposes=OPENS_PASSWORD)
    had_password = account.has_own_password
    save_password(account, password)
    id_address = Address.objects.get(account=account, kind=Address.ID)
    tries.forget_address(id_address.canonical)
    record(
        actor, Event.PASSWORD_SET, subject_kind="account", subject_id=account.pk, fields=["password"], via=secret.uid
    )
    _activate_places(actor, account, id_address, via=secret.uid)
    if had_password:
        tell_of_password(account)
    return account


def _activate_places(actor: Actor, account: Account, id_address: Address, *, via: str) -> None:
    at = clock.now()
    waiting = Member.objects.select_for_update(of=("self",)).filter(account=account, activated_at=None)
    for member in waiting.select_related("workspace", "account").order_by("id"):
        if rules.state_of(member, at) is rules.State.EXPIRED:
            continue
        member.activated_at = at
        member.state = rules.stored_state(member)
        member.epoch += 1
        member.save(update_fields=["activated_at", "state", "epoch"])
        record(
            actor,
            Event.MEMBER_ACTIVATED,
            subject_kind="member",
            subject_id=member.pk,
            fields=["state"],
            via=via,
            workspace_id=member.workspace_id,
        )
        if rules.opens(member):
            post_to(member, Kind.YOU_HAVE_JOINED, address=id_address, id_address=id_address.canonical)
