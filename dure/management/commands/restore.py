"""``dure restore``: a backup comes back."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dure.accounts.actors import Operator
from dure.management import restoring


class Command(BaseCommand):
    """Check an archive, then put it in place."""

    help = "Put a backup in place. Everybody signs in again, and no link or code from before works any more."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the file and what may be replaced."""
        parser.add_argument("file", type=Path, help="an archive made by `dure backup`")
        parser.add_argument("--replace", action="store_true", help="replace what is here; asks for a workspace's name")
        parser.add_argument("--yes", action="store_true", help="with --replace: do not ask")
        parser.add_argument("--other-key", action="store_true", help="take one made under a secret key that is lost")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Check, ask, restore, and say what happened."""
        path = options["file"].absolute()
        manifest = restoring.read(path, other_key=options["other_key"])
        self.stdout.write(f"{path}: whole, made {manifest['made_at']} by Dure {manifest['dure']}")
        self._may_replace(restoring.whose(), options)
        restored = restoring.put_back(Operator(), path, manifest)
        self.stdout.write(f"Restored {manifest['counts'].get('dure_member', 0)} members.")
        if restored.migrated:
            self.stdout.write(f"Upgraded by {restored.migrated} migrations.")
        ended = ", ".join(f"{number} {what}" for what, number in restored.ended.items() if number)
        self.stdout.write(f"Ended: {ended or 'nothing was alive'}. Everybody signs in again.")
        self.stdout.write("Passwords are those of that day. Now: dure doctor")

    def _may_replace(self, here: str | None, options: dict[str, Any]) -> None:
        if here is None or (options["replace"] and options["yes"]):
            return
        if not options["replace"]:
            raise CommandError(f"This place is not empty ({here}). Nothing was touched. To replace it: --replace")
        self.stdout.write(f"Everything here ends, for good. To go on, type: {here}")
        self.stdout.flush()
        try:
            typed = input().strip()
        except EOFError:
            typed = ""
        if typed != here:
            raise CommandError("That is not it. Nothing was touched.")
