"""Audit: who, what, on whom, through which door, when; names are resolved at reading (PRODUCT.md §4.12)."""

import csv
import io
import json
import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.accounts.actors import Operator
from dure.accounts.models import Account
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.action import record_many, writing
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.erasure import erase_account
from dure.members.actions.administering import grant
from dure.members.actions.suspending import resume, suspend
from dure.members.models import Member
from dure.web.exporting import stream
from tests.cast import Cast, Person, join
from tests.index import refresh
from tests.post import PostOffice
from tests.stories.steps import register
from tests.visitor import Page, Visitor


@pytest.fixture
def auditor(cast: Cast, post: PostOffice) -> Person:
    """Eve may read the trail."""
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=[Permission.AUDIT_READ])
    return cast.eve


def look(browser: Visitor, cast: Cast, query: str = "") -> Page:
    """Return the trail as this browser sees it."""
    page = browser.open(cast.at(f"admin/audit/{query}"))
    assert page.status == 200, page.text
    return page


def sentences(page: Page) -> list[str]:
    """Return what the page tells, the newest first."""
    rows = re.findall(r'<li id="n\d+"><time[^>]*>[^<]*</time><span>(.*?)</span></li>', page.body)
    return [re.sub(r"<small.*", "", row).replace("</a>", "").replace("</b>", "") for row in rows]


def told(page: Page) -> list[str]:
    """Return the sentences as text."""
    return [re.sub(r"<[^>]+>", "", sentence) for sentence in sentences(page)]


def test_eve_reads_what_minjun_did(cast: Cast, post: PostOffice, auditor: Person) -> None:
    register(cast, cast.minjun)
    page = look(auditor.browser(), cast)
    assert told(page)[0] == "Minjun Kim registered 정하은."
    assert "ID (e-mail address), Family name, Given name, Language" in page.text, "fields as words"
    assert "The operator changed the rights of Minjun Kim." in told(page)
    assert "on the server’s command line" in page.text
    assert 'lang="ko">정하은</a>' in page.body, "a name keeps its language"
    Account.objects.filter(pk=auditor.account.pk).update(language="ko")
    assert told(look(auditor.browser(), cast))[0] == "Minjun Kim 님이 정하은 님을 등록했습니다."
    Account.objects.filter(pk=auditor.account.pk).update(language="ja")
    assert told(look(auditor.browser(), cast))[0] == "Minjun Kimさんが정하은さんを登録しました。"


def test_the_time_is_the_workspaces_own(
    cast: Cast, post: PostOffice, auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.now().replace(hour=23, minute=30, second=5) + timedelta(days=1)
    browser = auditor.browser()
    monkeypatch.setattr(clock, "now", lambda: late)
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    monkeypatch.undo()
    page = look(browser, cast)
    day = late + timedelta(hours=9)
    assert "08:30:05" in page.text and f"{day:%a}" in page.text and "Asia/Seoul" in page.text


def test_filters_narrow_and_stay_in_the_address(cast: Cast, post: PostOffice, auditor: Person) -> None:
    register(cast, cast.minjun)
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    resume(cast.minjun.actor, member_uid=cast.yuki.member.uid)
    browser = auditor.browser()
    page = browser.fill_in(look(browser, cast), who="minjun")
    assert told(page) == ["Minjun Kim resumed 田中 雪.", "Minjun Kim registered 정하은."]
    assert "who=minjun" in page.path
    page = browser.submit(page, page.form_with("kind", "whom"), kind="member.resumed")
    assert told(page) == ["Minjun Kim resumed 田中 雪."] and cast.minjun.member.uid in page.path
    page = browser.fill_in(look(browser, cast), whom="yuki.tanaka", kind="leaving")
    assert told(page) == ["Minjun Kim resumed 田中 雪.", "한소라 suspended 田中 雪."]
    page = browser.fill_in(look(browser, cast), door="command")
    assert told(page) and all(one.startswith("The operator changed the rights") for one in told(page))
    today = (clock.now() + timedelta(hours=9)).date()
    page = browser.fill_in(look(browser, cast), since=str(today), until=str(today), whom="yuki")
    assert len(told(page)) == 2
    page = browser.fill_in(page, until=str(today - timedelta(days=1)), since="")
    assert told(page) == [] and "Nothing of this kind" in page.text


def test_somebody_with_the_same_name_is_chosen(cast: Cast, post: PostOffice, auditor: Person) -> None:
    other = join(cast.hanbit, "minjun.kim2@hanbitsoft.co.kr", "Kim", "Minjun")
    suspend(cast.sora.actor, member_uid=other.member.uid)
    browser = auditor.browser()
    page = browser.fill_in(look(browser, cast), whom="minjun")
    assert "On whom: which one?" in page.text and told(page) == []
    page = browser.follow(page, "minjun.kim2@")
    assert told(page) == ["한소라 suspended Minjun Kim."]
    page = browser.fill_in(look(browser, cast), who="nobody like this")
    assert page.error_beside("who") == "Nobody found" and told(page) == []


def test_who_does_not_manage_members_finds_nobody_by_what_is_private(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, mobile_phone="010-7654-3210", employee_number="Zx-17", office_phone="02-555-0123")
    rights = [Permission.AUDIT_READ, Permission.ADMINS_MANAGE]
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=rights)
    Member.objects.filter(given_name="하은").update(state=Member.ACTIVE, activated_at=clock.now())
    eve, sora = cast.eve.browser(), cast.sora.browser()
    for private in ("010-7654-3210", "Zx-17"):
        assert eve.fill_in(look(eve, cast), whom=private).error_beside("whom") == "Nobody found"
        assert told(sora.fill_in(look(sora, cast), whom=private)) == ["Minjun Kim registered 정하은."]
        assert "정하은" not in eve.open(cast.at(f"admin/administrators/?q={private}")).text
        assert "정하은" in sora.open(cast.at(f"admin/administrators/?q={private}")).text
    for known in ("하은", "02-555-0123"):
        assert told(eve.fill_in(look(eve, cast), whom=known)) == ["Minjun Kim registered 정하은."]
        assert "정하은" in eve.open(cast.at(f"admin/administrators/?q={quote(known)}")).text


def test_one_persons_timeline_is_what_they_did_and_what_was_done_to_them(
    cast: Cast, post: PostOffice, auditor: Person
) -> None:
    suspend(cast.minjun.actor, member_uid=cast.yuki.member.uid)
    suspend(cast.sora.actor, member_uid=cast.minjun.member.uid)
    resume(cast.sora.actor, member_uid=cast.yuki.member.uid)
    sora = cast.sora.browser()
    panel = sora.open(cast.at(f"admin/members/{cast.minjun.member.uid}/"))
    page = look(sora, cast, f"?about={cast.minjun.member.uid}")
    assert told(page) == [
        "한소라 suspended Minjun Kim.",
        "Minjun Kim suspended 田中 雪.",
        "The operator changed the rights of Minjun Kim.",
    ]
    about = [href for href, text in panel.links if text == "Audit" and "about=" in href]
    assert about and told(sora.open(about[0])) == told(page)
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=cast.eve.member.uid, permissions=["members.manage"])
    page = cast.eve.browser().open(cast.at(f"admin/members/{cast.yuki.member.uid}/"))
    assert "about=" not in page.body, "only for those who may read the trail"


def test_whoever_is_erased_has_no_name_here(cast: Cast, post: PostOffice, auditor: Person) -> None:
    suspend(cast.minjun.actor, member_uid=cast.yuki.member.uid)
    number = cast.yuki.member.pk
    erase_account(cast.yuki.account)
    page = look(auditor.browser(), cast)
    assert told(page)[0] == f"Minjun Kim suspended an erased member (no. {number})."
    assert "田中" not in page.text
    erase_account(cast.minjun.account)
    page = look(auditor.browser(), cast)
    assert told(page)[0].startswith("An erased member (no. ")


def test_an_invited_person_has_the_name_that_was_written(cast: Cast, post: PostOffice, auditor: Person) -> None:
    register(cast, cast.minjun, id="alex@fernweh.example", family_name="Meyer", given_name="A.")
    page = look(auditor.browser(), cast)
    assert told(page)[0] == "Minjun Kim invited A. Meyer."


def test_other_workspaces_and_the_server_are_not_told(cast: Cast, post: PostOffice, auditor: Person) -> None:
    suspend(
        Operator(workspace_id=cast.fernweh.pk), member_uid=join(cast.fernweh, "b@fernweh.example", "B", "Bo").member.uid
    )
    cast.yuki.browser()
    assert AuditEvent.objects.filter(workspace_id=0, event=Event.SIGNED_IN).exists()
    page = look(auditor.browser(), cast)
    assert not any("signed in" in one or "Bo" in one for one in told(page))
    alex = cast.alex.browser()
    assert alex.open(cast.at("admin/audit/")).status == 404
    own = alex.open(f"/w/{cast.fernweh.uid}/admin/audit/")
    assert told(own) == ["The operator suspended Bo B."]
    stranger = alex.open(f"/w/{cast.fernweh.uid}/admin/audit/?whom={cast.yuki.member.uid}")
    assert "Nobody found" in stranger.text and "田中" not in stranger.text


def test_pages_follow_each_other_both_ways(cast: Cast, post: PostOffice, auditor: Person) -> None:
    many(cast, 120)
    browser = auditor.browser()
    first = look(browser, cast)
    second = browser.follow(first, "Older")
    third = browser.follow(second, "Older")
    assert [len(told(page)) for page in (first, second, third)] == [50, 50, 23]
    assert not third.has_link("Older") and not first.has_link("Newer")
    back = browser.follow(browser.follow(third, "Newer"), "Newer")
    assert back.body.count('<li id="n') == 50 and numbers(back) == numbers(first)
    assert numbers(first) + numbers(second) + numbers(third) == list(range(123, 0, -1))


def numbers(page: Page) -> list[int]:
    """Return the numbers of the events on a page."""
    return [int(found) for found in re.findall(r'<li id="n(\d+)">', page.body)]


def many(cast: Cast, count: int, *, event: Event = Event.DEADLINE_REMINDED) -> None:
    """Write so many events about Yuki."""
    for _ in range(count):
        with writing():
            record_many(
                cast.sora.actor, event, subject_kind="member", subjects={cast.yuki.member.pk: ""}, of=cast.hanbit.pk
            )


def test_a_page_asks_as_often_for_fifty_as_for_one(cast: Cast, post: PostOffice, auditor: Person) -> None:
    from django.test import Client

    client = Client()
    browser = auditor.browser()
    for cookie in browser.cookies:
        client.cookies[cookie.name] = cookie.value or ""

    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(cast.at("admin/audit/")).status_code == 200
        return len(captured)

    asked()
    few = asked()
    people = {one.pk: "" for one in crowd(cast)}
    for somebody in (cast.yuki, cast.minjun, cast.sora):
        with writing():
            record_many(somebody.actor, Event.MEMBER_EDITED, subject_kind="member", subjects=people)
    assert asked() == few <= 8


def crowd(cast: Cast) -> list[Member]:
    """Return some more members."""
    return [join(cast.hanbit, f"{number}@hanbitsoft.co.kr", "Lee", str(number)).member for number in range(20)]


def download(browser: Visitor, page: Page, button: str) -> Page:
    """Take the trail along."""
    return browser.press(page, button)


def test_the_trail_is_taken_along_as_a_table(cast: Cast, post: PostOffice, auditor: Person) -> None:
    Member.objects.filter(pk=cast.yuki.member.pk).update(family_name="", given_name="=1+1")
    refresh(cast.yuki.member)
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    browser = auditor.browser()
    file = download(browser, look(browser, cast), "CSV")
    assert file.headers["content-type"].startswith("text/csv") and "attachment" in file.headers["content-disposition"]
    assert file.body.startswith("\ufeff"), "spreadsheets read it as UTF-8"
    rows = list(csv.DictReader(io.StringIO(file.body[1:])))
    assert rows[0]["event"] == "audit.exported" and rows[0]["fields"] == "csv", "the export itself is the newest"
    assert rows[1]["event"] == "member.suspended" and rows[1]["actor"] == "한소라"
    assert rows[1]["subject"] == "'=1+1", "no formula"
    assert rows[1]["at"].endswith("+09:00") and rows[1]["sentence"] == "한소라 suspended =1+1."
    assert told(look(browser, cast))[0] == "Eve Adler exported the trail."
    assert AuditEvent.objects.filter(event=Event.AUDIT_EXPORTED, actor_id=auditor.member.pk).count() == 1


def test_the_trail_is_taken_along_line_by_line_as_it_was_narrowed(
    cast: Cast, post: PostOffice, auditor: Person
) -> None:
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    browser = auditor.browser()
    page = browser.fill_in(look(browser, cast), whom="yuki")
    file = download(browser, page, "JSON Lines")
    lines = [json.loads(line) for line in file.body.splitlines()]
    assert [line["event"] for line in lines] == ["member.suspended"]
    assert lines[0]["subject"] == "田中 雪" and lines[0]["fields"] == ["state"] and lines[0]["number"] == 4
    event = AuditEvent.objects.get(event=Event.AUDIT_EXPORTED)
    assert event.fields == ["jsonl", "whom"], "names of filters, never whom"


def test_more_than_one_batch_is_taken_along_once_and_whole(
    cast: Cast, post: PostOffice, auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dure.audit.queries.BATCH", 7)
    many(cast, 30)
    browser = auditor.browser()
    file = download(browser, look(browser, cast), "JSON Lines")
    found = [json.loads(line)["number"] for line in file.body.splitlines()]
    assert found == list(range(34, 0, -1))


def test_a_right_that_is_taken_ends_the_download(
    cast: Cast, post: PostOffice, auditor: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.audit.queries import Sought
    from dure.core.errors import NotAllowed

    monkeypatch.setattr("dure.audit.queries.BATCH", 7)
    many(cast, 30)
    pieces = stream(auditor.actor, Sought(), "csv", language="en")
    assert next(pieces) and next(pieces)
    grant(Operator(workspace_id=cast.hanbit.pk), member_uid=auditor.member.uid, permissions=[])
    with pytest.raises(NotAllowed):
        next(pieces)


def test_nobody_else_reads_or_takes_it_along(cast: Cast, post: PostOffice) -> None:
    for somebody in (cast.minjun, cast.eve, cast.yuki):
        browser = somebody.browser()
        assert browser.open(cast.at("admin/audit/")).status == 403
        source = browser.open(cast.at("more/"))
        events = AuditEvent.objects.filter(workspace_id=cast.hanbit.pk).count()
        assert browser.send(source, cast.at("admin/audit/export/"), **{"as": "csv"}).status == 403
        assert AuditEvent.objects.filter(workspace_id=cast.hanbit.pk).count() == events


@pytest.mark.parametrize(
    "query",
    [
        "?who=%25", "?who=_", "?whom=%27%22", "?who=" + "x" * 10_000, "?about=%F0%9F%98%80", "?kind=nonsense",
        "?door=x", "?since=2026-13-40", "?older=abc", "?older=" + "9" * 30, "?newer=-1", "?about=%00",
        "?since=0001-01-01", "?until=9999-12-31",
    ],
)  # fmt: skip
def test_strange_filters_are_answered_calmly(cast: Cast, post: PostOffice, auditor: Person, query: str) -> None:
    assert auditor.browser().open(cast.at(f"admin/audit/{query}")).status == 200
