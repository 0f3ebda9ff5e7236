"""Backup under load, and what comes back: the same members, and nothing secret alive."""

import json
import os
import signal
import sqlite3
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from dure.accounts.actors import Operator
from dure.core import clock
from dure.joining.rules import LinkState, link_state_of
from dure.management import ending
from dure.members.actions import working
from dure.members.rules import Step
from dure.members.selecting import Selection
from dure.web.outcomes import progress
from tests.management.places import Place, empty_place
from tests.stories.joining import invite_link

ROUNDS = 20 if os.environ.get("TEST_FULL") else 2
pytestmark = pytest.mark.django_db(transaction=True)

FILL = """
from tests.cast import assemble, PASSWORD
from dure.accounts.sessions import SessionStore
from dure.accounts.models import *
from dure.core import clock, secrets
from dure.core.action import writing
from dure.joining.actions.inviting import invite
from dure.members.actions import rescuing
from dure.members import photos
from dure.members.models import *
from pathlib import Path
from django.conf import settings
from datetime import timedelta
cast = assemble()
at = clock.now()
with writing():
    device = Device.objects.create(account=cast.yuki.account, hash=b"d" * 32, since=at, last_used_at=at)
    SessionStore.open_for(cast.yuki.account, at, device.pk)
    SessionStore.open_halfway(cast.minjun.account, at)
    SpareCode.objects.create(account=cast.yuki.account, hash=b"s" * 32)
    ListingCode.objects.create(browser=b"b" * 32, code=b"c" * 32, sealed=b"x", expires_at=at + timedelta(minutes=10))
    RecoveryRequest.objects.create(purpose="reset_password", sealed_address=b"x", language="en", asked_at=at)
    SecondFactor.objects.create(account=cast.yuki.account, sealed=b"x", since=at)
    secrets.issue(secrets.Purpose.RESET_PASSWORD, account_id=cast.yuki.account.pk, workspace_id=None, address_id=None)
rescuing.make_rescue_codes(cast.sora.actor)
known = {"id": cast.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
invite(cast.sora.actor, submission="one", known=known)
folder = Path(settings.DURE["DATA"]) / "files" / "photos"
folder.mkdir(parents=True)
(folder / "photo.webp").write_bytes(b"a photo" * 1000)
print(json.dumps(cast.hanbit.uid))
"""
REGISTER = """
import itertools, sys
from tests.stories.steps import HARU
from dure.joining.actions.registering import register_member
from dure.members.actors import actor_for
from dure.members.actions.handing import Method
from dure.members.models import Member
who = Member.objects.select_related("account", "workspace").get(given_name="Minjun")
ways = itertools.cycle([Method.MEMBER, Method.GENERATE])
for number in itertools.count():
    register_member(actor_for(who), submission=f"load-{number}", id=f"load{number}@hanbitsoft.co.kr",
                    family_name="Load", given_name=str(number), language="en", method=next(ways))
    print(number, flush=True)
"""
LOOK = """
from dure.audit.proof import prove
from dure.audit.models import AuditHead
from dure.accounts.models import *
from dure.core import clock, keys
from dure.core.models import OneTimeSecret
from dure.joining.models import InvitationToken
from dure.mail.models import Letter
from dure.members.models import *
at = clock.now()
living = OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None)
waiting = Letter.objects.filter(state__in=["waiting", "sending"])
print(json.dumps({
    "members": list(Member.objects.order_by("id").values_list("uid", flat=True)),
    "whole": Member.objects.filter(account__addresses__kind="id").count(),
    "broken": [prove(head.pk, keys=keys.derive_all("audit")).broken for head in AuditHead.objects.all()],
    "sessions": Session.objects.count(),
    "secrets": living.count(),
    "codes": ActivationCode.objects.filter(used_at=None, expires_at__gt=at).count(),
    "short": ListingCode.objects.count() + RecoveryRequest.objects.count(),
    "spare": SpareCode.objects.count() + RescueCode.objects.count(),
    "tokens": InvitationToken.objects.count(),
    "letters": [bool(keys.unseal("letter", one.sealed)["secret"]) or "password" in keys.unseal("letter", one.sealed)
                for one in waiting],
    "steps": list(SecondFactor.objects.values_list("last_step", flat=True)),
}))
"""
DEAD = {"sessions": 0, "secrets": 0, "codes": 0, "short": 0, "spare": 0, "tokens": 0}


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Place]:
    """A place with two workspaces, and one of everything secret."""
    with empty_place(tmp_path / "full", DURE_SMTP_URL="smtp://127.0.0.1:9") as place:
        place.say("migrate")
        place.ask(FILL)
        yield place


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Place]:
    """A place with nothing in it."""
    with empty_place(tmp_path / "empty", DURE_SMTP_URL="smtp://127.0.0.1:9") as place:
        yield place


def lines_of(file: Path) -> int:
    """Count what a writer told so far."""
    return file.read_text().count("\n") if file.exists() else 0


def test_a_backup_under_load_comes_back_with_the_same_members_and_dead_secrets(full: Place, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    with full.served():
        told = tmp_path / "told"
        writer = full.start(script=REGISTER, errors=told)
        try:
            for number in range(ROUNDS):
                before, end = lines_of(told), time.monotonic() + 60
                while lines_of(told) < before + 5:
                    assert writer.poll() is None and time.monotonic() < end, told.read_text()
                    time.sleep(0.05)
                full.say("backup", str(folder / f"{number}.tar"))
            assert writer.poll() is None, told.read_text()
        finally:
            writer.kill()
            writer.wait()
    everybody = full.ask(LOOK)["members"]
    for number in range(ROUNDS):
        with empty_place(tmp_path / f"again{number}", DURE_SMTP_URL="smtp://127.0.0.1:9") as place:
            said = place.say("restore", str(folder / f"{number}.tar"))
            found = place.ask(LOOK)
            members = found["members"]
            assert f"Restored {len(members)} members." in said and len(members) > 10
            assert members == everybody[: len(members)], "the first so many, none missing in between"
            assert found["whole"] == len(members)
            assert set(found["broken"]) == {None}
            assert {name: found[name] for name in DEAD} == DEAD
            assert True not in found["letters"]
            assert (place.data / "files/photos/photo.webp").read_bytes() == b"a photo" * 1000


def test_an_archive_is_for_its_owner_alone_and_written_whole_or_not_at_all(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    assert "5 members, 1 files" in full.say("backup", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    with tarfile.open(file) as archive:
        assert archive.getnames() == ["database", "data/files/photos/photo.webp", "manifest.json"]
        manifest = json.loads(archive.extractfile("manifest.json").read())  # type: ignore[union-attr]
    assert manifest["counts"]["dure_member"] == 5 and manifest["migrations"][0] == "0001_start_the_house"
    again = full.run("backup", str(file))
    assert again.returncode == 1 and "exists already" in again.stderr
    missing = full.run("backup", str(tmp_path / "nowhere" / "one.tar"))
    assert missing.returncode == 1 and "No such file" in missing.stderr
    inside = full.run("backup", str(full.data / "files" / "one.tar"))
    assert inside.returncode == 1 and "part of the next backup" in inside.stderr
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix in (".tar", ".part")) == ["one.tar"]


def test_a_timer_keeps_the_newest(full: Place, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    for day in range(1, 4):
        (folder / f"dure-2020-01-0{day}T000000Z.tar").touch()
    (folder / "other.tar").touch()
    assert full.say("backup", str(folder), "--keep", "2").count("deleted") == 2
    names = sorted(path.name for path in folder.iterdir())
    assert names[0] == "dure-2020-01-03T000000Z.tar" and names[-1] == "other.tar" and len(names) == 3


def _cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def _without_manifest(content: bytes) -> bytes:
    return content[: content.rindex(b"manifest.json")]


def _changed(content: bytes) -> bytes:
    return content.replace(b"a photo", b"another", 1)


def _forged(content: bytes) -> bytes:
    return content.replace(b'"dure_member": 5', b'"dure_member": 6', 1)


@pytest.mark.parametrize("spoil", [_cut, _without_manifest, _changed, _forged, lambda _content: b"no archive"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(
    full: Place, empty: Place, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    file = tmp_path / "one.tar"
    full.say("backup", str(file))
    file.write_bytes(spoil(file.read_bytes()))
    done = empty.run("restore", str(file))
    assert done.returncode == 1 and str(file) in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    assert not (empty.data / "files").exists() and not list(empty.data.glob(".restoring*"))


def test_a_place_that_is_not_empty_is_replaced_only_when_told(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    full.say("backup", str(file))
    full.say("workspace", "create", "Later", "--admin", "later@later.example")
    (full.data / "files/photos/later.webp").write_bytes(b"later")
    refused = full.run("restore", str(file))
    assert refused.returncode == 1 and "한빛소프트" in refused.stderr and "Nothing was touched" in refused.stderr
    mistyped = full.run("restore", str(file), "--replace", typed="Later\n")
    assert mistyped.returncode == 1
    assert len(full.ask(LOOK)["members"]) == 6
    done = full.run("restore", str(file), "--replace", typed="한빛소프트\n")
    assert done.returncode == 0, done.stderr
    found = full.ask(LOOK)
    assert len(found["members"]) == 5 and {name: found[name] for name in DEAD} == DEAD
    assert [path.name for path in (full.data / "files/photos").iterdir()] == ["photo.webp"]
    full.say("restore", str(file), "--replace", "--yes")


def test_a_restore_beside_a_running_server_is_one_step(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    full.say("backup", str(file))
    with full.served():
        full.say("workspace", "create", "Later", "--admin", "later@later.example")
        full.say("restore", str(file), "--replace", "--yes")
        assert full.status("/readyz") == 200 and full.status("/sign-in/") == 200
        assert full.say("workspace", "list").count("\n") == 2
        full.say("workspace", "create", "Afterwards", "--admin", "after@after.example")
    found = full.ask(LOOK)
    assert set(found["broken"]) == {None} and len(found["members"]) == 6
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(full.data / "dure.sqlite3")) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_backup_of_an_older_dure_is_upgraded(empty: Place, tmp_path: Path) -> None:
    file = tmp_path / "old.tar"
    with empty_place(tmp_path / "old") as old:
        old.say("migrate", "dure", "0001")
        old.ask(OLD)
        older_backup(old, file)
        assert "Upgraded by" in empty.say("restore", str(file))
    assert empty.ask("from dure.models import *\nprint(json.dumps([w.name for w in Workspace.objects.all()]))") == [
        "Old"
    ]
    with empty.served():
        assert empty.status("/sign-in/") == 200


OLD = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO dure_workspace (uid, name, languages, time_zone, password_minimum, founded_at) "
                   "VALUES (%s, %s, %s, %s, 12, %s)", ["u" * 22, "Old", '["en"]', "UTC", "2026-01-01 00:00:00+00:00"])
print(1)
"""


def older_backup(place: Place, file: Path) -> None:
    """Write what the backup of an older version would have written: this one's tables do not all exist there."""
    script = "from dure.management import backing_up\nfrom pathlib import Path\n"
    place.ask(f"{script}backing_up._write(Path({str(file)!r}), dict(made_at='2026', dure='0.0.1'))\nprint(1)")


def test_a_backup_of_a_newer_dure_or_another_key_is_refused(full: Place, empty: Place, tmp_path: Path) -> None:
    file, newer = tmp_path / "one.tar", tmp_path / "newer.tar"
    full.say("backup", str(file))
    empty.environment["DURE_SECRET_KEY"] = "".join(reversed(full.environment["DURE_SECRET_KEY"]))
    refused = empty.run("restore", str(file))
    assert refused.returncode == 1 and "another secret key" in refused.stderr
    empty.environment["DURE_SECRET_KEY_FALLBACKS"] = full.environment["DURE_SECRET_KEY"]
    empty.say("restore", str(file))
    full.ask(
        "from django.db import connection\n"
        'connection.cursor().execute("INSERT INTO django_migrations (app, name, applied) '
        "VALUES ('dure', '9999_later', '2030-01-01')\")\nprint(1)"
    )
    full.say("backup", str(newer))
    refused = full.run("restore", str(newer), "--replace", "--yes")
    assert refused.returncode == 1 and "Upgrade Dure first" in refused.stderr


def test_a_killed_restore_leaves_what_was_there(full: Place, tmp_path: Path) -> None:
    file = tmp_path / "one.tar"
    full.say("backup", str(file))
    full.say("workspace", "create", "Later", "--admin", "later@later.example")
    for moment in (0.4, 0.8, 1.2, 1.6):
        restoring = full.start("restore", str(file), "--replace", "--yes")
        time.sleep(moment)
        restoring.send_signal(signal.SIGKILL)
        restoring.wait()
        found = full.ask(LOOK)
        assert len(found["members"]) in (5, 6) and set(found["broken"]) == {None}
        if len(found["members"]) == 5:
            assert {name: found[name] for name in DEAD} == DEAD
            break
    full.say("restore", str(file), "--replace", "--yes")
    assert len(full.ask(LOOK)["members"]) == 5


HOLDS_SECRETS = ("hash", "code", "sealed", "encoded", "password", "secret", "token", "key", "session_data", "digest")


def test_every_field_that_may_hold_a_secret_has_a_rule() -> None:
    found = set()
    for model in apps.get_app_config("dure").get_models():
        for one in model._meta.concrete_fields:
            named = any(one.name == word or one.name.endswith(f"_{word}") for word in HOLDS_SECRETS)
            text = isinstance(one, models.CharField | models.TextField | models.BinaryField)
            if isinstance(one, models.BinaryField) or (named and text):
                found.add(f"{model.__name__}.{one.name}")
    assert found - {"Member.sort_key", "Member.id_key"} == set(ending.RULES)
    assert all(rule.startswith((ending.ENDS, ending.STAYS)) for rule in ending.RULES.values())


def test_what_was_half_done_does_not_go_on_after_a_restore(people: Any) -> None:
    """A backup may be brought back because of it."""
    job = working.begin(
        people.sora.actor, step=Step.REMOVE, selection=Selection(everybody=True), facts={}, seen_at=clock.now()
    )  # fmt: skip
    ended = ending.end_secrets(Operator())
    assert ended["unfinished steps over many"] == 1 and not working.work(job.pk)
    job.refresh_from_db()
    assert job.selection == {} and job.done == 0 and "A backup came back" in progress(job)["stopped"]


def test_open_links_are_paused_by_a_restore_and_their_admins_look_at_them(people: Any) -> None:
    """One may have been withdrawn or made anew since the backup."""
    link = invite_link(people.sora)
    assert ending.end_secrets(Operator())["open invite links"] == 1
    link.refresh_from_db()
    assert link_state_of(link) is LinkState.PAUSED


def test_secrets_end_for_the_operator_alone(people: Any) -> None:
    from dure.core.errors import NotAllowed

    with pytest.raises(NotAllowed):
        ending.end_secrets(people.sora.actor)
