"""Delivering: lease, send, mark (ARCHITECTURE §4).

"Mark, then send" loses letters when the process dies; "lease, send, mark" loses none and at worst sends the one letter
in hand a second time, under the same Message-ID.
"""

import logging
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q

from dure.core import clock, stopping
from dure.core.action import writing
from dure.core.keys import Unreadable
from dure.core.models import new_uid
from dure.mail import outbox
from dure.mail.kinds import CARRY_SECRETS
from dure.mail.models import Letter
from dure.mail.rendering import render
from dure.mail.transport import Transport

logger = logging.getLogger(__name__)

BATCH = 50
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=4)
UNDERWAY = [Letter.WAITING, Letter.SENDING]


def deliver_due() -> int:
    """Deliver one batch of what is due; returns how many letters were tried."""
    expire()
    letters = claim()
    if letters:
        with Transport() as transport:
            for position, letter in enumerate(letters):
                if stopping.asked():
                    _put_back(letters[position:], at=clock.now())
                    break
                if not deliver(letter, transport):
                    _put_back(letters[position + 1 :], at=clock.now() + FIRST_RETRY, problem="unreachable")
                    break
    return len(letters)


def _put_back(letters: list[Letter], *, at: datetime, problem: str = "") -> None:
    """Return what was leased and not tried, due again at a moment.

    A silent server would cost its whole patience for every letter, and a process that ends would keep them.
    """
    leases = {letter.lease for letter in letters}
    with writing():
        Letter.objects.filter(pk__in=[letter.pk for letter in letters], lease__in=leases).update(
            state=Letter.WAITING, lease="", due_at=at, problem=problem
        )


def expire() -> int:
    """Close what nobody should receive any more; what carries a secret also when the clock was turned back since."""
    at = clock.now()
    too_late = Q(expires_at__lte=at, due_at__lte=at)
    ahead = Q(posted_at__gt=at + clock.SKEW) & (Q(secret_id__isnull=False) | Q(kind__in=CARRY_SECRETS))
    overdue = Letter.objects.filter(too_late | ahead, state__in=UNDERWAY)
    if not overdue.exists():
        return 0
    with writing():
        return outbox.end(overdue, Letter.EXPIRED, at=at)


def claim() -> list[Letter]:
    """Take a lease on a batch of due letters; a lost worker's letters are due again when its lease ends."""
    at = clock.now()
    due = Letter.objects.filter(state__in=UNDERWAY, due_at__lte=at).order_by("due_at", "id")
    if not due.exists():
        return []
    lease = new_uid()
    with writing():
        locked = due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)
        ids = list(locked.values_list("pk", flat=True)[:BATCH])
        Letter.objects.filter(pk__in=ids).update(state=Letter.SENDING, lease=lease, due_at=at + _lease())
    return list(Letter.objects.filter(pk__in=ids, lease=lease).order_by("id"))


def _lease() -> timedelta:
    return timedelta(seconds=settings.DURE["MAIL_LEASE"])


def deliver(letter: Letter, transport: Transport) -> bool:
    """Send one leased letter and mark what became of it; False when the mail server is not there at all."""
    if not _still_ours(letter):
        return True
    try:
        message = render(letter)
        transport.send(message, to=str(message["To"]))
    except Unreadable:
        _give_up(letter, "unreadable")
    except smtplib.SMTPServerDisconnected as error:
        silent = isinstance(error.__context__, TimeoutError)
        _retry(letter, "timeout" if silent else "interrupted")
        return not silent
    except smtplib.SMTPException as error:
        _after_refusal(letter, error)
    except OSError as error:
        _retry(letter, "timeout" if isinstance(error, TimeoutError) else "unreachable")
        return False
    except Exception:
        # One letter that cannot be written must not stand in the way of all the others.
        logger.exception("letter %s cannot be written", letter.uid)
        _retry(letter, "unwritable")
    else:
        _end(letter, Letter.SENT)
    return True


def _still_ours(letter: Letter) -> bool:
    """Renew the lease just before sending; withdrawn in the meantime, or taken by another worker, it is not sent."""
    ours = Letter.objects.filter(pk=letter.pk, lease=letter.lease, state=Letter.SENDING)
    with writing():
        renewed = ours.update(due_at=clock.now() + _lease(), attempts=F("attempts") + 1)
    letter.attempts += 1
    return renewed == 1


def _after_refusal(letter: Letter, error: smtplib.SMTPException) -> None:
    code = _code(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        _retry(letter, f"sign_in_refused {code}")
    elif 500 <= code < 600 and not isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        _give_up(letter, f"refused {code}")
    elif 400 <= code < 500:
        _retry(letter, f"later {code}")
    else:
        _retry(letter, "interrupted")


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _retry(letter: Letter, problem: str) -> None:
    wait = min(FIRST_RETRY * 2 ** min(letter.attempts - 1, 12), LONGEST_RETRY)
    with writing():
        Letter.objects.filter(pk=letter.pk, lease=letter.lease).update(
            state=Letter.WAITING, lease="", due_at=clock.now() + wait, problem=problem
        )
    logger.info("letter %s waits: %s", letter.uid, problem)


def _give_up(letter: Letter, problem: str) -> None:
    _end(letter, Letter.FAILED, problem)
    logger.warning("letter %s failed: %s", letter.uid, problem)


def _end(letter: Letter, state: str, problem: str = "") -> None:
    with writing():
        outbox.end(Letter.objects.filter(pk=letter.pk, lease=letter.lease), state, at=clock.now(), problem=problem)
