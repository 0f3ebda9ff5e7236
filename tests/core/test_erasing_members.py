"""Erasing one member: nothing of them is left in any table, file, index or letter (PRODUCT.md §4.18)."""

import io
import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from PIL import Image

from dure import erasure
from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.audit.models import AuditEvent
from dure.core import clock, keys
from dure.joining import queries as joining
from dure.joining.actions.accepting import accept
from dure.joining.actions.inviting import invite
from dure.joining.actions.inviting_many import invite_many
from dure.joining.actions.registering import register_member
from dure.joining.models import Invitation
from dure.mail.models import Letter
from dure.members import queries
from dure.members.actions.asking import ask_admin
from dure.members.actions.asking_to_leave import ask_to_leave
from dure.members.actions.filters import keep_filter
from dure.members.actions.leaving import order_erasure, remove, remove_all
from dure.members.listing import View
from dure.members.models import KeptFilter, Member
from dure.members.pending import Job
from dure.web.panel import person as panel_of
from tests.cast import PASSWORD, Cast, Person, join
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link

TRACES = ("haeun", "하은", "jung@home", "1098765432", "Zebra", "ㅎㅇ")
PHONE = "+82 10-9876-5432"


@pytest.fixture(autouse=True)
def media(settings: object, tmp_path: Path) -> None:
    """Photos in a folder of their own."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]


def tables() -> str:
    """Return every row of every table of the database as text, and what is sealed in letters unsealed."""
    found: list[str] = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                found += [_text(value) for value in row]
    found += [json.dumps(keys.unseal("letter", one.sealed), ensure_ascii=False) for one in sealed()]
    return "\n".join(found)


def sealed() -> list[Letter]:
    return list(Letter.objects.exclude(sealed=None))


def _text(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def files() -> bytes:
    """Return the bytes of everything on the disk: the photos, and on SQLite the database with its log.

    Read by another process: closing a file takes the locks away that SQLite holds on it in this one, and the next
    process that closes the database then takes its log for nobody's.
    """
    found = [path for path in Path(default_storage.location).rglob("*") if path.is_file()]  # type: ignore[attr-defined]
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        found += [path for path in (Path(name), Path(f"{name}-wal")) if path.exists()]
    read = subprocess.run(["cat", *found], check=True, capture_output=True).stdout if found else b""
    return b"".join(path.name.encode() for path in found) + read


def haeun(cast: Cast, post: PostOffice) -> Person:
    """Bring 정하은 in, and fill in, photograph, edit and ask whatever there is."""
    mail = invited(cast, post, private_address="jung@home.example", send_to="private")
    browser = cast.visitor()
    browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    member = Member.objects.select_related("account", "workspace").get(given_name="하은")
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(f"admin/members/{member.uid}/edit/"))
    image = io.BytesIO()
    Image.new("RGB", (300, 300), "teal").save(image, "PNG")
    minjun.send_file(
        page,
        "photo",
        "haeun.png",
        image.getvalue(),
        mobile_phone=PHONE,
        nickname="Zebra",
        duty="Zebra",
        name_en="Haeun",
    )
    Address.objects.filter(account=member.account).update(proven_at=clock.now())
    return Person(member=member, address=HARU["id"], server=cast.server)


def erase(cast: Cast, member: Member) -> None:
    """Order it as Sora, and let the worker do it."""
    order_erasure(cast.sora.actor, chosen=queries.of(cast.hanbit).filter(pk=member.pk)).alone()
    assert erasure.erase_due() == 1 and erasure.erase_due() == 0


def test_nothing_of_an_erased_member_is_left(cast: Cast, post: PostOffice) -> None:
    somebody = haeun(cast, post)
    ask_to_leave(somebody.actor, message="Zebra")
    ask_admin(cast.minjun.actor, address=HARU["id"], member_uid=somebody.member.uid, message="Zebra")
    invite_again(cast, somebody)
    for name, search in (("a", "정하은"), ("b", "하은 정"), ("c", "haeun.jung"), ("d", "010-9876-5432"), ("e", "김")):
        keep_filter(cast.minjun.actor, name=name, view=View(search=search))
    keep_filter(cast.sora.actor, name="정하은", view=View(state="active"))
    before = tables()
    assert all(trace in before for trace in TRACES), [trace for trace in TRACES if trace not in before]
    assert len(list(Path(default_storage.location).rglob("*.webp"))) == 2  # type: ignore[attr-defined]
    assert connection.vendor != "sqlite" or HARU["id"].encode() in files(), "what is searched is where it stands"
    remove(cast.sora.actor, member_uid=somebody.member.uid, reason="Zebra")
    erase(cast, somebody.member)
    left, kept = tables(), files()
    for trace in TRACES:
        assert trace not in left, trace
        assert trace.encode() not in kept, f"in the files: {trace}"
    assert not Account.objects.filter(pk=somebody.member.account_id).exists()
    assert not list(Path(default_storage.location).rglob("*.webp"))  # type: ignore[attr-defined]
    assert cast.visitor().sign_in(HARU["id"], NEW_PASSWORD).path == "/sign-in/"
    assert [one.name for one in KeptFilter.objects.all()] == ["e"], "what tells of others stays"


def invite_again(cast: Cast, somebody: Person) -> None:
    """Let Alex's workspace have invited the person once; it was declined and is remembered for a while."""
    typed = {"id": HARU["id"], "family_name": "정", "given_name": "하은", "language": "ko"}
    invitation = invite(cast.alex.actor, submission="one", known=typed)
    Invitation.objects.filter(pk=invitation.pk).update(declined_at=clock.now(), ended_at=clock.now(), details={})


def test_the_trail_stays_and_names_an_erased_member(cast: Cast, post: PostOffice) -> None:
    somebody = haeun(cast, post)
    changed = Member.objects.get(pk=cast.yuki.member.pk)
    remove(cast.sora.actor, member_uid=somebody.member.uid)
    with_history = cast.minjun.member
    erase(cast, somebody.member)
    events = AuditEvent.objects.filter(subject_kind="member", subject_id=somebody.member.pk)
    assert {"member.registered", "member.removed", "member.erased"} <= set(events.values_list("event", flat=True))
    remove(cast.sora.actor, member_uid=with_history.uid)
    changed.changes.create(
        workspace=cast.hanbit, at=clock.now(), actor_kind="member", actor_id=with_history.pk, door="web", field="duty"
    )
    erase(cast, with_history)
    shown = queries.with_id(queries.of(cast.hanbit).select_related("workspace")).get(pk=changed.pk)
    assert panel_of(cast.sora.actor, shown)["changes"][0]["who"] == "erased member"


def test_the_window_over_means_erased_without_anybody_doing_anything(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = haeun(cast, post)
    remove(cast.minjun.actor, member_uid=somebody.member.uid)
    assert erasure.erase_due() == 0
    late = clock.now() + timedelta(days=30, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert erasure.erase_due() == 1
    assert not Member.objects.filter(pk=somebody.member.pk).exists() and "하은" not in tables()


def test_an_account_of_two_workspaces_loses_one_place_and_keeps_itself(cast: Cast, post: PostOffice) -> None:
    other = join(cast.fernweh, "second@fernweh.example", "Second", "Su")
    Member.objects.filter(pk=other.member.pk).update(account=cast.yuki.account)
    browser = cast.yuki.browser()
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    erase(cast, cast.yuki.member)
    assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200
    assert Account.objects.get(pk=cast.yuki.member.account_id).without_place_since is None


def test_an_account_that_came_from_elsewhere_stays_for_thirty_days(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    Account.objects.filter(pk=cast.yuki.member.account_id).update(origin_id=cast.fernweh.pk)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    erase(cast, cast.yuki.member)
    account = Account.objects.get(pk=cast.yuki.member.account_id)
    assert account.without_place_since and "雪" not in tables()
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).path == "/workspaces/"
    for days, left in ((29, True), (2, False)):
        late = clock.now() + timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda late=late: late)
        erasure.purge_alone()
        assert Account.objects.filter(pk=account.pk).exists() is left
    assert cast.yuki.address not in tables()


def test_an_account_another_workspace_waits_for_stays(cast: Cast, post: PostOffice) -> None:
    typed = {"id": cast.yuki.address, "family_name": "Tanaka", "given_name": "Yuki", "language": "en"}
    invitation = invite(cast.alex.actor, submission="one", known=typed)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    erase(cast, cast.yuki.member)
    account = Account.objects.get(pk=cast.yuki.member.account_id)
    assert [one.pk for one in joining.waiting_for(account)] == [invitation.pk]


def test_an_id_nobody_proved_takes_nothing_of_another_workspace_along(cast: Cast, post: PostOffice) -> None:
    typed = {"id": HARU["id"], "family_name": "Jung", "given_name": "Haeun", "language": "en"}
    invite_many(cast.minjun.actor, text=HARU["id"], language="en", message="", submission="one")
    invitation = Invitation.objects.get()
    type(cast.fernweh).objects.filter(pk=cast.fernweh.pk).update(restore_days=0)
    registered = register_member(cast.alex.actor, submission="two", **typed)
    remove(cast.alex.actor, member_uid=registered.member.uid)
    assert erasure.erase_due() == 1 and not Address.objects.filter(canonical=HARU["id"]).exists()
    invitation.refresh_from_db()
    assert invitation.ended_at is None
    assert Letter.objects.filter(about=invitation.uid, state=Letter.WAITING).exists(), "and its letter still goes"


def test_an_invitation_takes_its_letter_along(cast: Cast, post: PostOffice) -> None:
    typed = {"id": cast.alex.address, "family_name": "Zebra", "given_name": "Alex", "language": "en"}
    invitation = invite(cast.minjun.actor, submission="one", known=typed)
    accept(Owner(cast.alex.account), invitation_uid=invitation.uid)
    member = Member.objects.get(workspace=cast.hanbit, account=cast.alex.account)
    assert Letter.objects.filter(about=invitation.uid).exists()
    remove(cast.sora.actor, member_uid=member.uid)
    erase(cast, member)
    assert not Letter.objects.filter(about=invitation.uid).exists() and "Zebra" not in tables()


def test_what_somebody_made_is_handed_on_and_comes_back(cast: Cast, post: PostOffice) -> None:
    typed = {"id": "alex@fernweh.example", "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    invitation = invite(cast.minjun.actor, submission="one", known=typed)
    chosen = queries.of(cast.hanbit).filter(pk=cast.minjun.member.pk)
    assert joining.sent_by(cast.hanbit.pk, chosen).count() == 1
    remove_all(cast.sora.actor, chosen=chosen, taker=cast.eve.member)
    assert joining.inviter(invitation) == cast.eve.member
    erase(cast, cast.minjun.member)
    invitation.refresh_from_db()
    assert invitation.invited_by_id == cast.eve.member.pk


def test_what_a_job_was_about_is_gone_at_its_end_and_the_job_after_a_month(
    cast: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.members.actions import working
    from dure.members.rules import Step
    from dure.members.selecting import Selection

    chosen = Selection(everybody=True, search="tanaka")
    job = working.begin(
        cast.sora.actor, step=Step.REMOVE, selection=chosen, facts={"reason": "Zebra"}, seen_at=clock.now()
    )
    assert "Zebra" in tables()
    working.work_for(job, 60)
    erase(cast, cast.yuki.member)
    assert "Zebra" not in tables() and "tanaka" not in tables()
    late = clock.now() + timedelta(days=31)
    monkeypatch.setattr(clock, "now", lambda: late)
    erasure.purge_dead()
    assert not Job.objects.exists()


def test_settings_of_sqlite_overwrite_what_is_deleted(db: Any) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            assert cursor.execute("PRAGMA secure_delete").fetchone() == (1,)
