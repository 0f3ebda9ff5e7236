"""``dure worker``: deliver and tidy up in a process of its own."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from dure import worker


class Command(BaseCommand):
    """Run the worker until told to stop."""

    help = "Deliver letters and tidy up, beside `dure serve` with DURE_WORKER=separate."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        """Work; a signal lets the letter in hand finish."""
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        self.stdout.write("dure worker: running")
        worker.run(stopped)
