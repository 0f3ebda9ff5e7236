"""What runs by itself: answer, deliver, tidy up (ARCHITECTURE §4).

Nothing depends on it for safety: what is expired is refused because it is expired, not because a sweep came by.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial

from django.db import Error, close_old_connections

from dure import erasure
from dure.accounts import tries
from dure.core import readings, stopping
from dure.core.database import checkpoint
from dure.joining.actions.announcing import tell_admins
from dure.joining.actions.expiring import close_run_out, forget_photos
from dure.joining.actions.expiring_requests import close_requests_run_out
from dure.joining.actions.reminding import remind_invited
from dure.mail import queries as mail
from dure.mail.delivery import deliver_due
from dure.members import counting, indexing
from dure.members.actions.recovering import answer_all
from dure.members.actions.reminding import remind_due
from dure.members.actions.turning import turn_due
from dure.members.actions.working import work_on_jobs

logger = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two looks when there was nothing to do."""
TIDY_EVERY = 60.0
"""Seconds between two rounds of tidying up."""
TELL_EVERY = 15.0
"""Seconds between two times the worker writes down that it lives, and what waits."""
COUNT_EVERY = 300.0
"""Seconds between two counts of all members."""
REPEAT_AFTER = 60.0
"""Seconds after which the same trouble is told again: a full disk must not be filled with lines that say so."""

ROUND: tuple[Callable[[], int], ...] = (
    answer_all,
    turn_due,
    work_on_jobs,
    erasure.erase_due,
    remind_due,
    remind_invited,
    tell_admins,
    deliver_due,
)
TIDYING: tuple[Callable[[], object], ...] = (
    checkpoint,
    tries.purge,
    close_run_out,
    close_requests_run_out,
    forget_photos,
    erasure.purge_dead,
    indexing.note_late_sign_ins,
    erasure.purge_alone,
)


def run() -> None:
    """Work until this process is asked to end; trouble is logged and tried again, never ends the loop."""
    tidied = counted = time.monotonic()
    told, rounds = 0.0, 0
    _try(count_members)
    while not stopping.asked():
        done, rounds = sum(_try(step) for step in ROUND), rounds + 1
        now = time.monotonic()
        if now - told > TELL_EVERY:
            _try(partial(tell, rounds))
            told, rounds = now, 0
        if now - tidied > TIDY_EVERY:
            tidied = now
            for step in TIDYING:
                _try(step)
        if now - counted > COUNT_EVERY:
            counted = now
            _try(count_members)
        if not done:
            stopping.wait(PAUSE)


def tell(rounds: int) -> None:
    """Write down for the operator that the worker lives, and what waits in the outbox."""
    readings.keep(mail.underway())
    readings.add("worker_rounds", rounds)


def count_members() -> None:
    """Write down how many members the server has, by state."""
    readings.keep({f"members.{state}": number for state, number in counting.totals().items()})


_told: dict[str, float] = {}


def _try(step: Callable[[], object]) -> int:
    try:
        return int(step() or 0)  # type: ignore[call-overload]
    except Error:
        _complain(step, "the database refused")
        close_old_connections()
    except Exception:
        _complain(step, "it failed")
    stopping.wait(PAUSE)
    return 0


def _complain(step: Callable[[], object], reason: str) -> None:
    name = getattr(step, "func", step).__name__
    if time.monotonic() - _told.get(name, -REPEAT_AFTER) >= REPEAT_AFTER:
        _told[name] = time.monotonic()
        logger.exception("worker: %s: %s; trying again", name, reason)


def start_thread() -> Callable[[float], None]:
    """Start the worker beside the pages of one process; returns what ends it, within so many seconds."""
    thread = threading.Thread(target=run, name="worker", daemon=True)
    thread.start()

    def end(seconds: float) -> None:
        stopping.ask()
        thread.join(seconds)

    return end


def end_with_parent(parent: int, *, every: float = 1.0) -> None:
    """End this process when its parent is gone, so that a killed server leaves no half of itself behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
