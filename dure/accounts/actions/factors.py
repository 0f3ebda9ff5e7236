"""Setting up, renewing and taking away the second factor."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import factors, ids
from dure.accounts.actors import Owner
from dure.accounts.letters import post_to_id
from dure.accounts.models import Account, Device, Passkey, SecondFactor, Session, SpareCode
from dure.core import clock, keys
from dure.core.action import action, record
from dure.core.errors import DomainError
from dure.core.events import Event
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
    """The account with its new epoch, and the spare codes, which are shown once; none when the older ones stay."""

    account: Account
    codes: list[str]


def tell_of_factor(account: Account, what: str) -> None:
    """Post the notice.

    ``on`` (the app), ``app_off``, ``passkey_on``, ``passkey_off``, ``off`` (nothing is left), ``spare`` (one used),
    ``renewed``, ``reset`` (by an admin).
    """
    post_to_id(account, Kind.FACTOR_CHANGED, what=what)


def _check(_actor: Owner, *, key: str, code: str) -> dict[str, Any]:
    step = factors.matching_step(key, code)
    if step is None:
        raise WrongFirstCode
    return {"code": step}


@action(needs=None, records=Event.FACTOR_SET, before=_check)
def set_second_factor(actor: Owner, *, key: str, code: Any) -> FactorSet:
    """Turn the authenticator app on; every session ends. A new phone brings new spare codes.

    :raises WrongFirstCode: as its name says.
    """
    account = actor.account
    replaced, _kinds = SecondFactor.objects.filter(account=account).delete()
    SecondFactor.objects.create(
        account=account, sealed=keys.seal("second-factor", key), since=clock.now(), last_step=code
    )
    return factor_added(actor, "on", new_codes=bool(replaced))


def factor_added(actor: Owner, what: str, *, new_codes: bool = False, via: str = "") -> FactorSet:
    """Write what goes with another factor of any kind; the first one brings spare codes. Part of an action."""
    account = actor.account
    codes = factors.make_spare_codes(account) if new_codes or not account.has_factor else []
    Account.objects.filter(pk=account.pk).update(has_factor=True)
    _changed(actor, Event.FACTOR_SET, what, via)
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
    """Turn the authenticator app off; every session ends, and with the last factor the spare codes.

    :raises NoFactor: as its name says.
    """
    gone, _kinds = SecondFactor.objects.filter(account=actor.account).delete()
    if not gone:
        raise NoFactor
    return factor_removed(actor, "app_off")


def factor_removed(actor: Owner, what: str, *, via: str = "") -> Account:
    """Write what goes with the end of a factor of any kind. Part of an action."""
    account = actor.account
    if not factors.has_any(account):
        clear_factors(account)
        what = "off"
    _changed(actor, Event.FACTOR_REMOVED, what, via)
    return account


def _changed(actor: Owner, event: Event, what: str, via: str) -> None:
    end_everything(actor.account)
    tell_of_factor(actor.account, what)
    record(actor, event, subject_kind="account", subject_id=actor.id, fields=["second_factor"], via=via)


def clear_factors(account: Account) -> None:
    """Delete app, passkeys and spare codes; part of an action."""
    for kind in (SecondFactor, Passkey, SpareCode):
        kind.objects.filter(account=account).delete()
    account.has_factor = False
    Account.objects.filter(pk=account.pk).update(has_factor=False)


def clear_factors_since(account: Account, at: datetime) -> bool:
    """Delete what an intruder may have set since a moment; part of an action. True when there was any.

    Spare codes end in any case: nobody can tell who made them anew.
    """
    gone = [kind.objects.filter(account=account, since__gte=at).delete()[0] for kind in (SecondFactor, Passkey)]
    SpareCode.objects.filter(account=account).delete()
    if not factors.has_any(account):
        clear_factors(account)
    return any(gone)


def yield_to_prover(account: Account) -> bool:
    """Leave whoever had an account before its ID was proven no way back in (PRODUCT.md §4.2); part of an action.

    Their second factor, devices and own private address go; the password is set anew beside this. True when there was
    a factor, of whose end the owner is told.
    """
    had_factor = account.has_factor
    clear_factors(account)
    Device.objects.filter(account=account).delete()
    ids.take_private_away(account.pk, added_by_holder=True)
    if had_factor:
        tell_of_factor(account, "off")
    return had_factor


def end_everything(account: Account) -> None:
    """End every session of an account by its epoch, and a pending change of ID (PRODUCT.md §4.9); part of an action."""
    account.epoch += 1
    Account.objects.filter(pk=account.pk).update(epoch=account.epoch)
    ids.drop_pending(account.pk)
    Session.objects.filter(account=account).delete()
