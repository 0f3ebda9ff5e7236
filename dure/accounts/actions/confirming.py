"""Typing the password again before what hurts (OWASP ASVS 5.0 §7.5)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dure.accounts import hashing, tries
from dure.accounts.actions.changing import WrongPassword
from dure.accounts.actors import Owner
from dure.core.action import action, record
from dure.core.errors import DomainError
from dure.core.events import Event

TRIES_AN_HOUR = 20


class ConfirmLater(DomainError):
    """Twenty wrong passwords in an hour from a session that is signed in."""

    code = "confirm_later"
    message = _("There were too many wrong tries. Wait an hour, or sign out and reset the password.")
    field = "current_password"
    status = 429


def confirm(actor: Owner, *, password: str) -> None:
    """Check that whoever sits here knows the password.

    :raises WrongPassword: as its name says; it is counted.
    :raises ConfirmLater: after too many.
    """
    counter = tries.Counter("confirm", str(actor.id), timedelta(hours=1))
    if tries.failures(counter) >= TRIES_AN_HOUR:
        raise ConfirmLater
    if not hashing.verify_password(password, actor.account.password):
        tries.count_failure([counter])
        raise WrongPassword
    _confirmed(actor)


@action(needs=None, records=Event.CONFIRMED)
def _confirmed(actor: Owner) -> None:
    record(actor, Event.CONFIRMED, subject_kind="account", subject_id=actor.id)
