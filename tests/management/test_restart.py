"""PostgreSQL restarts under a running server: errors only while it is away and a second longer, and none that lies."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast import PASSWORD
from tests.management.places import Place
from tests.visitor import Visitor

pytestmark = [pytest.mark.once, pytest.mark.postgres]
CAST = "from tests.cast import assemble\nprint(json.dumps(assemble().hanbit.uid))"
ADDED = """
from dure.members.models import Member
print(json.dumps(sorted(Member.objects.filter(family_name="Load").values_list("given_name", flat=True))))
"""


class Cluster:
    """A PostgreSQL of this test's own, reached by a socket in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))[-1]
        self.as_postgres = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
        if self.as_postgres:
            shutil.chown(folder, "postgres")
        folder.chmod(0o755)
        self.run("initdb", "-D", str(folder / "data"), "-U", "dure", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")

    def run(self, program: str, *words: str) -> None:
        """Run one of PostgreSQL's programs to its end."""
        command = [*self.as_postgres, str(self.programs / program), *words]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories='{self.folder}' -c fsync=off"
        self.run(
            "pg_ctl", "-D", str(self.folder / "data"), "-w", "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self, mode: str) -> None:
        """Stop it; ``fast`` tells its clients, ``immediate`` does not."""
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A running cluster."""
    folder = Path(tempfile.mkdtemp(prefix="dure-pg-"))
    made = Cluster(folder)
    made.start()
    yield made
    if (folder / "data" / "postmaster.pid").exists():
        made.stop("immediate")
    shutil.rmtree(folder)


class Client(threading.Thread):
    """Somebody who registers one person after another and reads the list in between, and notes every answer."""

    def __init__(self, place: Place, workspace: str) -> None:
        super().__init__()
        self.at = f"/w/{workspace}/admin/members/"
        self.browser = Visitor(place.url)
        self.browser.sign_in("minjun.kim@hanbitsoft.co.kr", PASSWORD)
        self.form = self.browser.open(f"{self.at}register/")
        self.answers: list[tuple[float, float, int]] = []
        self.added: list[str] = []
        self.stopped = threading.Event()

    def run(self) -> None:
        """Go on until stopped."""
        number = 0
        while not self.stopped.is_set():
            number += 1
            name = f"{number:05}"
            typed = {"family_name": "Load", "given_name": name, "id": f"load{name}@hanbitsoft.co.kr"}
            form = self.form.form_with("family_name")
            form.fields = [(key, name if key == "submission" else value) for key, value in form.fields]
            begun = time.monotonic()
            status = self.browser.submit(self.form, form, **typed).status
            self.answers.append((begun, time.monotonic(), status))
            if status == 200:
                self.added.append(name)
            begun = time.monotonic()
            status = self.browser.open(self.at).status
            self.answers.append((begun, time.monotonic(), status))


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_errors_only_while_the_database_is_away_and_a_second_longer(
    cluster: Cluster, tmp_path: Path, mode: str
) -> None:
    place = Place(tmp_path / "place", f"postgresql://dure@/postgres?host={cluster.folder}")
    place.say("migrate")
    workspace, errors = place.ask(CAST), tmp_path / "errors"
    with place.served(errors):
        clients = [Client(place, workspace)]
        for client in clients:
            client.start()
        time.sleep(2)
        gone = time.monotonic()
        cluster.stop(mode)
        time.sleep(1)
        assert place.status("/readyz") == 503 and place.status("/healthz") == 200
        cluster.start()
        back = time.monotonic()
        time.sleep(3)
        for client in clients:
            client.stopped.set()
            client.join()
        assert place.status("/readyz") == 200
    answers = [answer for client in clients for answer in client.answers]
    failed = [(begun, ended, status) for begun, ended, status in answers if status != 200]
    assert failed and {status for _begun, _ended, status in failed} == {503}
    assert all(ended > gone and begun < back + 1 for begun, ended, _status in failed)
    assert len([begun for begun, _ended, status in answers if status == 200 and begun > back]) > 5
    added = set(place.ask(ADDED))
    assert set(clients[0].added) <= added, "what was told to be saved is saved"
    assert len(added) - len(clients[0].added) <= 1, "a COMMIT whose answer was lost, at the most"
    assert "hanbitsoft" not in errors.read_text()
