"""What connections need beyond Django's defaults."""

from django.db import connection


def checkpoint() -> None:
    """Fold SQLite's write-ahead log back into the database.

    SQLite 3.7.0–3.51.2 can corrupt the log when several connections write and checkpoint at the same time, so every
    connection has ``wal_autocheckpoint=0`` and the worker alone calls this.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(PASSIVE)")
