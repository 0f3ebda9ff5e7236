"""The doctor names what is wrong, says what to do, and ends with 1."""

import io
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from dure import worker
from dure.core import clock, readings
from dure.core.models import Reading
from dure.mail.models import Letter
from dure.management import looking
from tests.cast import Cast
from tests.post import PostOffice, free_port
from tests.stories.steps import register


@pytest.fixture
def well(cast: Cast, post: PostOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """A server with nothing wrong about it."""
    monkeypatch.setattr(settings, "HTTPS", True)
    monkeypatch.setitem(
        settings.DURE,
        "DATA",
        tmp_path / "data",
    )
    settings.DURE["DATA"].mkdir(mode=0o700)
    settings.DURE.update(TRUSTED_PROXIES=("127.0.0.1/32",), MODE="production", PUBLIC_URL="https://gate.example.com")
    if connection.vendor == "sqlite":
        Path(connection.settings_dict["NAME"]).chmod(0o600)
    worker.tell(3)
    readings.keep({"backup": 5_000_000})
    return cast


def looks() -> tuple[dict[str, Any], int]:
    """Run the doctor; returns its looks by name, and how it ended."""
    out = io.StringIO()
    try:
        call_command("doctor", json=True, stdout=out)
    except SystemExit as ended:
        return {look["name"]: look for look in json.loads(out.getvalue())}, int(str(ended.code))
    return {look["name"]: look for look in json.loads(out.getvalue())}, 0


def bad(name: str) -> str:
    """Run the doctor, which finds exactly this one thing; returns what to do."""
    found, code = looks()
    assert code == 1
    assert [one for one, look in found.items() if look["level"] == "BAD"] == [name], found
    return str(found[name]["to_do"])


def test_nothing_is_wrong_and_every_thing_was_looked_at(well: Cast) -> None:
    found, code = looks()
    assert code == 0, found
    assert {look["level"] for look in found.values()} == {"ok"}, found
    assert {"settings", "address", "data folder", "disk", "mail", "database", "migrations"} <= set(found)
    assert {"newest event", "worker", "letters", "backup"} <= set(found)
    assert "without TLS" in found["mail"]["found"]
    out = io.StringIO()
    call_command("doctor", stdout=out)
    assert out.getvalue().count("ok   ") == len(found)


def test_mail_that_nobody_takes(well: Cast) -> None:
    settings.DURE["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    assert "DURE_SMTP_URL" in bad("mail")
    settings.DURE["SMTP_URL"] = ""
    assert looks()[0]["mail"]["level"] == "note" and looks()[1] == 0


def test_a_proxy_that_is_not_trusted(well: Cast) -> None:
    settings.DURE["TRUSTED_PROXIES"] = ()
    assert "DURE_TRUSTED_PROXIES" in bad("address")


def test_files_that_others_can_read(well: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DURE["DATA"].chmod(0o755)
    assert "chmod 700" in bad("data folder")
    settings.DURE["DATA"].chmod(0o700)
    key = tmp_path / "key"
    key.write_text("secret")
    key.chmod(0o644)
    monkeypatch.setitem(os.environ, "DURE_SECRET_KEY_FILE", str(key))
    assert f"chmod 600 {key}" in bad("DURE_SECRET_KEY_FILE")


def test_a_disk_that_is_nearly_full(well: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "LOW", 1 << 60)
    assert "make room" in bad("disk")


def test_a_worker_that_is_silent(well: Cast) -> None:
    Reading.objects.filter(pk="worker_rounds").update(at=clock.now() - timedelta(minutes=5))
    assert "dure serve" in bad("worker")
    Reading.objects.filter(pk="worker_rounds").delete()
    assert "dure serve" in bad("worker")


def test_letters_that_are_stuck(well: Cast, post: PostOffice) -> None:
    register(well, well.minjun)
    long_ago = clock.now() - timedelta(hours=5)
    Letter.objects.update(posted_at=long_ago, attempts=3, due_at=clock.now() + timedelta(hours=1))
    assert "Mail" in bad("letters")


def test_a_backup_that_is_old(well: Cast) -> None:
    Reading.objects.filter(pk="backup").update(at=clock.now() - timedelta(days=9))
    assert "dure backup" in bad("backup")


def test_a_clock_that_was_turned_back(well: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = clock.now() - timedelta(hours=2)
    monkeypatch.setattr(clock, "now", lambda: earlier)
    found, code = looks()
    assert code == 1 and found["newest event"]["level"] == "BAD" and "NTP" in found["newest event"]["to_do"]


def test_a_database_that_does_not_answer(well: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(looking, "database", gone)
    assert "DURE_DATABASE_URL" in bad("database")
