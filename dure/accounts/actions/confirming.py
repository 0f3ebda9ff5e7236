"""Typing the password again, or using a passkey, before what hurts (OWASP ASVS 5.0 §7.5)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dure.accounts import hashing, passkeys, tries
from dure.accounts.actors import Owner
from dure.accounts.passkeys import Answer, PasskeyRefused, Used
from dure.core.action import action, record
from dure.core.errors import DomainError
from dure.core.events import Event

TRIES_AN_HOUR = 20


class WrongPassword(DomainError):
    """The present password is wrong."""

    code = "wrong_password"
    message = _("This is not your present password.")
    field = "current_password"


class ConfirmLater(DomainError):
    """Twenty wrong passwords in an hour from a session that is signed in."""

    code = "confirm_later"
    message = _("There were too many wrong tries. Wait an hour, or sign out and reset the password.")
    field = "current_password"
    status = 429


def confirm(actor: Owner, *, password: str) -> None:
    """Check that whoever sits here knows the password.

    :raises WrongPassword, ConfirmLater: as in ``check_present_password``.
    """
    check_present_password(actor, password)
    _confirmed(actor)


def check_present_password(actor: Owner, password: str) -> None:
    """Compare with the password of somebody who is signed in, on whichever page asks for it.

    :raises WrongPassword: as its name says; it is counted.
    :raises ConfirmLater: after too many.
    """
    counter = _counter(actor)
    if not hashing.verify_password(password, actor.account.password):
        tries.count_failure([counter])
        raise WrongPassword


def confirm_by_passkey(actor: Owner, *, answer: Answer) -> None:
    """Check that whoever sits here has a passkey of the account.

    :raises PasskeyRefused: as its name says; it is counted.
    :raises ConfirmLater: after too many.
    """
    counter, passkey = _counter(actor), passkeys.find(answer, of=actor.account)
    try:
        used = passkeys.check_use(answer, passkey)
    except PasskeyRefused:
        tries.count_failure([counter])
        raise
    _confirmed_by(actor, used=used)


def _counter(actor: Owner) -> tries.Counter:
    counter = tries.Counter("confirm", str(actor.id), timedelta(hours=1))
    if tries.failures(counter) >= TRIES_AN_HOUR:
        raise ConfirmLater
    return counter


@action(needs=None, records=Event.CONFIRMED)
def _confirmed(actor: Owner) -> None:
    record(actor, Event.CONFIRMED, subject_kind="account", subject_id=actor.id)


@action(needs=None, records=Event.CONFIRMED)
def _confirmed_by(actor: Owner, *, used: Used) -> None:
    passkeys.note_use(used)
    record(actor, Event.CONFIRMED, subject_kind="account", subject_id=actor.id, via=used.passkey.uid)
