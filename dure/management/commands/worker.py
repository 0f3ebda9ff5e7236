"""``dure worker``: deliver and tidy up in a process of its own."""

import signal
from typing import Any

from django.core.management.base import BaseCommand

from dure import worker
from dure.core import stopping
from dure.management.commands.serve import wait_for_migrations


class Command(BaseCommand):
    """Run the worker until told to stop."""

    help = "Deliver letters and tidy up, beside `dure serve` with DURE_WORKER=separate."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Work; a signal lets the letter in hand finish, and gives back the others."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.ask())
        wait_for_migrations()
        self.stdout.write("dure worker: running")
        worker.run()
