"""A place of its own for a benchmark: a data folder, production settings, a server in another process."""

import http.client
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "seven quiet herons wade"


class Place:
    """Settings, and the server they belong to."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.settings = {
            "DURE_SECRET_KEY": secrets.token_urlsafe(64),
            "DURE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "DURE_LISTEN": f"127.0.0.1:{self.port}",
            "DURE_DATA": str(folder),
        }

    def enter(self) -> None:
        """Set Django up in this process, and migrate."""
        import django

        for name in [name for name in os.environ if name.startswith("DURE_")]:
            del os.environ[name]
        os.environ.update(self.settings, DJANGO_SETTINGS_MODULE="dure.settings")
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)

    @contextmanager
    def serving(self) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
        """Run ``dure serve``; gives the process and the seconds until it answered."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
        started = time.perf_counter()
        server = subprocess.Popen(
            [sys.executable, "-m", "dure", "serve"],
            env=plain | self.settings | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.DEVNULL,
        )
        try:
            yield server, self._until_it_answers(started)
        finally:
            server.terminate()
            server.wait(20)

    def _until_it_answers(self, started: float) -> float:
        while time.perf_counter() - started < 30:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                connection.request("GET", "/healthz")
                if connection.getresponse().status == 200:
                    return time.perf_counter() - started
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("the server does not answer")


@contextmanager
def place() -> Iterator[Place]:
    """Give a place and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dure-bench-"))
    try:
        yield Place(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def apart(module: str, function: str) -> bool:
    """Run a function of a benchmark in a process of its own, because Django is set up once in each."""
    code = f"import sys; from bench.{module} import {function}; sys.exit(0 if {function}() else 1)"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def verdict(what: str, value: float, goal: float, *, unit: str = "", at_most: bool = False) -> bool:
    """Print one line and tell whether the goal is met."""
    good = value <= goal if at_most else value >= goal
    print(f"  {'ok  ' if good else 'MISS'} {what}: {value:.2f}{unit} (goal {'≤' if at_most else '≥'} {goal:g}{unit})")
    return good
