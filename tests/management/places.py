"""A place of its own for Dure: an own data folder and an own database, and the commands run in it for real."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from tests.post import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY = "k9-Zq3vT7xWb2Lm8Rp4Ys6Hd1Fg5Jn0Qc_eAuXoViKtBzMwSyPr"
BEGIN = "import json, django; django.setup()\n"


class Place:
    """One server's settings; ``url`` is where ``serve`` listens, ``current`` the folder it is started in."""

    def __init__(self, folder: Path, database: str, **more: str) -> None:
        folder.mkdir(mode=0o700, exist_ok=True)
        self.data, self.port, self.largest = folder, free_port(), 0
        self.current: Path | None = None
        self.url = f"http://localhost:{self.port}"
        plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
        self.environment = plain | {
            "DURE_MODE": "production",
            "DURE_SECRET_KEY": KEY,
            "DURE_PUBLIC_URL": self.url,
            "DURE_LISTEN": f"127.0.0.1:{self.port}",
            "DURE_DATA": str(folder),
            "DURE_DATABASE_URL": database,
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "dure.settings",
            **more,
        }

    def run(self, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        """Run one ``dure`` command to its end."""
        command = [sys.executable, "-m", "dure", *words]
        return subprocess.run(command, env=self.environment, input=typed, capture_output=True, text=True, timeout=120)

    def say(self, *words: str) -> str:
        """Run one command that succeeds, and return what it said."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def ask(self, script: str) -> Any:
        """Run a script in this place; it prints one JSON value."""
        done = subprocess.run(
            [sys.executable, "-c", BEGIN + script], env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def start(self, *words: str, script: str = "", errors: Path | None = None) -> subprocess.Popen[bytes]:
        """Start a command, or a script, that runs on; no file may grow beyond ``largest``, as on a full disk."""
        command = [sys.executable, "-c", BEGIN + script] if script else [sys.executable, "-P", "-m", "dure", *words]
        if self.largest:
            command = ["bash", "-c", f'ulimit -f {self.largest // 1024}; exec "$@"', "bash", *command]
        with (errors or Path(os.devnull)).open("ab") as file:
            return subprocess.Popen(command, env=self.environment, stdout=file, stderr=file, cwd=self.current)

    @contextmanager
    def served(self, errors: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
        """Serve while the block runs."""
        server = self.start("serve", errors=errors)
        try:
            self.wait_for("/readyz")
            yield server
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
            server.wait(60)

    def wait_for(self, path: str, patience: float = 60) -> None:
        """Wait until an address answers 200."""
        end = time.monotonic() + patience
        while self.status(path) != 200:
            assert time.monotonic() < end, f"{path} did not answer"
            time.sleep(0.05)

    def status(self, path: str, **headers: str) -> int:
        """Return the status of an address, 0 when nobody listens."""
        try:
            request = urllib.request.Request(self.url + path, headers=headers)
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


@contextmanager
def empty_place(folder: Path, **more: str) -> Iterator[Place]:
    """Make an empty place on the kind of database the tests run on."""
    if connection.vendor == "sqlite":
        yield Place(folder, f"sqlite:///{folder}/dure.sqlite3", **more)
        return
    name, facts = f"place_{secrets.token_hex(6)}", settings.DATABASES["default"]
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    try:
        yield Place(folder, f"postgresql://{facts['USER']}@/{name}?host={facts['HOST']}", **more)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
