"""Argon2id, one at a time for each core (ARCHITECTURE §8)."""

import os
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher

from dure.core.errors import TooBusy


class Argon2idHasher(Argon2PasswordHasher):
    """OWASP's setting for interactive sign-in: 19 MiB, two passes, one lane."""

    memory_cost = 19 * 1024
    time_cost = 2
    parallelism = 1


class Gate:
    """Lets as many hash as there are cores, a few wait, and refuses the rest at once.

    Without it a rush of sign-ins takes all threads and memory, and every other page waits behind it.
    """

    def __init__(self, *, width: int, queue: int, patience: float) -> None:
        self.width, self.queue, self.patience = width, queue, patience
        self._running = threading.Semaphore(width)
        self._places = threading.Semaphore(width + queue)

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Wait for a core, ``patience`` seconds at most.

        :raises TooBusy: when the queue is full or the wait too long.
        """
        if not self._places.acquire(blocking=False):
            raise TooBusy
        try:
            if not self._running.acquire(timeout=self.patience):
                raise TooBusy
            try:
                yield
            finally:
                self._running.release()
        finally:
            self._places.release()


CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
gate = Gate(width=CORES, queue=8 * CORES, patience=5.0)


def normalise(password: str) -> str:
    """Return NFKC (NIST SP 800-63B §3.1.1.2), so that one password typed on two keyboards is one password."""
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Return the encoded hash of a normalised password; slow on purpose, never inside a transaction."""
    hasher = get_hasher()
    with gate.enter():
        return hasher.encode(normalise(password), hasher.salt())


def verify_password(password: str, encoded: str) -> bool:
    """Compare at the cost of exactly one hash, also when there is nothing to compare with (PRODUCT.md §4.11)."""
    with gate.enter():
        return get_hasher().verify(normalise(password), encoded or _nobody()) and bool(encoded)


@cache
def _nobody() -> str:
    hasher = get_hasher()
    return hasher.encode("", hasher.salt())
