"""Changing what belongs to the account: password, language."""

from typing import Any

from django.conf import settings
from django.db.models import F

from dure.accounts import hashing, ids, passwords
from dure.accounts.actions.confirming import check_present_password
from dure.accounts.actors import Owner
from dure.accounts.letters import post_to_id
from dure.accounts.models import Account, Session
from dure.core import clock, secrets
from dure.core.action import action, record
from dure.core.events import Event
from dure.mail import outbox
from dure.mail.kinds import Kind


def save_password(account: Account, encoded: str) -> None:
    """Store a new own password; every session and every mailed link that opens the account ends. Part of an action."""
    account.password, account.password_set_at = encoded, clock.now()
    account.epoch = F("epoch") + 1
    account.save(update_fields=["password", "password_set_at", "epoch"])
    account.refresh_from_db(fields=["epoch"])
    Session.objects.filter(account=account).delete()
    secrets.withdraw_openers(account.pk)
    ids.drop_pending(account.pk)
    outbox.withdraw_dead(account.pk)
    outbox.withdraw_until_joined([account.pk])


def _check_change(
    actor: Owner, *, current: str, new: str, context: list[str], minimum: int, **_rest: Any
) -> dict[str, Any]:
    check_present_password(actor, current)
    passwords.check_password(new, context=context, minimum=minimum)
    if hashing.normalise(current) == hashing.normalise(new):
        raise passwords.PasswordUnchanged
    return {"current": "", "new": hashing.hash_password(new)}


@action(needs=None, records=Event.PASSWORD_CHANGED, before=_check_change)
def change_password(actor: Owner, *, current: str, new: str, context: list[str], minimum: int) -> Account:
    """Change one's own password; every other session ends, and the owner is told by mail.

    ``context`` and ``minimum`` come from the workspaces: words others know, and the strictest length.

    :raises WrongPassword, ConfirmLater: when the present one is wrong; counted as in ``confirm``.
    :raises PasswordRefused: when the new one is weak.
    """
    account = actor.account
    save_password(account, new)
    record(actor, Event.PASSWORD_CHANGED, subject_kind="account", subject_id=account.pk, fields=["password"])
    tell_of_password(account)
    return account


def tell_of_password(account: Account) -> None:
    """Post the notice that the password was changed."""
    post_to_id(account, Kind.PASSWORD_CHANGED)


@action(needs=None, records=Event.LANGUAGE_CHANGED)
def choose_language(actor: Owner, *, language: str) -> None:
    """Set the language of one's pages and letters; an unknown one changes nothing."""
    if language in dict(settings.LANGUAGES):
        Account.objects.filter(pk=actor.id).update(language=language)
    record(actor, Event.LANGUAGE_CHANGED, subject_kind="account", subject_id=actor.id, fields=["language"])
