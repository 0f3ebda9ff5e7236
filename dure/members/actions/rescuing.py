"""A super admin's way back in: printed codes, and the operator's command (K8)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import activation, addresses, hashing, passwords, tries
from dure.accounts.actions.changing import save_password, tell_of_password
from dure.accounts.actions.factors import NoFactor, clear_factors, end_everything, tell_of_factor
from dure.accounts.models import Account
from dure.accounts.queries import spellings_of
from dure.core import clock, keys, secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.secrets import Purpose
from dure.mail.kinds import Kind
from dure.members import policies, queries
from dure.members.actions.administering import check_can_lead, make_super_admin
from dure.members.letters import post_to_id
from dure.members.models import Member, RescueCode

HOW_MANY = 8


class WrongRescueCode(DomainError):
    """ID or code is wrong, or the code was used; which of them is never told."""

    code = "wrong_rescue_code"
    message = _("The ID or the code is wrong, or the code was used already. After many wrong tries, wait a while.")
    field = "code"


def _hash(code: str) -> bytes:
    return keys.keyed_hash("rescue-code", activation.fold(code))


@action(needs=Permission.ADMINS_MANAGE, records=Event.RESCUE_CODES_MADE)
def make_rescue_codes(actor: Actor) -> list[str]:
    """Make eight codes of 80 random bits for oneself, shown once; the older ones end, and the owner is told.

    :raises NotAllowed: unless the actor is a super admin.
    """
    if not actor.is_super_admin or actor.kind != "member":
        raise NotAllowed
    codes, at = [activation.generate() for _number in range(HOW_MANY)], clock.now()
    RescueCode.objects.filter(member_id=actor.id or 0).delete()
    RescueCode.objects.bulk_create(
        RescueCode(member_id=actor.id or 0, hash=_hash(code), issued_at=at) for code in codes
    )
    own = queries.of(actor.workspace_id).select_related("account", "workspace").get(pk=actor.id or 0)
    post_to_id(own, Kind.RESCUE_CODES_MADE)
    record(actor, Event.RESCUE_CODES_MADE, subject_kind="member", subject_id=actor.id)
    return codes


@dataclass(frozen=True)
class Rescue:
    """A code that fits, before it is spent."""

    account: Account
    code: RescueCode


def _check(_actor: Actor, *, address: str, code: str, password: str, network: str) -> dict[str, Any]:
    """Find the code at the cost of one password hash, whoever it is; failures are counted."""
    try:
        spelling = addresses.canonical(address, sought=True)
    except addresses.InvalidAddress:
        spelling = address[: addresses.LONGEST]
    counters = tries.rescue_counters(address=spelling, network=network)
    standing = tries.standing(counters)
    holder = addresses.holder(spelling)
    hashes = keys.keyed_hashes("rescue-code", activation.fold(code))
    account_id = holder.account_id if holder else 0
    row = RescueCode.objects.filter(
        member__account_id=account_id, member__is_super_admin=True, hash__in=hashes, used_at=None
    ).first()
    if row is None or holder is None or standing.slowed:
        hashing.verify_password(password, "")
        tries.count_failure(counters)
        raise WrongRescueCode
    minimum, context = policies.password_policy(account_id)
    passwords.check_password(password, context=context, minimum=minimum)
    return {"code": Rescue(holder.account, row), "password": hashing.hash_password(password)}


@action(needs=None, records=Event.RESCUED, before=_check)
def rescue_by_code(actor: Actor, *, address: str, code: Any, password: str, network: str) -> Account:
    """Set a new password with a printed code; every session ends, and the owner is told by mail.

    :raises WrongRescueCode: as its name says.
    :raises PasswordRefused: when the password is weak; the code then still works.
    """
    account = Account.objects.select_for_update().get(pk=code.account.pk)
    spent = RescueCode.objects.filter(pk=code.code.pk, used_at=None, member__is_super_admin=True)
    if not spent.update(used_at=clock.now()):
        raise WrongRescueCode
    save_password(account, password)
    tries.forget_address(*spellings_of(account.pk))
    tell_of_password(account)
    record(actor, Event.RESCUED, subject_kind="account", subject_id=account.pk, fields=["password"])
    return account


def _super_admin(actor: Actor, member_uid: str) -> Member:
    """Lock a super admin, for the operator alone."""
    if actor.kind != "operator":
        raise NotAllowed
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None or not member.is_super_admin:
        raise NotFound
    return member


@action(needs=Permission.ADMINS_MANAGE, records=Event.RESCUE_LINK_MADE)
def make_rescue_link(actor: Actor, *, member_uid: str) -> str:
    """Return the secret of a link that sets a super admin's password, for the operator to hand over; it proves nothing.

    :raises NotAllowed: unless the actor is the operator.
    :raises NotFound: no such super admin here.
    """
    member = _super_admin(actor, member_uid)
    issued = secrets.reissue(Purpose.RESET_PASSWORD, account_id=member.account_id, workspace_id=None, address_id=None)
    record(actor, Event.RESCUE_LINK_MADE, subject_kind="member", subject_id=member.pk, via=issued.row.uid)
    return issued.value


@action(needs=Permission.ADMINS_MANAGE, records=Event.FACTOR_RESET)
def take_lost_factor_away(actor: Actor, *, member_uid: str) -> None:
    """Take a super admin's second factor away when app, passkeys and spare codes are lost; every session ends.

    :raises NotAllowed: unless the actor is the operator.
    :raises NotFound: no such super admin here.
    :raises NoFactor: there is none.
    """
    member = _super_admin(actor, member_uid)
    account = Account.objects.select_for_update().get(pk=member.account_id)
    if not account.has_factor:
        raise NoFactor
    clear_factors(account)
    end_everything(account)
    tell_of_factor(account, "reset")
    record(actor, Event.FACTOR_RESET, subject_kind="member", subject_id=member.pk, fields=["second_factor"])


@action(needs=Permission.ADMINS_MANAGE, records=Event.SUPER_ADMIN_APPOINTED)
def appoint_when_none_is_able(actor: Actor, *, member_uid: str) -> Member:
    """Make an active member a super admin when nobody able is left; the operator's last resort.

    :raises NotAllowed: unless the actor is the operator and no super admin can sign in.
    """
    if actor.kind != "operator" or queries.able_super_admins(actor.workspace_id):
        raise NotAllowed
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    check_can_lead(member)
    make_super_admin(member)
    record(actor, Event.SUPER_ADMIN_APPOINTED, subject_kind="member", subject_id=member.pk, fields=["is_super_admin"])
    return member
