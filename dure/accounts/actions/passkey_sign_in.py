"""Signing in with a passkey: after the password, or instead of ID and password."""

from datetime import timedelta

from dure.accounts import passkeys, tries
from dure.accounts.actions.signing_in import Browser, SignedIn, known_device, signed_in
from dure.accounts.actors import Visitor
from dure.accounts.models import Account, Passkey
from dure.accounts.passkeys import Answer, PasskeyRefused, Used
from dure.core.action import action
from dure.core.actor import Actor
from dure.core.events import Event


def sign_in_by_passkey(actor: Visitor, *, answer: Answer, network: str, browser: Browser) -> SignedIn:
    """Sign in with a passkey alone: it is held and it checked its owner, which makes two factors.

    ``network`` is the client's network.

    :raises PasskeyRefused: also for an account whose password is a temporary one.
    """
    passkey = passkeys.find(answer)
    known = known_device(passkey.account if passkey else None, browser.cookie)
    counters = [tries.Counter("network", network, timedelta(hours=1))]
    if passkey:
        counters = [tries.passkey_counter(passkey.account_id, known.pk if known else None), *counters]
    if passkey and not passkey.account.has_own_password:
        passkey = None
    return _try(actor, passkey=passkey, answer=answer, counters=counters, browser=browser)


def pass_by_passkey(actor: Visitor, *, account: Account, answer: Answer, browser: Browser) -> SignedIn:
    """Sign in with a passkey of the account whose password was right.

    :raises PasskeyRefused: as its name says.
    """
    known = known_device(account, browser.cookie)
    counters = [tries.factor_counter(account.pk, known.pk if known else None)]
    passkey = passkeys.find(answer, of=account)
    if passkey:
        passkey.account = account  # with the epoch this browser was let in under
    return _try(actor, passkey=passkey, answer=answer, counters=counters, browser=browser)


def _try(
    actor: Visitor, *, passkey: Passkey | None, answer: Answer, counters: list[tries.Counter], browser: Browser
) -> SignedIn:
    """Check the answer, and count what is refused."""
    own = [counter for counter in counters if counter.kind != "network"]  # a right passkey waits for no neighbour
    slowed = tries.standing(own).slowed
    try:
        used = passkeys.check_use(answer, None if slowed else passkey)
    except PasskeyRefused:
        tries.count_failure(counters)
        raise
    return _enter(actor, used=used, counters=counters, browser=browser)


@action(needs=None, records=Event.SIGNED_IN)
def _enter(actor: Actor, *, used: Used, counters: list[tries.Counter], browser: Browser) -> SignedIn:
    passkeys.note_use(used)
    tries.forget(counters)
    account = used.passkey.account
    return signed_in(actor, account, known_device(account, browser.cookie), browser, via=used.passkey.uid)
