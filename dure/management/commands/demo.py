"""``dure demo``: a company of 300, a mailbox on screen, nothing to configure."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from dure.management import demonstration
from dure.management.commands.serve import prepare, serve
from dure.workspaces.models import Workspace


class Command(BaseCommand):
    """Fill an empty database with a sample company, print who can sign in, and serve."""

    help = "Serve a sample company of 300 with a mailbox on screen. Not for real use."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Prepare, print and serve."""
        if settings.DURE["MODE"] != "demo":
            raise CommandError("The demo never runs on a real database: unset DURE_MODE.")
        lock = prepare()
        if not Workspace.objects.exists():
            demonstration.fill()
        self.announce()
        connections.close_all()
        serve(lock)

    def announce(self) -> None:
        """Print the addresses and the sign-ins."""
        url = settings.DURE["PUBLIC_URL"]
        lines = ["", f"  Dure   {url}/", f"  Mail   {url}/demo/mailbox/", ""]
        lines += [f"  {who.role:<36} {who.address}" for who in (*demonstration.SIGN_INS, demonstration.INVITED)]
        lines += [f"  {'password of all of them':<36} {demonstration.PASSWORD}", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()
