"""``dure serve`` for real: probes, numbers, a stop that answers first, a kill, a full disk."""

import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.db import connection

from tests.cast import PASSWORD
from tests.management.places import Place, empty_place
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db(transaction=True)

CAST = "from tests.cast import assemble\nprint(json.dumps(assemble().hanbit.uid))"
CHECK = """
from dure.audit.proof import prove
from dure.audit.models import AuditEvent, AuditHead
from dure.core import keys
from dure.mail.models import Letter
from dure.members.models import Member
registered = AuditEvent.objects.filter(event="member.registered").values_list("subject_id", flat=True)
print(json.dumps({
    "broken": [prove(head.pk, keys=keys.derive_all("audit")).broken for head in AuditHead.objects.all()],
    "new": sorted(Member.objects.filter(family_name="Load").values_list("pk", flat=True)),
    "told": sorted(registered),
    "letters": Letter.objects.filter(kind="set_password").count(),
    "half": Member.objects.exclude(account__addresses__kind="id").count(),
}))
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A place with the cast in it."""
    more = {"DURE_METRICS_FROM": "127.0.0.0/8", "DURE_LOG": "json", "DURE_SMTP_URL": "smtp://127.0.0.1:9"}
    with empty_place(tmp_path / "place", **more) as made:
        made.say("migrate")
        made.hanbit = made.ask(CAST)  # type: ignore[attr-defined]
        yield made


def sign_in(place: Place, address: str) -> Visitor:
    """Return a browser that signed in."""
    browser = Visitor(place.url)
    assert browser.sign_in(address, PASSWORD).path.startswith("/w/")
    return browser


@contextmanager
def nobody_writes(place: Place) -> Iterator[None]:
    """Hold what every sign-in must write, so that it waits."""
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(place.data / "dure.sqlite3", isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            yield
            held.execute("COMMIT")
        return
    import psycopg

    address = place.environment["DURE_DATABASE_URL"]
    with psycopg.connect(address) as held:
        held.execute("LOCK TABLE dure_audithead IN ACCESS EXCLUSIVE MODE")
        yield


def test_what_lies_in_the_current_folder_is_no_part_of_the_server(place: Place, tmp_path: Path) -> None:
    (tmp_path / "calendar.py").write_text("raise SystemExit('not ours')")
    place.current = tmp_path
    with place.served():
        assert Visitor(place.url).open("/sign-in/").status == 200


def test_a_stop_answers_what_is_in_flight_and_ends_in_time(place: Place, tmp_path: Path) -> None:
    errors, pages = tmp_path / "errors", []  # type: ignore[var-annotated]
    with place.served(errors) as server:
        form = Visitor(place.url)
        page = form.open("/sign-in/")

        def slow() -> None:
            pages.append(form.send(page, "/sign-in/", id="yuki.tanaka@hanbitsoft.co.kr", password=PASSWORD))

        with nobody_writes(place):
            asking = threading.Thread(target=slow)
            asking.start()
            time.sleep(1.5)
            begun = time.monotonic()
            server.send_signal(signal.SIGTERM)
            time.sleep(1.5)
            assert server.poll() is None, "it waits for the answer"
        assert server.wait(20) == 0 and time.monotonic() - begun < 10
        asking.join(30)
    assert [page.status for page in pages] == [302]
    assert place.ask("from dure.models import Session\nprint(json.dumps(Session.objects.count()))") == 1
    said = errors.read_text()
    assert "yuki" not in said and PASSWORD not in said and "한빛" not in said and "Traceback" not in said


def test_the_probes_answer_by_any_name_and_the_numbers_only_to_whom_they_are_for(place: Place) -> None:
    with place.served():
        assert [place.status(path, Host="10.1.2.3:8000") for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
        assert place.status("/sign-in/", Host="10.1.2.3:8000") == 400
        sign_in(place, "yuki.tanaka@hanbitsoft.co.kr")
        Visitor(place.url).sign_in("yuki.tanaka@hanbitsoft.co.kr", "not the password")
        text = numbers(place)
        assert 'dure_sign_ins_total{outcome="ok"} 1.0' in text
        assert 'dure_sign_ins_total{outcome="refused"} 1.0' in text
        assert 'dure_requests_total{method="POST",route="sign_in",status="302"} 1.0' in text
        assert 'dure_request_seconds_bucket{le="10.0",route="sign_in"} 4.0' in text
        assert 'dure_members{state="active"} 5.0' in text
        assert "dure_hashing_waiting 0.0" in text and "dure_oldest_letter_seconds" in text
        for trace in ("yuki", "hanbit", place.hanbit):  # type: ignore[attr-defined]
            assert trace not in text
        place.ask(
            "from django.db import connection\n"
            "connection.cursor().execute(\"DELETE FROM django_migrations WHERE name LIKE '0003%'\")\nprint(1)"
        )
        assert place.status("/readyz") == 503
        assert place.status("/healthz") == 200


def numbers(place: Place) -> str:
    """Return what Prometheus reads, once the worker has written its first."""
    end = time.monotonic() + 30
    while True:
        text = Visitor(place.url).open("/metrics").body
        if "dure_worker_age_seconds " in text:
            return text
        assert time.monotonic() < end, text
        time.sleep(0.2)


def test_numbers_are_not_there_for_strangers(place: Place) -> None:
    place.environment["DURE_METRICS_FROM"] = "10.0.0.0/8"
    with place.served():
        assert place.status("/metrics") == 404


def register_on(place: Place, stopped: threading.Event, answers: list[int]) -> None:
    """Register one person after another until told to stop, or nobody answers."""
    browser = sign_in(place, "minjun.kim@hanbitsoft.co.kr")
    number = 0
    while not stopped.is_set():
        number += 1
        try:
            page = browser.open(f"/w/{place.hanbit}/admin/members/register/")  # type: ignore[attr-defined]
            typed = {"family_name": "Load", "given_name": str(number), "id": f"load{number}@hanbitsoft.co.kr"}
            answers.append(browser.fill_in(page, **typed).status)
        except (OSError, AssertionError):
            return


def test_kill_9_of_the_server_leaves_no_half_of_anything(place: Place) -> None:
    kills = 10 if os.environ.get("TEST_FULL") else 2
    for number in range(kills):
        stopped, answers = threading.Event(), []  # type: ignore[var-annotated]
        with place.served() as server:
            writer = threading.Thread(target=register_on, args=(place, stopped, answers))
            writer.start()
            end = time.monotonic() + 30
            while len(answers) < 3 and time.monotonic() < end:
                time.sleep(0.01)
            time.sleep(0.07 * number)
            server.send_signal(signal.SIGKILL)
            stopped.set()
            writer.join(30)
            server.wait()
            time.sleep(2)  # its other half ends with it
        found = place.ask(CHECK)
        assert set(found["broken"]) == {None} and found["half"] == 0
        assert len(found["new"]) >= 3 and set(found["new"]) <= set(found["told"])
        assert found["letters"] == len(found["new"])
        place.ask("from dure.models import *\nAccount.objects.filter(members__family_name='Load').delete()\nprint(1)")
        place.ask("from dure.models import *\nLetter.objects.all().delete()\nprint(1)")


def test_a_full_disk_refuses_to_write_says_so_and_goes_on_reading(place: Place, tmp_path: Path) -> None:
    if connection.vendor != "sqlite":
        return
    errors = tmp_path / "errors"
    with place.served(errors):
        browser = sign_in(place, "minjun.kim@hanbitsoft.co.kr")
        form = browser.open(f"/w/{place.hanbit}/admin/members/register/")  # type: ignore[attr-defined]
    place.largest = (place.data / "dure.sqlite3").stat().st_size + 300_000
    with place.served(errors):
        for number in range(40):
            typed = {"family_name": "Load", "given_name": str(number), "id": f"load{number}@hanbitsoft.co.kr"}
            answer = browser.fill_in(form, **typed)
            if answer.status == 503:
                break
        assert answer.status == 503 and "no room left" in answer.text and "has been added" not in answer.text
        listed = browser.open(f"/w/{place.hanbit}/admin/members/")  # type: ignore[attr-defined]
        assert listed.status == 200 and "minjun.kim@hanbitsoft.co.kr" in listed.text
    found = place.ask(CHECK)
    assert len(found["new"]) == number and set(found["broken"]) == {None}
    assert "SQLITE_IOERR_WRITE" in errors.read_text() and "hanbitsoft" not in errors.read_text()
