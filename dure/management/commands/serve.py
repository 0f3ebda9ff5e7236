"""``dure serve``: the pages and the worker, in one place."""

import fcntl
from pathlib import Path
from typing import IO, Any, NoReturn

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections

from dure import serving
from dure.accounts.hashing import gate
from dure.core import links
from dure.joining.actions.founding import is_set_up, issue_set_up_code
from dure.management.databases import MIGRATING

SPARE_THREADS = 8
"""Threads beyond the sign-in queue, for every other page (ARCHITECTURE §8)."""


class Command(BaseCommand):
    """Serve until told to stop."""

    help = "Serve the pages; migrates first, and delivers mail unless DURE_WORKER=separate."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Prepare and serve."""
        lock = prepare()
        self.announce()
        connections.close_all()
        serve(lock)

    def announce(self) -> None:
        """Say where, and how to begin."""
        self.stdout.write(f"Dure serves {settings.DURE['PUBLIC_URL']} on {settings.DURE['LISTEN']}")
        if not is_set_up():
            self.stdout.write("No workspace yet. Open the first-run page and give it this set-up code (24 hours):")
            self.stdout.write(f"  {links.absolute('/first-run/')}")
            self.stdout.write(f"  {issue_set_up_code()}")
        self.stdout.flush()


def prepare() -> IO[str]:
    """Lock the data folder, migrate and collect static files; returns the lock, which the caller keeps open.

    :raises CommandError: when another server has the same SQLite database.
    """
    folder: Path = settings.DURE["DATA"]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Path(settings.DATABASES["default"]["NAME"])
    name = database.with_suffix(".lock") if connection.vendor == "sqlite" else folder / "serve.lock"
    lock = name.open("a", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise CommandError(f"Another server has {name}; two servers never share one database file.") from None
    migrate()
    call_command("collectstatic", interactive=False, verbosity=0)
    return lock


def migrate() -> None:
    """Migrate; on PostgreSQL under an advisory lock, so that several nodes may start at once."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
        try:
            call_command("migrate", interactive=False, verbosity=0)
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATING])


def wait_for_migrations() -> None:
    """Wait while a server migrates, or a backup is restored."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock_shared(%s)", [MIGRATING])
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [MIGRATING])


def serve(lock: IO[str]) -> NoReturn:
    """Become the server: threads as wide as the sign-in queue and some to spare; it keeps the lock."""
    serving.become(settings.DURE["LISTEN"], threads=gate.width + gate.queue + SPARE_THREADS, keeps=lock.fileno())
