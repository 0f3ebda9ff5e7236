"""Signing in with the second factor, after the password was right."""

from django.utils.translation import gettext_lazy as _

from dure.accounts import factors, tries
from dure.accounts.actions.factors import tell_of_factor
from dure.accounts.actions.signing_in import Browser, SignedIn, known_device, signed_in
from dure.accounts.actors import Visitor
from dure.accounts.models import Account
from dure.core.action import action
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event


class WrongFactor(DomainError):
    """Not the code of this moment, used already, or tried too often."""

    code = "wrong_factor"
    message = _(
        "This code is wrong or was used already. Wait for the next one; after many tries, wait a little longer."
    )
    field = "code"


def pass_second_factor(actor: Visitor, *, account: Account, code: str, browser: Browser) -> SignedIn:
    """Sign in with the second factor; each try is counted before it is compared.

    :raises WrongFactor: as its name says.
    """
    known = known_device(account, browser.cookie)
    counter = tries.factor_counter(account.pk, known.pk if known else None)
    if tries.count_try(counter):
        raise WrongFactor
    return _pass(actor, account=account, code=code, browser=browser, counter=counter)


@action(needs=None, records=Event.SIGNED_IN)
def _pass(actor: Actor, *, account: Account, code: str, browser: Browser, counter: tries.Counter) -> SignedIn:
    how = factors.spend(account, code)
    if not how:
        raise WrongFactor
    tries.forget([counter])
    if how == "spare":
        tell_of_factor(account, "spare")
    return signed_in(actor, account, known_device(account, browser.cookie), browser)
