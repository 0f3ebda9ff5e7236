"""A use case: lock, check, write, record, post."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction

from dure.audit import trail
from dure.core import clock, keys
from dure.core.actor import Actor, require
from dure.core.database import is_lost
from dure.core.events import Event
from dure.core.permissions import Permission

Result = TypeVar("Result")

ATTEMPTS = 5
DEADLOCK = "40P01"

# SQLite lets one connection write and lets the others retry unfairly; waiting here is first come, first served.
_one_writer = threading.RLock()


@dataclass
class _Told:
    """What an action told the trail, and what all of one transaction have to tell it at their end."""

    entries: list[trail.Entry]
    events: set[Event] = field(default_factory=set)


_told: ContextVar[_Told | None] = ContextVar("told", default=None)


class ForgotToRecord(AssertionError):
    """An action ended without telling the trail what it declared; everything it wrote was rolled back."""


class Untold(Exception):
    """Raised inside an action that did nothing, so that nothing is told; whoever called it catches it."""


def action(
    *,
    needs: Permission | None,
    records: Event,
    before: Callable[..., dict[str, Any]] | None = None,
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Make a function ``f(actor, *, …)`` a use case.

    It refuses before the transaction, reads the rights again under the lock, and is rolled back when it did not
    record ``records``. ``before`` is what is slow (hashing, parsing): it is called outside the transaction with the
    same arguments and returns the arguments it replaces. An action inside another one joins its transaction. Since a
    transaction may begin again, an action changes nothing outside the database.
    """

    def decorate(function: Callable[..., Result]) -> Callable[..., Result]:
        @wraps(function)
        def run(actor: Actor, **arguments: Any) -> Result:
            require(actor, needs)
            if before is not None:
                arguments |= before(actor, **arguments)
            return beginning_again(lambda begun: attempt(actor, arguments, begun))

        def attempt(actor: Actor, arguments: dict[str, Any], begun: threading.Event) -> Result:
            with _transaction(records):
                fresh = actor.again()
                begun.set()
                require(fresh, needs)
                return function(fresh, **arguments)

        run.needs, run.records = needs, records  # type: ignore[attr-defined]
        return run

    return decorate


def beginning_again(attempt: Callable[[threading.Event], Result]) -> Result:
    """Run a whole transaction, and again when PostgreSQL ended it because two waited for each other.

    Two admins who act on one another at the same moment do. Nothing was written, and the rights are read anew. The
    same once when the connection turns out to be dead before anything was written, as after a restart of PostgreSQL.
    """
    outermost, renewed = not connection.in_atomic_block, False
    for _attempt in range(ATTEMPTS - 1):
        begun = threading.Event()
        try:
            return attempt(begun)
        except (OperationalError, InterfaceError) as error:
            lost = not begun.is_set() and not renewed and is_lost(error)
            if not outermost or not (lost or getattr(error.__cause__, "sqlstate", "") == DEADLOCK):
                raise
            if lost:
                renewed = True
                connection.close()
    return attempt(threading.Event())


@contextmanager
def _transaction(records: Event) -> Iterator[None]:
    with together() as told:
        yield
        if records not in told:
            raise ForgotToRecord(records)


@contextmanager
def together() -> Iterator[set[Event]]:
    """Make one transaction of what is written and of the actions called in it; a refusal takes all of it back.

    An action is one itself, and those inside it join. Gives the events that were recorded in this very one.
    """
    outer = _told.get()
    with nullcontext() if outer is not None else writing():
        own = _Told(outer.entries if outer is not None else [])
        token = _told.set(own)
        try:
            yield own.events
        finally:
            _told.reset(token)
        if outer is None:
            _append(own.entries)


@contextmanager
def writing() -> Iterator[None]:
    """Open a transaction that means to write; on SQLite, wait in line for it.

    Inside another one, what failed is taken back alone, with what it told the trail.
    """
    told = _told.get()
    known = len(told.entries) if told is not None else 0
    try:
        with _one_writer if connection.vendor == "sqlite" else nullcontext(), transaction.atomic():
            yield
    except BaseException:
        if told is not None:
            del told.entries[known:]
        raise


def part_of_writing() -> AbstractContextManager[None]:
    """Join the transaction at hand, or open one: for a single statement that needs no savepoint of its own."""
    return nullcontext() if connection.in_atomic_block else writing()


def record(
    actor: Actor,
    event: Event,
    *,
    subject_kind: str,
    subject_id: int | None,
    fields: Iterable[str] = (),
    via: str = "",
    workspace_id: int | None = None,
) -> None:
    """Tell the trail; ``fields`` are names, never values, and ``via`` is the id of a link or a row of a file.

    What an action tells is written at the end of its transaction, so that nobody waits for the chain before.
    """
    workspace_id = actor.workspace_id if workspace_id is None else workspace_id
    record_many(actor, event, subject_kind=subject_kind, subjects={subject_id: via}, fields=fields, of=workspace_id)


def record_many(
    actor: Actor,
    event: Event,
    *,
    subject_kind: str,
    subjects: Mapping[int | None, str],
    fields: Iterable[str] = (),
    of: int | None = None,
) -> None:
    """Tell the trail the same of many subjects at once, each with its ``via``; ``of`` is another workspace's id."""
    at, names = clock.now(), tuple(fields)
    entries = [
        trail.Entry(
            workspace_id=actor.workspace_id if of is None else of,
            at=at,
            event=event,
            actor_kind=actor.kind,
            actor_id=actor.id,
            door=actor.door,
            subject_kind=subject_kind,
            subject_id=subject_id,
            fields=names,
            via=via,
        )
        for subject_id, via in subjects.items()
    ]
    told = _told.get()
    if told is None:
        _append(entries)
    else:
        told.entries += entries
        told.events.add(event)


def _append(entries: list[trail.Entry]) -> None:
    """Add events to the chains of their workspaces, one chain after the other: always in the same order."""
    for workspace_id in sorted({entry.workspace_id for entry in entries}):
        trail.append([one for one in entries if one.workspace_id == workspace_id], key=keys.derive("audit"))
