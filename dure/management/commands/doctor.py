"""``dure doctor``: is everything as it should be?"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error

from dure.management import looking
from dure.management.looking import Level, Look


class Command(BaseCommand):
    """Look at settings, permissions, disk, mail, database, clock, worker, letters and backups."""

    help = (
        "Check settings, permissions, disk, mail, database, clock, worker, letters and backups; ends with 1 when "
        "something is wrong. `dure doctor --new-key` prints a new DURE_SECRET_KEY."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the form of the answer."""
        parser.add_argument("--json", action="store_true", help="print a JSON list for a program")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Print one line for each thing looked at; end with 1 when something is wrong."""
        looks = list(self.looks())
        if options["json"]:
            self.stdout.write(json.dumps([look.facts() for look in looks], ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n".join(look.line() for look in looks))
        if any(look.level is Level.BAD for look in looks):
            sys.exit(1)

    def looks(self) -> Iterator[Look]:
        """Look at everything; what needs the database stops where it does not answer."""
        yield from looking.around()
        try:
            yield from looking.database()
        except Error as error:
            to_do = "check DURE_DATABASE_URL, and that the database runs"
            yield Look("database", Level.BAD, f"{type(error).__name__}: {str(error).strip()}", to_do)
            return
        try:
            yield from looking.running()
        except Error:
            yield Look("worker", Level.BAD, "the tables are not there yet", "start dure serve")
