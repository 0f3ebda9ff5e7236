"""Argon2id, one at a time for each core (ARCHITECTURE §8)."""

import os
import threading
import unicodedata
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher

from dure.core.errors import TooBusy

Result = TypeVar("Result")


class Argon2idHasher(Argon2PasswordHasher):
    """OWASP's setting for interactive sign-in: 19 MiB, two passes, one lane."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1


class Gate:
    """Hashes on as many threads as there are cores, lets a few wait, and refuses the rest at once.

    Without it a rush of sign-ins takes all threads and memory, and every other page waits behind it. Threads of its
    own also keep the 19 MiB of each hash in as many places as there are cores, not in one for every request thread.
    """

    def __init__(self, *, width: int, queue: int, patience: float) -> None:
        self.width, self.queue, self.patience = width, queue, patience
        self._begin()
        # A forked server inherits the pool but not its threads, and would wait for them in vain.
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._places = threading.Semaphore(self.width + self.queue)
        self._threads = ThreadPoolExecutor(self.width, thread_name_prefix="hashing")
        self._taken: set[Future[Any]] = set()

    @property
    def waiting(self) -> int:
        """How many hashes wait or run."""
        return len(self._taken)

    def run(self, hashing: Callable[[], Result]) -> Result:
        """Wait for a core, ``patience`` seconds at most, and return what the function returns.

        :raises TooBusy: when the queue is full or the wait too long.
        """
        if not self._places.acquire(blocking=False):
            raise TooBusy
        waiting = self._threads.submit(hashing)
        self._taken.add(waiting)
        waiting.add_done_callback(self._free)
        try:
            return waiting.result(self.patience)
        except TimeoutError:
            waiting.cancel()
            raise TooBusy from None

    def _free(self, done: "Future[Any]") -> None:
        self._taken.discard(done)
        self._places.release()


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
gate = Gate(width=CORES, queue=8 * CORES, patience=5.0)


def normalise(password: str) -> str:
    """Return NFKC (NIST SP 800-63B §3.1.1.2), so that one password typed on two keyboards is one password."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Return the encoded hash of a normalised password; slow on purpose, never inside a transaction."""
    hasher = get_hasher()
    return gate.run(lambda: hasher.encode(normalise(password), hasher.salt()))


def verify_password(password: str, encoded: str) -> bool:
    """Compare at the cost of exactly one hash, also when there is nothing to compare with (PRODUCT.md §4.11)."""
    return gate.run(lambda: get_hasher().verify(normalise(password), encoded or _nobody())) and bool(encoded)


def warm_up() -> None:
    """Load what hashing needs, on this thread and without a deadline, so that the first sign-in is like the others."""
    _nobody()


@cache
def _nobody() -> str:
    hasher = get_hasher()
    return hasher.encode("", hasher.salt())
