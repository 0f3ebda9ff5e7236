"""``dure audit verify``: did anybody change the trail? (PRODUCT.md §4.12)"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dure.audit import proof
from dure.audit.trail import SERVER
from dure.core import keys
from dure.management.lookup import workspace_named
from dure.workspaces.models import Workspace


class Command(BaseCommand):
    """Read every chain from its beginning."""

    help = "Prove that nobody changed the trail; ends with 1 when somebody did."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the sub-command."""
        commands = parser.add_subparsers(dest="command", required=True)
        verify = commands.add_parser("verify", help="read the trail of every workspace and of the server")
        verify.add_argument("--workspace", default="", help="uid or name; only this one")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Print one line for each chain; end with 1 when one is broken."""
        chosen = [workspace_named(options["workspace"])] if options["workspace"] else Workspace.objects.order_by("id")
        named = {workspace.pk: f"{workspace.uid}  {workspace.name}" for workspace in chosen}
        closed = [] if options["workspace"] else [one for one in proof.chains() if one not in named]
        good = [self.verify(number, name) for number, name in named.items()]
        good += [self.verify(number, "the server" if number == SERVER else f"gone ({number})") for number in closed]
        if not all(good):
            sys.exit(1)

    def verify(self, workspace_id: int, name: str) -> bool:
        """Tell what became of one chain; a workspace is founded with an event, so that none means cut off."""
        found = proof.prove(workspace_id, keys=keys.derive_all("audit"))
        broken = 1 if not found.held and found.broken is None else found.broken
        if broken is None:
            self.stdout.write(f"ok   {name}: holds up to number {found.held:,}, {found.digest.hex()[:16]}")
        else:
            self.stdout.write(f"BAD  {name}: number {broken:,} was changed, moved, added or taken away")
        return broken is None
