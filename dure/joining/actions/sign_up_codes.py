"""The six digits of a sign-up: mailed, sent again, proven (PRODUCT.md §4.7 d)."""

import secrets
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TypeVar, cast

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from dure.accounts import tries
from dure.accounts.actions.recovering import WrongCode
from dure.core import clock, keys, rows
from dure.core.action import beginning_again, together, writing
from dure.core.errors import DomainError, NotFound
from dure.core.models import is_uid
from dure.core.text import digits
from dure.joining import letters
from dure.joining.models import SignUp
from dure.joining.ways import Way
from dure.mail import outbox
from dure.workspaces.models import Workspace

CODE_LASTS = timedelta(minutes=10)
PROOF_LASTS = timedelta(hours=1)
LASTS = timedelta(days=7)
"""How long an interrupted sign-up can be taken up again in the browser that began it."""
TRIES, CODES = 5, 10
BETWEEN_CODES = timedelta(seconds=30)
MAILS_AN_HOUR, BEGUN_AN_HOUR, WRONG_AN_HOUR = 5, 3000, 300
"""Codes to one address; sign-ups and wrong codes from one network: a whole office comes on its first day."""


class TooManySignUps(DomainError):
    """More sign-ups from one network within an hour than an office has people."""

    code = "too_many_sign_ups"
    message = _("Very many people have signed up from your network within an hour. Try again when the hour is over.")
    status = 429


class TooManyWrongCodes(DomainError):
    """More wrong codes from one network within an hour than an office mistypes; with a million it would guess one."""

    code = "too_many_wrong_codes"
    message = _("Too many wrong codes were typed from your network within an hour. Try again when the hour is over.")
    field = "code"
    status = 429


class CodeJustSent(DomainError):
    """One code in half a minute, and ten in all."""

    code = "code_just_sent"
    message = _("A code was mailed a moment ago. Look into the mailbox, and into the folder for unwanted mail.")
    field = "code"


class SignUpOver(DomainError):
    """Finished or given up a moment ago, in another tab or browser."""

    code = "sign_up_over"
    message = _(
        "This sign-up was finished or given up in another tab or browser. If you have an account by now, sign in."
    )
    status = 410


def draw(row: SignUp) -> str:
    """Draw six digits; what is stored fits them alone."""
    number = f"{secrets.randbelow(1_000_000):06d}"
    row.code = keys.keyed_hash("sign-up-code", f"{row.uid} {number}")
    row.code_until, row.tries_left = clock.now() + CODE_LASTS, TRIES
    return number


def mail_first(row: SignUp, number: str, workspace: Workspace, *, network: str) -> None:
    """Mail the first code of a sign-up that is about to be written; part of the action that begins it.

    :raises TooManySignUps: as its name says.
    """
    (begun,) = tries.count_and_tell([_counter("sign-ups", network)])
    if begun > BEGUN_AN_HOUR:
        raise TooManySignUps
    _mail(row, number, workspace)


def _mail(row: SignUp, number: str, workspace: Workspace) -> None:
    """Mail a code; one too many to this mailbox goes nowhere and fits nothing, since what nobody got proves nothing."""
    if tries.count_and_tell([_counter("sign-up-mails", row.address)])[0] <= MAILS_AN_HOUR:
        letters.post_code(row, number, workspace)
    else:
        row.code = keys.keyed_hash("sign-up-code", secrets.token_urlsafe())


def _counter(kind: str, name: str) -> tries.Counter:
    """Return what counts within this hour of the clock."""
    return tries.Counter(kind, f"{name} {int(clock.now().timestamp()) // 3600}", timedelta(hours=1))


def living() -> QuerySet[SignUp]:
    """Return the sign-ups that can be taken up again, whatever happens to the clock."""
    at = clock.now()
    return SignUp.objects.filter(expires_at__gt=at, expires_at__lte=at + LASTS + clock.SKEW)


@cache
def _one() -> str:
    return f"""SELECT {rows.columns(SignUp, "own")}
FROM dure_signup own WHERE own.uid = %s AND own.expires_at > %s AND own.expires_at <= %s
"""  # noqa: S608 - the model's own names


def of_browser(uid: str, browser: str) -> SignUp | None:
    """Return the sign-up that this browser began, while it can be taken up again."""
    if not is_uid(uid):
        return None
    at = clock.now()
    ends = [connection.ops.adapt_datetimefield_value(one) for one in (at, at + LASTS + clock.SKEW)]
    row = rows.first(SignUp, _one(), [uid, *ends])
    return row if row and is_of(row, browser) else None


def is_of(row: SignUp, browser: str) -> bool:
    """Tell whether a browser began a sign-up."""
    return keys.fits("sign-up-browser", browser, row.browser)


def is_proven(row: SignUp) -> bool:
    """Tell whether the address was proven within the hour."""
    return row.proven_at is not None and abs(clock.now() - row.proven_at) < PROOF_LASTS


def refuse_other(row: SignUp, way: Way) -> None:
    """Refuse a way in that is not the one the sign-up was begun by.

    :raises NotFound: as its name says.
    """
    own = (row.link_id, row.invitation_id)
    if own != (way.link.pk if way.link else None, way.invitation.pk if way.invitation else None):
        raise NotFound


def send_code_again(*, uid: str, browser: str, way: Way) -> None:
    """Mail a new code; the older one ends. Too many to one mailbox are not sent, and the page says the same.

    :raises NotFound: no such sign-up of this browser by this way.
    :raises CodeJustSent: as its name says.
    """
    with writing():
        row = living().select_for_update().filter(uid=uid).first()
        if row is None or not is_of(row, browser):
            raise NotFound
        refuse_other(row, way)
        sent_at = row.code_until - CODE_LASTS
        if row.codes >= CODES or abs(clock.now() - sent_at) < BETWEEN_CODES:
            raise CodeJustSent
        number, row.codes = draw(row), row.codes + 1
        outbox.withdraw_about([row.uid])
        _mail(row, number, way.workspace)
        row.save(update_fields=["code", "code_until", "tries_left", "codes"])


@cache
def _count() -> str:
    return f"""UPDATE dure_signup SET tries_left = tries_left - 1
WHERE uid = %s AND tries_left > 0 AND code_until > %s AND code_until <= %s AND expires_at > %s
RETURNING {rows.columns(SignUp, "dure_signup")}
"""  # noqa: S608 - the model's own names


Done = TypeVar("Done")


def prove(*, uid: str, browser: str, code: str, network: str, then: Callable[[SignUp], Done]) -> Done:
    """Check the code, and do with the sign-up what comes ``then``, in one transaction.

    Each try is counted before it is compared, so that racing ones are too. When what comes then is refused, the
    address stays proven for an hour.

    :raises WrongCode: wrong, too late, or tried five times.
    :raises SignUpOver, TooManyWrongCodes: as their names say.
    :raises DomainError: what ``then`` refuses.
    """
    wrong, at = _counter("sign-up-codes", network), clock.now()
    if tries.failures(wrong) >= WRONG_AN_HOUR:
        raise TooManyWrongCodes
    try:
        row, done = beginning_again(lambda begun: _attempt(begun, uid, browser, code, then))
    except DomainError:
        with writing():
            SignUp.objects.filter(uid=uid).update(proven_at=at, tries_left=0)
        raise
    if row is None:
        if not SignUp.objects.filter(uid=uid).exists():
            raise SignUpOver
        tries.count_failure([wrong])
        raise WrongCode
    return cast(Done, done)


def _attempt(
    begun: threading.Event, uid: str, browser: str, code: str, then: Callable[[SignUp], Done]
) -> tuple[SignUp | None, Done | None]:
    at = clock.now()
    now, latest = (connection.ops.adapt_datetimefield_value(one) for one in (at, at + CODE_LASTS + clock.SKEW))
    with together():
        row = rows.first(SignUp, _count(), [uid, now, latest, now])
        begun.set()
        if row is None or not is_of(row, browser) or not keys.fits("sign-up-code", f"{uid} {digits(code)}", row.code):
            return None, None
        row.proven_at, row.tries_left = at, 0
        return row, then(row)


def give_up(row: SignUp) -> None:
    """Forget an unfinished sign-up, as for another address."""
    with writing():
        outbox.withdraw_about([row.uid])
        SignUp.objects.filter(pk=row.pk).delete()


def use_up(row: SignUp) -> None:
    """Delete a proven sign-up and all others to its address; of two that do, one is told that it is gone.

    :raises NotFound: gone, or proven too long ago.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dure_signup WHERE address = %s RETURNING id", [row.address])
        gone = {found[0] for found in cursor.fetchall()}
    if row.pk not in gone or not is_proven(row):
        raise NotFound
