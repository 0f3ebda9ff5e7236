"""Delivering: lease, send, mark (ARCHITECTURE §4).

"Mark, then send" loses letters when the process dies; "lease, send, mark" loses none and at worst sends the one letter
in hand a second time, under the same Message-ID. What became of a letter and the lease of the next one are written
together: one durable write for each letter.
"""

import logging
import smtplib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, F, Q, Value
from django.db.models.functions import Least

from dure.core import clock, rows, stopping
from dure.core.action import beginning_again, writing
from dure.core.keys import Unreadable
from dure.core.models import new_uid
from dure.mail import outbox
from dure.mail.kinds import AWAITED, CARRY_SECRETS
from dure.mail.models import Letter
from dure.mail.rendering import render
from dure.mail.transport import Transport

logger = logging.getLogger(__name__)

BATCH = 50
LONGEST_BATCH = 2.0
"""Seconds after its first letter that the rest of a batch goes back: a code somebody waits for comes between."""
LONGEST_ROUND = 10.0
"""Seconds after which the worker looks at its other work; until then one conversation with the mail server goes on."""
FIRST_RETRY = timedelta(seconds=30)
LONGEST_RETRY = timedelta(hours=4)
UNDERWAY = [Letter.WAITING, Letter.SENDING]


@dataclass(frozen=True)
class Fate:
    """What became of a letter in hand: its state, until when it waits, and why."""

    letter: Letter
    state: str
    problem: str = ""
    due_at: datetime | None = None
    reached: bool = True
    """Whether the mail server is there at all."""


def deliver_due() -> int:
    """Deliver what is due, for a while; returns how many letters were leased for it.

    What somebody waits for before a page goes first, and batch by batch in turn with the rest, so that nothing starves.
    """
    expire()
    end, leased = time.monotonic() + LONGEST_ROUND, 0
    with Transport() as transport:
        while not stopping.asked():
            before = leased
            for kinds in (_AWAITED, _OTHERS):
                letters = _claim(kinds)
                leased += len(letters)
                if letters and not deliver(letters, transport):
                    return leased
            if leased == before or time.monotonic() > end:
                break
    return leased


def deliver(letters: Sequence[Letter], transport: Transport) -> bool:
    """Send leased letters and mark what became of each; what cannot be tried now goes back.

    False when the mail server is not there at all.
    """
    end, fate = None, None
    for position, letter in enumerate(letters):
        if stopping.asked() or (end is not None and time.monotonic() > end):
            _put_back(letters[position:], after=fate)
            return True
        if not _renew(letter, after=fate):
            fate = None
            continue
        fate = _send(letter, transport)
        if not fate.reached:
            _put_back(letters[position + 1 :], until=clock.now() + FIRST_RETRY, after=fate)
            return False
        end = end or time.monotonic() + LONGEST_BATCH
    if fate is not None:
        with writing():
            _write_down(fate)
    return True


def _put_back(letters: Sequence[Letter], *, until: datetime | None = None, after: Fate | None) -> None:
    """Return what was leased and not tried: in its old place, or, from a server that is not there, until a moment.

    A silent server would cost its whole patience for every letter, and a process that ends would keep them.
    """
    leases = {letter.lease for letter in letters}
    ours = Letter.objects.filter(pk__in=[letter.pk for letter in letters], lease__in=leases)
    facts: dict[str, Any] = {"due_at": Least(F("posted_at"), Value(clock.now(), DateTimeField()))}
    if until is not None:
        facts = {"due_at": until, "problem": "unreachable"}

    def write(_begun: threading.Event) -> None:
        with writing():
            _write_down(after)
            ours.update(state=Letter.WAITING, lease="", **facts)

    beginning_again(write)


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


_DUE = "state IN ('waiting', 'sending') AND due_at <= %s AND kind {kinds}"
_SOME = "SELECT 1 FROM dure_letter WHERE {due} LIMIT 1"
_TAKE = """UPDATE dure_letter SET state = 'sending', lease = %s, due_at = %s
WHERE id IN (SELECT id FROM dure_letter WHERE {due} ORDER BY due_at, id LIMIT {batch} {locked}) RETURNING {columns}"""
_AWAITED = f"IN ({', '.join(repr(str(kind)) for kind in AWAITED)})"
_OTHERS = f"NOT {_AWAITED}"


def claim() -> list[Letter]:
    """Take a lease on a batch of due letters; a lost worker's letters are due again when its lease ends."""
    return _claim(_AWAITED) or _claim(_OTHERS)


def _claim(kinds: str) -> list[Letter]:
    at, lease, stored = clock.now(), new_uid(), connection.ops.adapt_datetimefield_value
    due = _DUE.format(kinds=kinds)
    with connection.cursor() as cursor:
        cursor.execute(_SOME.format(due=due), [stored(at)])
        if cursor.fetchone() is None:
            return []
    locked = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    with writing():
        take = _TAKE.format(due=due, batch=BATCH, locked=locked, columns=rows.columns(Letter, "dure_letter"))
        taken = rows.found(Letter, take, [lease, stored(at + _lease()), stored(at)])
        return sorted(taken, key=lambda letter: letter.pk)


def _lease() -> timedelta:
    return timedelta(seconds=settings.DURE["MAIL_LEASE"])


def _renew(letter: Letter, *, after: Fate | None) -> bool:
    """Renew the lease just before sending; withdrawn in the meantime, or taken by another worker, it is not sent."""
    due_at = connection.ops.adapt_datetimefield_value(clock.now() + _lease())

    def write(_begun: threading.Event) -> bool:
        with writing(), connection.cursor() as cursor:
            _write_down(after)
            cursor.execute(_RENEW, [due_at, letter.pk, letter.lease])
            return cursor.rowcount == 1

    return beginning_again(write)


def _write_down(fate: Fate | None) -> None:
    """Write what became of a letter, unless it is not ours any more; at its end it carries nothing."""
    if fate is None:
        return
    over = fate.due_at is None
    at = connection.ops.adapt_datetimefield_value(clock.now() if over else fate.due_at)
    with connection.cursor() as cursor:
        cursor.execute(_OVER if over else _AGAIN, [fate.state, at, fate.problem, fate.letter.pk, fate.letter.lease])


_RENEW = "UPDATE dure_letter SET due_at = %s WHERE id = %s AND lease = %s AND state = 'sending'"
_MARK = """UPDATE dure_letter SET state = %s, {moment}, lease = '', problem = %s, attempts = attempts + 1
WHERE id = %s AND lease = %s"""
_OVER, _AGAIN = _MARK.format(moment="ended_at = %s, sealed = NULL"), _MARK.format(moment="due_at = %s")


def _send(letter: Letter, transport: Transport) -> Fate:
    try:
        transport.send(render(letter))
    except Unreadable:
        return _given_up(letter, "unreadable")
    except smtplib.SMTPServerDisconnected as error:
        silent = isinstance(error.__context__, TimeoutError)
        return _later(letter, "timeout" if silent else "interrupted", reached=not silent)
    except smtplib.SMTPException as error:
        return _refused(letter, error)
    except OSError as error:
        return _later(letter, "timeout" if isinstance(error, TimeoutError) else "unreachable", reached=False)
    except Exception:
        # One letter that cannot be written must not stand in the way of all the others.
        logger.exception("letter %s cannot be written", letter.uid)
        return _later(letter, "unwritable")
    return Fate(letter, Letter.SENT)


def _refused(letter: Letter, error: smtplib.SMTPException) -> Fate:
    code = _code(error)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return _later(letter, f"sign_in_refused {code}")
    if 500 <= code < 600 and not isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return _given_up(letter, f"refused {code}")
    if 400 <= code < 500:
        return _later(letter, f"later {code}")
    return _later(letter, "interrupted")


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return min((code for code, _ in error.recipients.values()), default=0)
    return error.smtp_code if isinstance(error, smtplib.SMTPResponseException) else 0


def _later(letter: Letter, problem: str, *, reached: bool = True) -> Fate:
    wait = min(FIRST_RETRY * 2 ** min(letter.attempts, 12), LONGEST_RETRY)
    logger.info("letter %s waits: %s", letter.uid, problem)
    return Fate(letter, Letter.WAITING, problem, clock.now() + wait, reached)


def _given_up(letter: Letter, problem: str) -> Fate:
    logger.warning("letter %s failed: %s", letter.uid, problem)
    return Fate(letter, Letter.FAILED, problem)
