"""The six digits of a sign-up prove its address (PRODUCT.md §4.7 d)."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import TypeVar

from django.db import connection
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from dure.accounts import tries
from dure.accounts.actions.recovering import WrongCode
from dure.core import clock, keys, rows
from dure.core.action import beginning_again, record, together, writing
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.models import is_uid
from dure.core.text import digits
from dure.joining.models import SignUp
from dure.joining.proven import HasAccount
from dure.joining.ways import Way
from dure.mail import outbox

CODE_LASTS = timedelta(minutes=10)
PROOF_LASTS = timedelta(hours=1)
LASTS = timedelta(days=7)
"""How long an interrupted sign-up can be taken up again in the browser that began it."""
DIGITS = 6
WRONG_AN_HOUR = 300
"""Wrong codes from one network: a whole office comes on its first day."""


class TooManyWrongCodes(DomainError):
    """More wrong codes from one network within an hour than an office mistypes; with a million it would guess one."""

    code = "too_many_wrong_codes"
    message = _("Too many wrong codes were typed from your network within an hour. Try again when the hour is over.")
    field = "code"
    status = 429


class NotSixDigits(WrongCode):
    """Something else than a code; it costs no try."""

    code = "not_six_digits"
    message = _("The code has six digits.")


class WrongDigits(WrongCode):
    """Not the newest code; ``left`` is how often one may try it still."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def sentence(self) -> str:
        """Return the message with the tries that are left."""
        said = ngettext(
            "This is not the code from the newest mail. One try is left.",
            "This is not the code from the newest mail. %(left)s tries are left.",
            self.left,
        )
        return said % {"left": self.left}


class TriesUsedUp(WrongCode):
    """Tried five times."""

    message = _("The five tries for this code are used up. Have a new code mailed.")


class CodeTooOld(WrongCode):
    """Mailed more than ten minutes ago."""

    message = _("The time for this code is over. Have a new code mailed.")


class SignUpOver(DomainError):
    """Finished or given up a moment ago, in another tab or browser."""

    code = "sign_up_over"
    message = _(
        "This sign-up was finished or given up in another tab or browser. If you have an account by now, sign in."
    )
    status = 410


def this_hour(kind: str, name: str) -> tries.Counter:
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


def tell(actor: Actor, event: Event, row: SignUp, way: Way) -> None:
    """Tell the trail of the workspace about a sign-up; part of an action."""
    record(actor, event, subject_kind="sign_up", subject_id=row.pk, via=way.handle, workspace_id=way.workspace.pk)


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

    :raises NotSixDigits, WrongDigits, TriesUsedUp, CodeTooOld: the code; only a try that was left is counted.
    :raises SignUpOver, TooManyWrongCodes: as their names say.
    :raises DomainError: what ``then`` refuses.
    """
    wrong, at = this_hour("sign-up-codes", network), clock.now()
    if len(digits(code)) != DIGITS:
        raise NotSixDigits
    if tries.failures(wrong) >= WRONG_AN_HOUR:
        raise TooManyWrongCodes
    try:
        tried, done = beginning_again(lambda begun: _attempt(begun, uid, browser, code, then))
    except DomainError as refused:
        useless = {"password": ""} if isinstance(refused, HasAccount) else {}
        with writing():
            SignUp.objects.filter(uid=uid).update(proven_at=at, tries_left=0, **useless)
        raise
    if done is None:
        if tried:
            tries.count_failure([wrong])
        raise why_not(SignUp.objects.filter(uid=uid).first())
    return done


def why_not(row: SignUp | None) -> DomainError:
    """Return why the last code opened nothing: late, wrong, or used up."""
    if row is None:
        return SignUpOver()
    at = clock.now()
    if not at < row.code_until <= at + CODE_LASTS + clock.SKEW:
        return CodeTooOld()
    return WrongDigits(row.tries_left) if row.tries_left > 0 else TriesUsedUp()


def _attempt(
    begun: threading.Event, uid: str, browser: str, code: str, then: Callable[[SignUp], Done]
) -> tuple[bool, Done | None]:
    """Count one try if there is one, and return whether there was, and what came of a right code."""
    at = clock.now()
    now, latest = (connection.ops.adapt_datetimefield_value(one) for one in (at, at + CODE_LASTS + clock.SKEW))
    with together():
        row = rows.first(SignUp, _count(), [uid, now, latest, now])
        begun.set()
        if row is None or not is_of(row, browser) or not keys.fits("sign-up-code", f"{uid} {digits(code)}", row.code):
            return row is not None, None
        row.proven_at, row.tries_left = at, 0
        return True, then(row)


def give_up(actor: Actor, row: SignUp, way: Way) -> None:
    """Forget an unfinished sign-up for another one; part of the action that begins that."""
    SignUp.objects.filter(pk=row.pk).delete()
    outbox.withdraw_about([row.uid])
    tell(actor, Event.SIGN_UP_GIVEN_UP, row, way)


def use_up(row: SignUp) -> None:
    """Delete a proven sign-up and all others to its address; of two that do, one is told that it is gone.

    :raises SignUpOver: gone, or proven too long ago.
    """
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM dure_signup WHERE address = %s RETURNING id", [row.address])
        gone = {found[0] for found in cursor.fetchall()}
    if row.pk not in gone or not is_proven(row):
        raise SignUpOver
