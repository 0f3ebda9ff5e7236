"""The process in front: granian alone. It holds no pages, so it stays small; ``dure serve`` becomes it."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

PATIENCE = 30
"""Seconds a stopping server gives the requests in flight and the letter in hand."""


def become(listen: str, *, threads: int, keeps: int) -> NoReturn:
    """Put this program in the place of the one that prepared, with the lock ``keeps``; it never returns."""
    os.environ["SERVED_BY_DURE"] = "1"
    os.set_inheritable(keeps, True)
    sys.stdout.flush()
    sys.stderr.flush()
    here = str(Path(__file__).resolve().parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    # -P: what lies in the current folder is no part of the server.
    program = [sys.executable, "-P", "-m", __name__, listen, str(threads)]
    os.execv(sys.executable, program)  # noqa: S606 - no shell is meant


def _load() -> Callable[..., object]:
    """Load the pages, in the process that answers."""
    from dure.wsgi import application

    return application


def main(listen: str, threads: str) -> None:
    """Serve until told to stop: one process for the pages, with so many threads."""
    from granian import Granian
    from granian.constants import Interfaces
    from granian.log import LogLevels

    host, _colon, port = listen.rpartition(":")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = Granian(
        "dure.wsgi:application",
        address=host.strip("[]") or "127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=int(threads),
        backpressure=1024,
        websockets=False,
        workers_kill_timeout=PATIENCE,
        log_level=LogLevels.error,
    )
    try:
        server.serve(target_loader=_load, wrap_loader=False)
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
