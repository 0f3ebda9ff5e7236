"""Adding, naming and taking away passkeys."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import passkeys
from dure.accounts.actions.factors import FactorSet, factor_added, factor_removed
from dure.accounts.actors import Owner
from dure.accounts.models import Account, Passkey
from dure.accounts.passkeys import Answer, PasskeyRefused
from dure.core import clock
from dure.core.action import action, record
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.text import is_plain

MOST = 20
LONGEST_NAME = 60


class TooManyPasskeys(DomainError):
    """Nobody has so many devices."""

    code = "too_many_passkeys"
    message = _("There are twenty passkeys already. Remove one first.")
    status = 409


class NameRefused(DomainError):
    """A name nobody could read."""

    code = "passkey_name"
    message = _("Give it a name of up to 60 characters, such as “Work laptop”.")
    field = "name"


def _checked(name: str) -> str:
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not is_plain(name):
        raise NameRefused
    return name


def _check(_actor: Owner, *, answer: Answer, name: str) -> dict[str, Any]:
    return {"name": _checked(name), "answer": passkeys.check_new(answer)}


@action(needs=None, records=Event.FACTOR_SET, before=_check)
def add_passkey(actor: Owner, *, answer: Any, name: str) -> FactorSet:
    """Add a passkey; every session ends, and the first factor of all brings the spare codes.

    :raises PasskeyRefused: also when it is here already.
    :raises TooManyPasskeys: as its name says.
    :raises NameRefused: as its name says.
    """
    if Passkey.objects.filter(account=actor.account).count() >= MOST:
        raise TooManyPasskeys
    passkey, is_new = Passkey.objects.get_or_create(
        credential_id=answer.credential_id,
        defaults={
            "account": actor.account,
            "public_key": answer.public_key,
            "sign_count": answer.sign_count,
            "transports": answer.transports,
            "backed_up": answer.backed_up,
            "name": name,
            "since": clock.now(),
        },
    )
    if not is_new:
        raise PasskeyRefused
    return factor_added(actor, "passkey_on", via=passkey.uid)


@action(needs=None, records=Event.PASSKEY_RENAMED)
def rename_passkey(actor: Owner, *, passkey_uid: str, name: str) -> None:
    """Give a passkey another name.

    :raises NotFound: the account has no such passkey.
    :raises NameRefused: as its name says.
    """
    own = Passkey.objects.filter(account=actor.account, uid=passkey_uid)
    if not own.update(name=_checked(name)):
        raise NotFound
    record(actor, Event.PASSKEY_RENAMED, subject_kind="account", subject_id=actor.id, via=passkey_uid)


@action(needs=None, records=Event.FACTOR_REMOVED)
def remove_passkey(actor: Owner, *, passkey_uid: str) -> Account:
    """Take one passkey away; every session ends, and with the last factor the spare codes.

    :raises NotFound: the account has no such passkey.
    """
    gone, _kinds = Passkey.objects.filter(account=actor.account, uid=passkey_uid).delete()
    if not gone:
        raise NotFound
    return factor_removed(actor, "passkey_off", via=passkey_uid)
