"""``dure doctor``: is everything as it should be?"""

import shutil
import sqlite3
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from dure.mail.transport import Transport


class Command(BaseCommand):
    """Look at settings, database, mail and disk."""

    help = "Check settings, database, mail and disk. `dure doctor --new-key` prints a new DURE_SECRET_KEY."
    requires_system_checks: list[str] = []

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Print one line for each thing looked at; end with 1 when something is wrong."""
        looks = [self.database(), self.migrations(), self.sqlite(), self.mail(), self.disk()]
        for good, sentence in looks:
            self.stdout.write(f"{'ok  ' if good else 'BAD '} {sentence}")
        if not all(good for good, _sentence in looks):
            sys.exit(1)

    def database(self) -> tuple[bool, str]:
        """Does it answer?"""
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True, f"database: {connection.vendor} answers"

    def migrations(self) -> tuple[bool, str]:
        """Are all migrations in?"""
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
        return not pending, f"migrations: {len(pending)} pending; dure serve applies them"

    def sqlite(self) -> tuple[bool, str]:
        """Which SQLite is it, and is its write-ahead log safe?"""
        if connection.vendor != "sqlite":
            return True, "sqlite: not in use"
        fixed = sqlite3.sqlite_version_info >= (3, 51, 3)
        safety = (
            "its checkpoint bug is fixed" if fixed else "the worker alone checkpoints, as its bug before 3.51.3 asks"
        )
        return True, f"sqlite: {sqlite3.sqlite_version}; {safety}"

    def mail(self) -> tuple[bool, str]:
        """Does the mail server greet?"""
        if not settings.DURE["SMTP_URL"]:
            return True, "mail: no server is set; links are shown to admins instead"
        with Transport() as transport:
            try:
                transport.greet()
            except OSError as error:
                return False, f"mail: {type(error).__name__}: {error}"
        return True, "mail: the server greets"

    def disk(self) -> tuple[bool, str]:
        """Is there room?"""
        folder = settings.DURE["DATA"]
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free // 2**20
        return free > 500, f"disk: {free} MB free in the data folder"
