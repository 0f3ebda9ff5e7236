"""What runs by itself: answer, deliver, tidy up (ARCHITECTURE §4).

Nothing depends on it for safety: what is expired is refused because it is expired, not because a sweep came by.
"""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, close_old_connections

from dure import erasure
from dure.accounts import tries
from dure.core.database import checkpoint
from dure.joining.actions.expiring import close_run_out, forget_photos
from dure.mail.delivery import deliver_due
from dure.members.actions.recovering import answer_all
from dure.members.actions.reminding import remind_due

logger = logging.getLogger(__name__)

PAUSE = 0.5
"""Seconds between two looks when there was nothing to do."""
TIDY_EVERY = 60.0
"""Seconds between two rounds of tidying up."""

ROUND: tuple[Callable[[], int], ...] = (answer_all, remind_due, deliver_due)
TIDYING: tuple[Callable[[], object], ...] = (checkpoint, tries.purge, close_run_out, forget_photos, erasure.purge_dead)


def run(stopped: threading.Event) -> None:
    """Work until told to stop; trouble is logged and tried again, never ends the loop."""
    tidied = time.monotonic()
    while not stopped.is_set():
        done = sum(_try(step) for step in ROUND)
        if time.monotonic() - tidied > TIDY_EVERY:
            tidied = time.monotonic()
            for step in TIDYING:
                _try(step)
        if not done:
            stopped.wait(PAUSE)


def _try(step: Callable[[], object]) -> int:
    try:
        return int(step() or 0)  # type: ignore[call-overload]
    except DatabaseError:
        logger.exception("worker: the database refused; trying again")
        close_old_connections()
    except Exception:
        logger.exception("worker: %s failed; trying again", step.__name__)
    time.sleep(PAUSE)
    return 0


def start_thread() -> threading.Event:
    """Start the worker beside the pages of one process; returns what stops it."""
    stopped = threading.Event()
    threading.Thread(target=run, args=(stopped,), name="worker", daemon=True).start()
    return stopped


def end_with_parent(parent: int, *, every: float = 1.0) -> None:
    """End this process when its parent is gone, so that a killed server leaves no half of itself behind."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()
