"""The worker is killed with -9 while it delivers: none lost, at most one duplicate per kill, same Message-ID."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from dure.core import clock
from dure.core.action import writing
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from tests.post import PostOffice

ROOT = Path(__file__).resolve().parents[2]


def database_url() -> str:
    """Return the address of the tests' own database for another process."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{facts['NAME']}"
    return f"postgresql://{facts['USER']}@/{facts['NAME']}?host={facts['HOST']}"


def start_worker(post: PostOffice) -> subprocess.Popen[bytes]:
    """Start ``dure worker`` on the tests' database."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    environment = plain | {
        "DURE_MODE": "test",
        "DURE_SECRET_KEY": settings.SECRET_KEY,
        "DURE_DATABASE_URL": database_url(),
        "DURE_SMTP_URL": post.url,
        "DURE_MAIL_LEASE": "1",
        "DURE_PUBLIC_URL": settings.DURE["PUBLIC_URL"],
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.Popen([sys.executable, "-m", "dure", "worker"], env=environment, stdout=subprocess.DEVNULL)


def write_letters(count: int) -> None:
    """Put letters into the outbox."""
    with writing():
        for number in range(count):
            outbox.post(
                Kind.PASSWORD_CHANGED,
                address=f"person{number}@example.com",
                to="id",
                language="ko",
                account_id=number + 1,
                context={"id_address": f"person{number}@example.com"},
            )


def wait_for(post: PostOffice, received: int, patience: float = 30) -> None:
    """Wait until so many mails came."""
    end = time.monotonic() + patience
    while len(post.received) < received:
        assert time.monotonic() < end, f"only {len(post.received)} of {received} came; {states()}"
        time.sleep(0.001)


def states() -> dict[str, int]:
    """Count the letters by state."""
    return dict(Counter(Letter.objects.values_list("state", flat=True)))


@pytest.mark.django_db(transaction=True)
def test_kill_9_loses_nothing(post: PostOffice) -> None:
    kills = 200 if os.environ.get("TEST_FULL") else 20
    letters = kills * 4
    write_letters(letters)
    for number in range(kills):
        worker = start_worker(post)
        wait_for(post, min(len(post.received) + 1 + number % 3, letters))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    worker = start_worker(post)
    end = time.monotonic() + 60
    while Letter.objects.exclude(state=Letter.SENT).exists():
        assert time.monotonic() < end, states()
        time.sleep(0.05)
    worker.terminate()
    assert worker.wait(10) == 0
    times = Counter(mail.recipients[0] for mail in post.received)
    assert len(times) == letters, "none lost"
    assert sum(times.values()) - letters <= kills, "at most one duplicate per kill"
    assert len({(mail.recipients[0], mail.id) for mail in post.received}) == letters, "same Message-ID"
    assert Letter.objects.filter(state=Letter.SENT, sealed=None, ended_at__lte=clock.now()).count() == letters
