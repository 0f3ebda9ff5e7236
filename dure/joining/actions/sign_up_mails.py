"""Mailing the six digits of a sign-up, and other ones after them (PRODUCT.md §4.7 d)."""

import secrets
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dure.accounts import tries
from dure.core import clock, keys
from dure.core.action import together
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.joining import letters
from dure.joining.actions.sign_up_codes import CODE_LASTS, DIGITS, is_of, living, refuse_other, tell, this_hour
from dure.joining.models import SignUp
from dure.joining.ways import Way
from dure.mail import outbox
from dure.workspaces.models import Workspace

TRIES, CODES = 5, 10
BETWEEN_CODES = timedelta(seconds=30)
MAILS_AN_HOUR, MAILS_OF_ALL, BEGUN_AN_HOUR = 5, 20, 3000
"""Codes to one mailbox from one network and from all; sign-ups from one network: a whole office comes at once."""


class TooManySignUps(DomainError):
    """More sign-ups from one network within an hour than an office has people."""

    code = "too_many_sign_ups"
    message = _("Very many people have signed up from your network within an hour. Try again when the hour is over.")
    status = 429


class CodeJustSent(DomainError):
    """One code in half a minute."""

    code = "code_just_sent"
    message = _("A code was mailed a moment ago. If none is in the mailbox in half a minute, ask once more.")
    field = "code"


class NoMoreCodes(DomainError):
    """Ten codes for one sign-up."""

    code = "no_more_codes"
    message = _("Ten codes were mailed for this sign-up, and no more are. Begin again with “Use another address”.")
    field = "code"


def draw(row: SignUp) -> str:
    """Draw six digits; what is stored fits them alone."""
    number = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    row.code = keys.keyed_hash("sign-up-code", f"{row.uid} {number}")
    row.code_until, row.tries_left = clock.now() + CODE_LASTS, TRIES
    return number


def refuse_rush(network: str) -> None:
    """Refuse a network that signed up too often, before anything slow is done for it.

    :raises TooManySignUps: as its name says.
    """
    if tries.failures(this_hour("sign-ups", network)) >= BEGUN_AN_HOUR:
        raise TooManySignUps


def mail_first(row: SignUp, number: str, workspace: Workspace, *, network: str) -> None:
    """Mail the first code of a sign-up that is about to be written; part of the action that begins it.

    :raises TooManySignUps: as its name says.
    """
    (begun,) = tries.count_and_tell([this_hour("sign-ups", network)])
    if begun > BEGUN_AN_HOUR:
        raise TooManySignUps
    _mail(row, number, workspace, network)


def _mail(row: SignUp, number: str, workspace: Workspace, network: str) -> None:
    """Mail a code; one too many to this mailbox goes nowhere and fits nothing, since what nobody got proves nothing."""
    mailbox = _mailbox(row.address)
    if _is_free(f"{mailbox} {network}", MAILS_AN_HOUR) and _is_free(mailbox, MAILS_OF_ALL):
        letters.post_code(row, number, workspace)
    else:
        row.code = keys.keyed_hash("sign-up-code", secrets.token_urlsafe())


def _is_free(mailbox: str, most: int) -> bool:
    """Count one mail more within this hour; what one network is not mailed any more counts for the others no more."""
    return tries.count_and_tell([this_hour("sign-up-mails", mailbox)])[0] <= most


def _mailbox(address: str) -> str:
    """Return one name for the many spellings of a mailbox, to count by: what stands after a plus, dots at Gmail."""
    local, _at, domain = address.rpartition("@")
    local = local.partition("+")[0] or local
    return f"{local.replace('.', '')}@gmail.com" if domain in ("gmail.com", "googlemail.com") else f"{local}@{domain}"


def send_code_again(actor: Actor, *, uid: str, browser: str, way: Way, network: str) -> None:
    """Mail a new code; the older one ends. Too many to one mailbox are not sent, and the page says the same.

    :raises NotFound: no such sign-up of this browser by this way.
    :raises CodeJustSent, NoMoreCodes: as their names say.
    """
    with together():
        row = living().select_for_update().filter(uid=uid).first()
        if row is None or not is_of(row, browser):
            raise NotFound
        refuse_other(row, way)
        sent_at = row.code_until - CODE_LASTS
        if row.codes >= CODES:
            raise NoMoreCodes
        if abs(clock.now() - sent_at) < BETWEEN_CODES:
            raise CodeJustSent
        number, row.codes = draw(row), row.codes + 1
        outbox.withdraw_about([row.uid])
        _mail(row, number, way.workspace, network)
        row.save(update_fields=["code", "code_until", "tries_left", "codes"])
        tell(actor, Event.SIGN_UP_CODE_MAILED, row, way)
