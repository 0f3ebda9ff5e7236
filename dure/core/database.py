"""What connections need beyond Django's defaults."""

import json
from datetime import UTC
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Field, ForeignObject, Lookup
from django.utils.dateparse import parse_datetime


def checkpoint() -> None:
    """Fold SQLite's write-ahead log back into the database.

    SQLite 3.7.0–3.51.2 can corrupt the log when several connections write and checkpoint at the same time, so every
    connection has ``wal_autocheckpoint=0`` and the worker alone calls this.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")


def moment_of(value: Any) -> Any:
    """Read a moment as the models do; SQLite hands out text."""
    moment = parse_datetime(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


FULL = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "53100")
"""No space left; a quota or a limit on the size of files; PostgreSQL's disk_full."""


def is_full(error: BaseException) -> bool:
    """Tell whether a database refused because there is no room to write."""
    cause = error.__cause__
    return getattr(cause, "sqlite_errorname", "") in FULL or getattr(cause, "sqlstate", "") in FULL


ENDED = ("57P01", "57P02")
"""PostgreSQL ended the connection, as when it restarts: admin_shutdown, crash_shutdown."""


def is_lost(error: BaseException) -> bool:
    """Tell whether an error means that the connection is gone: PostgreSQL said so, or nobody said anything."""
    if connection.vendor != "postgresql" or error.__cause__ is None:
        return False
    code = getattr(error.__cause__, "sqlstate", None)
    return code is None or code in ENDED or code.startswith("08")


def empty_log() -> None:
    """Fold SQLite's log back and cut it off, so that nothing erased is left in it; for the worker alone, as above."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@ForeignObject.register_lookup
@Field.register_lookup
class Among(Lookup):
    """``id__among=[…]``: like ``in`` for plain numbers and texts, as one parameter however many there are.

    A thousand parameters cost more than the rows they find, and SQLite and PostgreSQL both end at some number of them.
    """

    lookup_name = "among"
    prepare_rhs = False

    def get_db_prep_lookup(self, value: Any, connection: Any) -> Any:
        """Return the one parameter."""
        return "%s", [list(value) if connection.vendor == "postgresql" else json.dumps(list(value))]

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        """Look into a JSON array, or compare with an array of PostgreSQL's; nothing is asked about nobody."""
        if not self.rhs:
            raise EmptyResultSet
        left, parameters = self.process_lhs(compiler, connection)
        right = "= ANY(%s)" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
        return f"{left} {right}", [*parameters, *self.process_rhs(compiler, connection)[1]]
