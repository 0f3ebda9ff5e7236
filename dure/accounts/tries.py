"""Failures are counted and slow things down, and never keep the owner out (PRODUCT.md §4.16).

While somebody is slowed, the password alone does not suffice: a right password has a link mailed, a wrong one has
not, and the page says the same. So no number of strangers' failures locks the owner out, and guessing on tells
nothing. A known device has a count of its own, and only that one.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import F

from dure.accounts.models import Tries
from dure.core import clock, keys
from dure.core.action import part_of_writing, writing
from dure.core.database import moment_of

FREE = 5
PASSWORD_ALONE = 100
LONGEST_DELAY = timedelta(minutes=15)
NETWORK_FREE = 300
NETWORK_LONGEST_DELAY = timedelta(seconds=10)


@dataclass(frozen=True)
class Counter:
    """One row of ``Tries``; failures older than ``remembers`` do not count."""

    kind: str
    name: str
    remembers: timedelta

    @cached_property
    def key(self) -> bytes:
        """The keyed hash the row is stored under."""
        return keys.keyed_hash("tries", f"{self.kind}:{self.name}")


def counters(*, address: str, network: str, device_id: int | None) -> list[Counter]:
    """Return what an attempt counts against."""
    if device_id is not None:
        return [Counter("device", str(device_id), timedelta(days=1))]
    return [
        Counter("id", address, timedelta(days=30)),
        Counter("id-network", f"{address} {network}", timedelta(days=1)),
        Counter("network", network, timedelta(hours=1)),
    ]


def factor_counter(account_id: int, device_id: int | None) -> Counter:
    """Return what a second factor counts against: only ever a delay, and none by strangers for a known device."""
    return Counter("factor", f"{account_id} {device_id or ''}", timedelta(days=1))


def passkey_counter(account_id: int, device_id: int | None) -> Counter:
    """Return what a passkey counts against that signs in alone; wrong codes of somebody else do not slow it."""
    return Counter("factor", f"passkey {account_id} {device_id or ''}", timedelta(days=1))


def rescue_counters(*, address: str, network: str) -> list[Counter]:
    """Return what a printed code counts against: only ever a delay, since nothing is mailed in its place.

    Nobody guesses 80 bits, so strangers elsewhere cannot take the last way in away.
    """
    return [
        Counter("rescue", f"{address} {network}", timedelta(days=1)),
        Counter("network", network, timedelta(hours=1)),
    ]


@dataclass(frozen=True)
class Standing:
    """What is remembered of earlier attempts, and whether it slows this one: the password alone does not suffice.

    ``delayed``: it is slowed only for a while; otherwise a mailed link is waited for.
    """

    slowed: bool
    delayed: bool
    counted: list[Counter]


READ = "SELECT key, failures, last_at FROM dure_tries WHERE key IN ({})"


def standing(counters: list[Counter]) -> Standing:
    """Read the counters; ``counted`` are those that hold something.

    Plain SQL, as in ``queries.signing_in``: every sign-in of everybody asks.
    """
    if not counters:
        return Standing(slowed=False, delayed=False, counted=[])
    with connection.cursor() as cursor:
        cursor.execute(READ.format(", ".join(["%s"] * len(counters))), [counter.key for counter in counters])
        found_rows = cursor.fetchall()
    rows = {
        bytes(key): Tries(key=key, failures=count, last_at=moment_of(last_at)) for key, count, last_at in found_rows
    }
    at = clock.now()
    counted = [counter for counter in counters if counter.key in rows]
    found = [(counter, rows[counter.key]) for counter in counted]
    remembered = [(counter, row) for counter, row in found if _ago(row, at) < counter.remembers]
    delayed = any(_delays(counter, row, at) for counter, row in remembered)
    ended = any(_ends_the_password_alone(counter, row) for counter, row in remembered)
    return Standing(slowed=delayed or ended, delayed=delayed, counted=counted)


def _ago(row: Tries, at: datetime) -> timedelta:
    """Return how long ago the last failure was; a clock turned back makes no delay longer than it is."""
    return abs(at - row.last_at)


def _delays(counter: Counter, row: Tries, at: datetime) -> bool:
    if counter.kind == "network":
        delay = min(timedelta(seconds=row.failures / NETWORK_FREE), NETWORK_LONGEST_DELAY)
        return row.failures >= NETWORK_FREE and _ago(row, at) < delay
    return counter.kind != "id" and _ago(row, at) < delay_after(row.failures)


def _ends_the_password_alone(counter: Counter, row: Tries) -> bool:
    return row.failures >= PASSWORD_ALONE and counter.kind in ("id", "id-network", "device")


def delay_after(failures: int) -> timedelta:
    """Return the wait after so many failures in a row: none for the first, then doubling to a quarter of an hour."""
    if failures < FREE:
        return timedelta(0)
    return min(timedelta(seconds=2 ** min(failures - FREE, 20)), LONGEST_DELAY)


COUNT = """
INSERT INTO dure_tries (key, failures, last_at) VALUES (%s, %s, %s) ON CONFLICT (key) DO UPDATE SET
failures = CASE WHEN dure_tries.last_at < %s THEN excluded.failures ELSE dure_tries.failures + excluded.failures END,
last_at = CASE WHEN excluded.failures > 0 THEN excluded.last_at ELSE dure_tries.last_at END
"""


def count_failure(counted: list[Counter]) -> None:
    """Add one failure to each counter, in one transaction of its own."""
    _count(counted, 1)


def count_nothing(counted: list[Counter]) -> None:
    """Add nought to each counter: for a right password that must take as long as a wrong one."""
    _count(counted, 0)


def _count(counted: list[Counter], failures: int) -> None:
    at = clock.now()
    rows = [(counter.key, failures, _stored(at), _stored(at - counter.remembers)) for counter in counted]
    with writing(), connection.cursor() as cursor:
        cursor.executemany(COUNT, rows)


def count_try(counter: Counter) -> bool:
    """Count a try before anything is compared, and tell whether it has to wait; of many at once, each is told in turn.

    A success takes it back by ``forget``.
    """
    with writing():
        start = Tries(key=counter.key, failures=0, last_at=clock.now())
        Tries.objects.bulk_create([start], ignore_conflicts=True)
        Tries.objects.select_for_update().get(key=counter.key)
        slowed = standing([counter]).slowed
        count_failure([counter])
    return slowed


def count_and_tell(counted: list[Counter]) -> list[int]:
    """Add one to each counter and return how many each remembers now; part of an action, or by itself."""
    at, found = clock.now(), []
    with part_of_writing(), connection.cursor() as cursor:
        for counter in counted:
            facts = [counter.key, 1, _stored(at), _stored(at - counter.remembers)]
            cursor.execute(COUNT + " RETURNING failures", facts)
            found.append(int(cursor.fetchone()[0]))
    return found


def take_back(counted: list[Counter]) -> None:
    """Take one try back from each counter, which was counted before it turned out right."""
    with writing():
        Tries.objects.filter(key__in=[one.key for one in counted], failures__gt=0).update(failures=F("failures") - 1)


def _stored(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def failures(counter: Counter) -> int:
    """Return how many failures one counter remembers."""
    with connection.cursor() as cursor:
        cursor.execute(READ.format("%s"), [counter.key])
        row = cursor.fetchone()
    return row[1] if row and abs(clock.now() - moment_of(row[2])) < counter.remembers else 0


def forget(counted: list[Counter]) -> None:
    """Start again at nought after a success; what a whole network did stays counted."""
    forgotten = [counter.key for counter in counted if counter.kind != "network"]
    if forgotten:
        Tries.objects.filter(key__in=forgotten).delete()


def forget_address(*addresses: str) -> None:
    """Start again at nought once a mailed link proved the owner of these addresses."""
    forget([Counter("id", address, timedelta(0)) for address in addresses])


def purge() -> int:
    """Delete counts nobody needs any more; returns how many."""
    return Tries.objects.filter(last_at__lt=clock.now() - timedelta(days=30)).delete()[0]
