"""``dure backup``: everything in one file, while the server runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dure.accounts.actors import Operator
from dure.management import backing_up


class Command(BaseCommand):
    """Write one archive of the database and the files."""

    help = "Write database and files into one archive, while the server runs. It holds everything: keep it safe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the place and how many to keep."""
        parser.add_argument("target", type=Path, metavar="FILE|FOLDER", help="a new file, or a folder to put one in")
        parser.add_argument("--keep", type=int, default=0, metavar="N", help="delete older ones of the folder but N")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Write it, and say what it holds."""
        target = options["target"].absolute()
        if options["keep"] and not target.is_dir():
            raise CommandError("--keep goes with a folder.")
        place, manifest = backing_up.back_up(Operator(), target)
        members = manifest["counts"].get("dure_member", 0)
        size = place.stat().st_size / 2**20
        files = manifest["content"]["entries"] - 1
        self.stdout.write(f"{place}  {size:.1f} MB: {members} members, {files} files")
        for old in backing_up.keep_newest(target, options["keep"]):
            self.stdout.write(f"deleted {old}")
