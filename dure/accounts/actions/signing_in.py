"""Signing in and out (PRODUCT.md §4.9, §4.11, §4.16)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from dure.accounts import activation, addresses, browsers, hashing, queries, tries
from dure.accounts.actions.links import spend_link
from dure.accounts.activation import Code
from dure.accounts.actors import Visitor
from dure.accounts.letters import post_to_id
from dure.accounts.models import Account, ActivationCode, Device, RecoveryRequest
from dure.accounts.sessions import SessionStore
from dure.core import clock, keys
from dure.core.action import action, record, writing
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.rows import insert
from dure.core.secrets import Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind


class WrongCredentials(DomainError):
    """ID or password is wrong; which of them is never told."""

    code = "wrong_credentials"
    message = _("The ID or the password is wrong.")


class SlowedDown(DomainError):
    """Too many failures: a right password has a link mailed, a wrong one has not, and both read this."""

    code = "slowed_down"
    message = _(
        "There were too many wrong tries. If the ID and the password were right this time, "
        "we have mailed you a link that signs you in. Otherwise wait a little and try again."
    )


@dataclass(frozen=True)
class SignedIn:
    """The account, its new session, and the new device's cookie when this browser was not known."""

    account: Account
    device: str
    session: SessionStore


class CodeEnded(DomainError):
    """The temporary password is right and opens nothing now; ``end`` says why (PRODUCT.md §4.5)."""

    code = "temporary_password_ended"
    message = _("This temporary password no longer works. Ask your admin for a new one.")
    status = 410
    messages: ClassVar[dict[str, Any]] = {
        "early": _("This temporary password is right, but it does not open anything before the day you start."),
        "expired": _(
            "The deadline for changing this temporary password has passed. "
            "Ask your admin to send the ID and password again."
        ),
        "used": _("It has been used already. Sign in with the password you set."),
        "replaced": _(
            "Your admin has made a newer one in the meantime. Nothing was saved. "
            "Use the newest temporary password, or the link in the newest mail."
        ),
    }

    def __init__(self, end: str) -> None:
        super().__init__()
        self.end, self.message = end, self.messages.get(end, self.message)


@dataclass(frozen=True)
class Halfway:
    """The password was right and the second factor is missing: a session that reaches the page for it alone."""

    session: SessionStore


@dataclass(frozen=True)
class Browser:
    """What a browser brings along: its device cookie, or empty, and what it calls itself."""

    cookie: str = ""
    name: str = ""


@dataclass(frozen=True)
class CodeTaken:
    """A temporary password was right: a session that reaches the change-password page alone."""

    session: SessionStore


def sign_in(
    actor: Visitor, *, address: str, password: str, network: str, browser: Browser, language: str
) -> SignedIn | Halfway | CodeTaken:
    """Check ID and password at the cost of one hash, whoever it is.

    ``network`` is the client's network.

    :raises WrongCredentials: also for an account that does not exist, or has no password at all.
    :raises SlowedDown: when the password alone does not suffice now.
    :raises CodeEnded: when a temporary password is right, but not now.
    :raises TooBusy: when too many sign in at this moment.
    """
    spelling = _spelling(address)
    account, code = queries.signing_in(spelling)
    known = known_device(account, browser.cookie)
    counters = tries.counters(address=spelling, network=network, device_id=known.pk if known else None)
    standing = tries.standing(counters)
    if code:
        right = activation.matches(password, code.encoded)
    else:
        right = hashing.verify_password(password, account.password if account else "")
    # Nobody guesses a generated code, and its owner may have no mailbox yet: it waits no longer than a delay.
    patient = right and code is not None and activation.is_generated(code.encoded)
    if standing.delayed if patient else standing.slowed:
        (tries.count_nothing if right else tries.count_failure)(counters)
        _note_while_slowed(spelling if right else "", language)
        raise SlowedDown
    if account is None or not right:
        tries.count_failure(counters)
        raise WrongCredentials
    if code:
        return _take_code(actor, account=account, code=code, counted=standing.counted)
    if account.has_factor:
        return _stop_halfway(account, standing.counted)
    return _enter(actor, account=account, device=known, counted=standing.counted, browser=browser)


def _stop_halfway(account: Account, counted: list[tries.Counter]) -> Halfway:
    """Open the page for the second factor, which has a count of its own; what failed before is forgotten."""
    with writing():
        tries.forget(counted)
        return Halfway(session=SessionStore.open_halfway(account, clock.now()))


@action(needs=None, records=Event.CODE_ENTERED)
def _take_code(actor: Actor, *, account: Account, code: Code, counted: list[tries.Counter]) -> CodeTaken:
    end = activation.end_of(code)
    if end:
        raise CodeEnded(end)
    tries.forget(counted)
    record(actor, Event.CODE_ENTERED, subject_kind="account", subject_id=account.pk, via=code.uid)
    return CodeTaken(session=SessionStore.open_for_code(account.pk, code.uid, clock.now()))


def living_code(uid: str) -> ActivationCode:
    """Return the temporary password with this name while it opens the change-password page.

    :raises CodeEnded: when it was replaced, used, or its time is not now.
    """
    code = ActivationCode.objects.filter(uid=uid).first()
    end = "replaced" if code is None else activation.end_of(code)
    if code is None or end:
        raise CodeEnded(end)
    return code


def _spelling(address: str) -> str:
    try:
        return addresses.canonical(address, sought=True)
    except addresses.InvalidAddress:
        return address[: addresses.LONGEST]


def known_device(account: Account | None, cookie: str) -> Device | None:
    """Look for the device of a cookie; asked about nobody's devices too, so that the answer takes the same."""
    if not cookie:
        return None
    account_id = account.pk if account else 0
    return Device.objects.filter(account_id=account_id, hash__in=keys.keyed_hashes("device", cookie)).first()


def _note_while_slowed(address: str, language: str) -> None:
    """Ask the worker for a link, or for nothing: a right password writes what a wrong one does, and takes as long."""
    with writing():
        RecoveryRequest.objects.create(
            purpose=Purpose.SIGN_IN,
            sealed_address=keys.seal("recovery", address),
            language=language,
            asked_at=clock.now(),
        )


@action(needs=None, records=Event.SIGNED_IN)
def _enter(
    actor: Actor, *, account: Account, device: Device | None, counted: list[tries.Counter], browser: Browser
) -> SignedIn:
    tries.forget(counted)
    return signed_in(actor, account, device, browser)


def _tell_of_device(account: Account, browser: Browser) -> None:
    """Tell the owner by mail that a browser signed in that never did before; not about the very first one."""
    if not outbox.can_send() or not Device.objects.filter(account_id=account.pk).exists():
        return
    with translation.override(account.language):
        name = browsers.name_of(browser.name)
    post_to_id(account, Kind.NEW_DEVICE, browser=name)


def signed_in(
    actor: Actor,
    account: Account,
    device: Device | None,
    browser: Browser,
    *,
    told: bool = False,
    via: str = "",
    opens: Sequence[int] = (),
) -> SignedIn:
    """Write device, moment, trail and session of somebody who proved everything; part of an action.

    ``told``: the owner gets a letter about this very moment anyway, and none about the device. ``via`` is the uid of
    the passkey that was used. ``opens`` are workspaces that are opened at once, as the caller writes down.
    """
    at, cookie = clock.now(), ""
    if device is None:
        if not told:
            _tell_of_device(account, browser)
        cookie = secrets.token_urlsafe(24)
        device = Device(
            account_id=account.pk,
            hash=keys.keyed_hash("device", cookie),
            browser=browser.name[:200],
            since=at,
            last_used_at=at,
        )
        insert(device)
    else:
        Device.objects.filter(pk=device.pk).update(last_used_at=at, browser=browser.name[:200])
    with connection.cursor() as cursor:
        moment = connection.ops.adapt_datetimefield_value(at)
        cursor.execute("UPDATE dure_account SET signed_in_at = %s WHERE id = %s", [moment, account.pk])
    record(actor, Event.SIGNED_IN, subject_kind="account", subject_id=account.pk, via=via)
    session = SessionStore.open_for(account, at, device.pk, opens=opens)
    return SignedIn(account=account, device=cookie, session=session)


@action(needs=None, records=Event.SIGNED_IN)
def sign_in_by_link(actor: Visitor, *, secret: OneTimeSecret, browser: Browser) -> SignedIn | Halfway:
    """Sign in with the link that a right password had mailed.

    :raises LinkEnded: when it was used, withdrawn or is too old.
    """
    account = spend_link(secret, purposes={Purpose.SIGN_IN})
    tries.forget_address(*queries.spellings_of(account.pk))
    return _proved(actor, account, browser, told=False)


@action(needs=None, records=Event.SIGNED_IN)
def enter_after_proof(
    actor: Visitor, *, account: Account, browser: Browser, opens: Sequence[int] = ()
) -> SignedIn | Halfway:
    """Sign in somebody who proved a moment ago who they are, by a mailed link or code and a new password.

    ``opens`` as in ``signed_in``.
    """
    return _proved(actor, account, browser, told=True, opens=opens)


@action(needs=None, records=Event.SIGNED_IN)
def stay_signed_in(actor: Visitor, *, account: Account, browser: Browser) -> SignedIn:
    """Open a new session for somebody whose own act just ended the one they had, as a change of password does."""
    return signed_in(actor, account, known_device(account, browser.cookie), browser, told=True)


def _proved(
    actor: Actor, account: Account, browser: Browser, *, told: bool, opens: Sequence[int] = ()
) -> SignedIn | Halfway:
    """Enter, or ask for the second factor: a mailed link is one factor alone."""
    if account.has_factor:
        record(actor, Event.SIGNED_IN, subject_kind="account", subject_id=account.pk, fields=["halfway"])
        return Halfway(session=SessionStore.open_halfway(account, clock.now()))
    return signed_in(actor, account, known_device(account, browser.cookie), browser, told=told, opens=opens)
