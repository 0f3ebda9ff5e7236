"""Setting up, renewing and taking away the second factor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import factors, ids, queries
from dure.accounts.actors import Owner
from dure.accounts.models import Account, SecondFactor, Session, SpareCode
from dure.core import clock, keys
from dure.core.action import action, record
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.mail import outbox
from dure.mail.kinds import Kind


class WrongFirstCode(DomainError):
    """The app shows another code: another key, or a clock that is off."""

    code = "wrong_first_code"
    message = _("This is not the code the app shows for this key. Look whether the clock of the phone is right.")
    field = "code"


class NoFactor(DomainError):
    """There is no second factor to renew."""

    code = "no_factor"
    message = _("There is no second factor.")
    status = 409


@dataclass(frozen=True)
class FactorSet:
    """The account with its new epoch, and the spare codes, which are shown once."""

    account: Account
    codes: list[str]


def tell_of_factor(account: Account, what: str) -> None:
    """Post the notice: ``on``, ``off``, ``spare`` (one used), ``renewed``, ``reset`` (by an admin)."""
    address = queries.id_of(account.pk)
    outbox.post(
        Kind.FACTOR_CHANGED,
        address=address.canonical,
        to=address.kind,
        language=account.language,
        account_id=account.pk,
        context={"id_address": address.canonical, "what": what},
    )


def _check(_actor: Owner, *, key: str, code: str) -> dict[str, Any]:
    step = factors.matching_step(key, code)
    if step is None:
        raise WrongFirstCode
    return {"code": step}


@action(needs=None, records=Event.FACTOR_SET, before=_check)
def set_second_factor(actor: Owner, *, key: str, code: Any) -> FactorSet:
    """Turn the authenticator app on, with new spare codes; every session ends.

    :raises WrongFirstCode: as its name says.
    """
    account = actor.account
    SecondFactor.objects.filter(account=account).delete()
    SecondFactor.objects.create(
        account=account, sealed=keys.seal("second-factor", key), since=clock.now(), last_step=code
    )
    Account.objects.filter(pk=account.pk).update(has_factor=True)
    end_everything(account)
    codes = factors.make_spare_codes(account)
    tell_of_factor(account, "on")
    record(actor, Event.FACTOR_SET, subject_kind="account", subject_id=account.pk, fields=["second_factor"])
    return FactorSet(account, codes)


@action(needs=None, records=Event.SPARE_CODES_MADE)
def renew_spare_codes(actor: Owner) -> list[str]:
    """Make ten new spare codes; the older ones end.

    :raises NoFactor: as its name says.
    """
    if not actor.account.has_factor:
        raise NoFactor
    codes = factors.make_spare_codes(actor.account)
    tell_of_factor(actor.account, "renewed")
    record(actor, Event.SPARE_CODES_MADE, subject_kind="account", subject_id=actor.id)
    return codes


@action(needs=None, records=Event.FACTOR_REMOVED)
def remove_second_factor(actor: Owner) -> Account:
    """Turn the second factor off; every session ends."""
    clear_factor(actor.account)
    end_everything(actor.account)
    tell_of_factor(actor.account, "off")
    record(actor, Event.FACTOR_REMOVED, subject_kind="account", subject_id=actor.id, fields=["second_factor"])
    return actor.account


def clear_factor(account: Account) -> None:
    """Delete app and spare codes; part of an action."""
    SecondFactor.objects.filter(account=account).delete()
    SpareCode.objects.filter(account=account).delete()
    Account.objects.filter(pk=account.pk).update(has_factor=False)


def clear_factors_since(account: Account, at: datetime) -> bool:
    """Delete what an intruder may have set since a moment; part of an action. True when an app was among it.

    Spare codes end in any case: nobody can tell who made them anew.
    """
    if SecondFactor.objects.filter(account=account, since__gte=at).exists():
        clear_factor(account)
        return True
    SpareCode.objects.filter(account=account).delete()
    return False


def end_everything(account: Account) -> None:
    """End every session of an account by its epoch, and a pending change of ID (PRODUCT.md §4.9); part of an action."""
    account.epoch += 1
    Account.objects.filter(pk=account.pk).update(epoch=account.epoch)
    ids.drop_pending(account.pk)
    Session.objects.filter(account=account).delete()
