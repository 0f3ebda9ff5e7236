"""One step over many members: in chunks, each whole or not at all, taken up again wherever it stopped."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dure import erasure
from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.errors import DomainError, NotAllowed
from dure.joining import queries as joining
from dure.joining.actions.inviting import invite
from dure.mail.models import Letter
from dure.mail.rendering import render
from dure.members import consequences, queries, rules
from dure.members.actions import working
from dure.members.actions.administering import grant
from dure.members.actions.choosing import ChangedSince, HigherRank, NotOneselfAlone
from dure.members.actions.keeping import LastSuperAdmin
from dure.members.actions.leaving import (
    IdTakenMeanwhile,
    InvalidRemovalDay,
    InvalidTaker,
    cancel_removal,
    date_removal,
    order_erasure,
    remove,
    remove_all,
    restore,
    restore_all,
)
from dure.members.actions.suspending import resume, suspend
from dure.members.models import Member
from dure.members.pending import Job
from dure.members.rules import State, Step
from dure.members.selecting import Selection
from dure.workspaces.models import Workspace
from tests.cast import Cast, assemble, join
from tests.mail.test_killed import database_url
from tests.members.crowds import crowd_of
from tests.members.test_races import at_once
from tests.post import Mail, PostOffice
from tests.stories.test_k6_leaving import preview

EVERYBODY = Selection(everybody=True)


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def begun(cast: Cast, step: Step, selection: Selection = EVERYBODY, **facts: Any) -> Job:
    """Begin a job as Sora, who read the preview a moment ago."""
    return working.begin(cast.sora.actor, step=step, selection=selection, facts=facts, seen_at=clock.now())


def chosen(cast: Cast, *people: Any) -> Any:
    return queries.of(cast.hanbit).filter(pk__in=[one.member.pk for one in people])


def count(cast: Cast, state: State) -> int:
    return queries.in_state(queries.of(cast.hanbit), state).count()


def test_everybody_but_oneself_is_suspended_in_chunks(people: Cast, no_post: None) -> None:
    crowd_of(people.hanbit, 1203)
    job = begun(people, Step.SUSPEND)
    assert working.work(job.pk) and count(people, State.SUSPENDED) == working.CHUNK, "the first chunk, in whole"
    job = working.work_for(job, 60)
    assert (job.done, job.total, job.refused, job.stopped) == (1206, 1206, {}, "")
    assert job.ended_at and job.selection == job.facts == {}
    assert rules.state_of(Member.objects.get(pk=people.sora.member.pk)) is State.ACTIVE
    assert not working.work(job.pk), "an ended job does nothing more"


def test_who_came_after_the_beginning_is_not_touched(people: Cast, no_post: None) -> None:
    crowd_of(people.hanbit, 600)
    job = begun(people, Step.SUSPEND)
    working.work(job.pk)
    late = join(people.hanbit, "late@hanbitsoft.co.kr", "Late", "Luis")
    working.work_for(job, 60)
    assert rules.state_of(Member.objects.get(pk=late.member.pk)) is State.ACTIVE


def test_a_filter_chooses_whom_it_shows(people: Cast, no_post: None) -> None:
    crowd_of(people.hanbit, 20, state="registered")
    job = working.work_for(begun(people, Step.REMOVE, Selection(everybody=True, state="registered")), 60)
    assert (job.done, count(people, State.REMOVED), count(people, State.ACTIVE)) == (20, 20, 4)


def test_somebody_changed_in_another_tab_is_told_and_not_overwritten(people: Cast, no_post: None) -> None:
    members = crowd_of(people.hanbit, 600)
    job = begun(people, Step.SUSPEND)
    suspend(people.minjun.actor, member_uid=members[550].uid)
    resume(people.minjun.actor, member_uid=members[550].uid)
    job = working.work_for(job, 60)
    assert job.refused == {ChangedSince.code: 1} and job.done == job.total - 1
    assert rules.state_of(Member.objects.get(pk=members[550].pk)) is State.ACTIVE


def test_a_job_stops_when_its_admin_loses_the_right(people: Cast, no_post: None) -> None:
    crowd_of(people.hanbit, 1200)
    actor = people.minjun.actor
    job = working.begin(actor, step=Step.REMOVE, selection=EVERYBODY, facts={}, seen_at=clock.now())
    working.work(job.pk)
    grant(people.sora.actor, member_uid=people.minjun.member.uid, permissions=[])
    job = working.work_for(job, 60)
    assert job.stopped == NotAllowed.code and count(people, State.REMOVED) == job.done < job.total
    assert job.selection == {}, "nothing of what it was about is kept"


def test_the_worker_takes_up_what_a_request_left(people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd_of(people.hanbit, 1100)
    job = begun(people, Step.SUSPEND)
    working.work(job.pk)
    assert working.work_on_jobs() == 0, "somebody is at it"
    late = clock.now() + working.LEASE * 2
    monkeypatch.setattr(clock, "now", lambda: late)
    assert working.work_on_jobs() == 1
    job.refresh_from_db()
    assert job.ended_at and job.done == job.total


def test_a_long_job_leaves_the_worker_time_for_everything_else(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd_of(people.hanbit, 6)
    monkeypatch.setattr(working, "CHUNK", 2)
    monkeypatch.setattr(working, "LEASE", timedelta(0))
    monkeypatch.setattr(working, "TURN", 0.0)
    job = begun(people, Step.SUSPEND)
    turns = 0
    while working.work_on_jobs():
        turns += 1
    job.refresh_from_db()
    assert turns > 3 and job.ended_at and job.done == job.total


def test_a_job_that_cannot_be_done_keeps_nobody_elses_from_it(
    people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = begun(people, Step.SUSPEND), begun(people, Step.SUSPEND)
    tried: list[int] = []

    def break_down(job_id: int) -> bool:
        tried.append(job_id)
        raise RuntimeError

    monkeypatch.setattr(working, "work", break_down)
    late = clock.now() + working.LEASE * 2
    monkeypatch.setattr(clock, "now", lambda: late)
    for _turn in range(2):
        with pytest.raises(RuntimeError):
            working.work_on_jobs()
    assert tried == [first.pk, second.pk]


def test_four_continue_one_job_at_once_and_nobody_is_done_twice(crowd: Cast, no_post: None) -> None:
    crowd_of(crowd.hanbit, 1700)
    job = begun(crowd, Step.SUSPEND)
    outcome = at_once(*(lambda: working.work_for(job, 60) for _number in range(4)))
    assert not [one for one in outcome if isinstance(one, Exception)], outcome
    job.refresh_from_db()
    assert job.done == job.total == 1703 and set(
        Member.objects.filter(state="suspended").values_list("epoch", flat=True)
    ) <= {1, 2}


def test_the_last_super_admins_are_refused_and_everybody_else_goes(people: Cast, no_post: None) -> None:
    second = join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    operator = people.sora.actor
    done = remove_all(operator, chosen=chosen(people, people.sora, second, people.yuki))
    assert {type(error) for _member, error in done.refused} == {LastSuperAdmin}
    assert [member.pk for member in done.members] == [people.yuki.member.pk]


@pytest.mark.parametrize("step", [Step.SUSPEND, Step.LEAVE, Step.REMOVE])
def test_a_dated_end_of_the_last_able_super_admin_is_refused_too(people: Cast, no_post: None, step: Step) -> None:
    second = join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    day = clock.now() + timedelta(days=10)
    working.take(people.sora.actor, Step.REMOVE, chosen=chosen(people, second), facts={"on": day.isoformat()}).alone()
    facts = {
        Step.SUSPEND: {},
        Step.LEAVE: {"leave_from": day.isoformat(), "leave_until": (day + timedelta(days=1)).isoformat()},
        Step.REMOVE: {"on": (day + timedelta(days=5)).isoformat()},
    }[step]
    with pytest.raises(LastSuperAdmin):
        working.take(second.actor, step, chosen=chosen(people, people.sora), facts=facts).alone()


def test_rank_and_oneself(people: Cast, no_post: None) -> None:
    join(people.hanbit, "second@hanbitsoft.co.kr", "Second", "Su", super_admin=True)
    with pytest.raises(HigherRank):
        remove(people.minjun.actor, member_uid=people.sora.member.uid)
    assert remove(people.minjun.actor, member_uid=people.minjun.member.uid), "another super admin is left"


def test_an_admin_does_not_leave_a_workspace_that_nobody_could_run(people: Cast, no_post: None) -> None:
    people.sora.member.account.password = ""
    people.sora.member.account.save()
    with pytest.raises(NotOneselfAlone):
        remove(people.minjun.actor, member_uid=people.minjun.member.uid)


def test_rights_the_restorer_does_not_hold_stay_away(people: Cast, no_post: None) -> None:
    wanted = [queries.Permission.ADMINS_MANAGE, queries.Permission.MEMBERS_MANAGE]
    grant(people.sora.actor, member_uid=people.eve.member.uid, permissions=wanted)
    remove(people.minjun.actor, member_uid=people.eve.member.uid)
    assert consequences.rights_that_stay_away(people.minjun.actor, chosen(people, people.eve)) == 1
    restore(people.minjun.actor, member_uid=people.eve.member.uid)
    assert people.eve.actor.permissions == {queries.Permission.ADMIN_ENTER, queries.Permission.MEMBERS_MANAGE}


def test_rights_do_not_come_back_for_longer_than_the_restorer_holds_them(people: Cast, post: PostOffice) -> None:
    soon, later = clock.now() + timedelta(days=2), clock.now() + timedelta(days=9)
    both = [queries.Permission.MEMBERS_MANAGE]
    grant(people.sora.actor, member_uid=people.eve.member.uid, permissions=both, until=later)
    grant(people.sora.actor, member_uid=people.minjun.member.uid, permissions=both, until=soon)
    remove(people.sora.actor, member_uid=people.eve.member.uid)
    assert consequences.rights_that_stay_away(people.minjun.actor, chosen(people, people.eve)) == 2
    restore(people.minjun.actor, member_uid=people.eve.member.uid)
    assert not people.eve.actor.permissions
    told = AuditEvent.objects.filter(event="member.permissions_changed", subject_id=people.eve.member.pk).latest("id")
    assert told.fields == ["admin.enter", "members.manage"] and told.actor_id == people.minjun.member.pk
    letter = Letter.objects.filter(kind="restored").get()
    words = Mail([], render(letter).content).text
    assert "did not come" in words and "what they were" not in words
    remove(people.sora.actor, member_uid=people.eve.member.uid)
    grant(people.sora.actor, member_uid=people.minjun.member.uid, permissions=both)
    assert consequences.rights_that_stay_away(people.minjun.actor, chosen(people, people.eve)) == 0


def test_only_an_active_admin_takes_over(people: Cast, no_post: None) -> None:
    for taker in (people.yuki, people.eve, people.alex):
        with pytest.raises(InvalidTaker):
            remove_all(people.sora.actor, chosen=chosen(people, people.eve), taker=taker.member)
    date_removal(people.sora.actor, chosen=chosen(people, people.minjun), on=clock.now() + timedelta(days=3))
    with pytest.raises(InvalidTaker):
        remove_all(people.sora.actor, chosen=chosen(people, people.eve), taker=people.minjun.member)
    cancel_removal(people.sora.actor, chosen=chosen(people, people.minjun))
    done = remove_all(people.sora.actor, chosen=chosen(people, people.eve), taker=people.minjun.member)
    assert done.members[0].taker_id == people.minjun.member.pk


def test_two_admins_remove_and_restore_one_person_at_once(crowd: Cast, no_post: None) -> None:
    sora, minjun, uid = crowd.sora.actor, crowd.minjun.actor, crowd.yuki.member.uid
    for _round in range(4):
        outcome = at_once(
            lambda: remove(sora, member_uid=uid),
            lambda: restore(minjun, member_uid=uid),
            lambda: remove(minjun, member_uid=uid),
            lambda: restore(sora, member_uid=uid),
        )
        assert all(isinstance(one, Member | DomainError) for one in outcome), outcome
        member = Member.objects.get(pk=crowd.yuki.member.pk)
        assert member.state == rules.stored_state(member)
        removed = sum(isinstance(one, Member) for one in outcome[::2])
        restored = sum(isinstance(one, Member) for one in outcome[1::2])
        assert removed - restored == (not rules.is_here(member)), outcome
        if not rules.is_here(member):
            restore(sora, member_uid=uid)


def test_erasing_and_restoring_at_once_do_one_of_them(crowd: Cast, no_post: None) -> None:
    remove(crowd.sora.actor, member_uid=crowd.yuki.member.uid)
    sora, minjun = crowd.sora.actor, crowd.minjun.actor
    erased, restored = at_once(
        lambda: order_erasure(sora, chosen=chosen(crowd, crowd.yuki)).alone(),
        lambda: restore(minjun, member_uid=crowd.yuki.member.uid),
    )
    assert isinstance(erased, Member) != isinstance(restored, Member), (erased, restored)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.full)])
def test_a_server_killed_while_it_removes_thousands_leaves_whole_chunks(crowd: Cast, no_post: None, kills: int) -> None:
    crowd_of(crowd.hanbit, 5000)
    job = begun(crowd, Step.REMOVE)
    Job.objects.filter(pk=job.pk).update(worked_at=clock.now() - working.LEASE * 2)
    for number in range(kills):
        process = start_worker()
        end = time.monotonic() + 30
        while time.monotonic() < end and moved(job) <= job.done and process.poll() is None:
            time.sleep(0.01)
        time.sleep(0.05 * (number % 4))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        job.refresh_from_db()
        removed = count(crowd, State.REMOVED)
        assert removed == job.done, "all or nothing of each chunk, and the number says the truth"
        assert removed % working.CHUNK == 0 or job.ended_at
        Job.objects.filter(pk=job.pk, ended_at=None).update(worked_at=clock.now() - working.LEASE * 2)
    job = working.work_for(job, 120)
    assert job.ended_at and job.done == job.total == count(crowd, State.REMOVED)


def moved(job: Job) -> int:
    return Job.objects.values_list("done", flat=True).get(pk=job.pk)


def start_worker() -> subprocess.Popen[bytes]:
    """Start ``dure worker`` on the tests' database."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("DURE_")}
    own = {
        "DURE_MODE": "test",
        "DURE_SECRET_KEY": settings.SECRET_KEY,
        "DURE_DATABASE_URL": database_url(),
        "DURE_PUBLIC_URL": settings.DURE["PUBLIC_URL"],
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
    }
    return subprocess.Popen([sys.executable, "-m", "dure", "worker"], env=plain | own, stdout=subprocess.DEVNULL)


def test_a_preview_that_has_aged_is_shown_again(cast: Cast, no_post: None) -> None:
    minjun = cast.minjun.browser()
    page = preview(cast, minjun, "suspend", cast.yuki)
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    resume(cast.sora.actor, member_uid=cast.yuki.member.uid)
    told = minjun.press(page, "Suspend 田中 雪")
    assert told.status == 409 and "in the meantime" in told.text and "Nothing was overwritten" in told.text
    assert minjun.press(told, "Suspend 田中 雪").status == 200
    assert count(cast, State.SUSPENDED) == 1


@pytest.mark.parametrize("seen", ["", "x", "2026-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59+00:00"])
def test_a_moment_that_no_preview_of_ours_was_read_at_does_nothing(cast: Cast, no_post: None, seen: str) -> None:
    browser = cast.minjun.browser()
    page = browser.fill_in(preview(cast, browser, "suspend", cast.yuki), seen=seen)
    assert page.status == 409 and "Nothing was done" in page.text
    assert rules.state_of(Member.objects.get(pk=cast.yuki.member.pk)) is State.ACTIVE


def test_a_number_that_has_changed_is_shown_again(cast: Cast, no_post: None) -> None:
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at("admin/members/act/remove/?everybody=1&q=tanaka"))
    join(cast.hanbit, "tanaka@hanbitsoft.co.kr", "Tanaka", "Ken")
    told = minjun.press(page, "Remove 田中 雪")
    assert told.status == 409 and "Nothing was done" in told.text and "Remove 2 people" in told.text
    assert count(cast, State.REMOVED) == 0


def test_many_are_removed_on_a_page_that_tells_the_truth(cast: Cast, no_post: None) -> None:
    crowd_of(cast.hanbit, 1300)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at("admin/members/act/remove/?everybody=1"))
    assert "Remove 1302 people" in page.text and "Only a super admin can do this" in page.text
    page = minjun.press(page, "Remove 1302 people")
    for _patience in range(30):
        if "to go" not in page.text:
            break
        page = minjun.press(page, "Go on now")
    assert "1302 people are removed." in page.text and "1 person" in page.text, page.text
    assert count(cast, State.REMOVED) == 1302
    assert cast.alex.browser().open(page.path).status == 404


def test_a_place_whose_id_was_taken_is_not_restored_and_says_what_to_do(people: Cast, no_post: None) -> None:
    """The account lost its ID to whoever proved the address."""
    remove(people.minjun.actor, member_uid=people.yuki.member.uid)
    taken = Address.objects.filter(account=people.yuki.account, kind=Address.ID)
    taken.update(account=people.eve.account, kind=Address.ALIAS, until=clock.now() + timedelta(days=30))
    with pytest.raises(IdTakenMeanwhile, match="id_taken") as refused:
        restore(people.minjun.actor, member_uid=people.yuki.member.uid)
    assert "Register a new one" in refused.value.sentence()
    done = restore_all(people.sora.actor, chosen=chosen(people, people.yuki))
    assert not done.ids and len(done.refused) == 1 and count(people, State.REMOVED) == 1


def test_sora_erases_after_her_password_and_minjun_may_not(cast: Cast, no_post: None) -> None:
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    assert preview(cast, cast.minjun.browser(), "erase", cast.yuki).status == 403
    sora = cast.sora.browser()
    page = preview(cast, sora, "erase", cast.yuki)
    assert "Profile, photo and history" in page.text and "erased member" in page.text
    assert "is being erased" in sora.press(page, "Erase 田中 雪").text
    assert erasure.erase_due() == 1 and not Member.objects.filter(pk=cast.yuki.member.pk).exists()


def test_a_removal_that_nobody_can_take_back_asks_for_the_password(
    cast: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    minjun = cast.minjun.browser()
    late = clock.now() + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert "/confirm/" not in preview(cast, minjun, "remove", cast.yuki).path
    Workspace.objects.filter(pk=cast.hanbit.pk).update(restore_days=0)
    assert "/confirm/" in preview(cast, minjun, "remove", cast.yuki).path
    assert Member.objects.get(pk=cast.yuki.member.pk).removed_at is None


def test_who_takes_over_is_chosen_on_the_page(cast: Cast, no_post: None) -> None:
    typed = {"id": cast.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    invitation = invite(cast.minjun.actor, submission="one", known=typed)
    sora = cast.sora.browser()
    page = preview(cast, sora, "remove", cast.minjun)
    assert "Invitations they sent" in page.text and "Who takes over" in page.text
    sora.fill_in(page, taker=cast.eve.member.uid)
    assert joining.inviter(invitation) == cast.eve.member
    assert "Who takes over" not in preview(cast, sora, "remove", cast.yuki).text, "she sent none"


@pytest.mark.parametrize("day", ["2020-01-01", "9999-12-31", "tomorrow"])
def test_a_day_that_cannot_be_is_refused_beside_its_field(cast: Cast, no_post: None, day: str) -> None:
    minjun = cast.minjun.browser()
    page = minjun.fill_in(preview(cast, minjun, "remove", cast.yuki), on=day, reason="kept")
    assert page.error_beside("on") and "kept" in page.body
    page = minjun.fill_in(preview(cast, minjun, "leave", cast.yuki), first="", until=day)
    assert page.error_beside("until")
    assert count(cast, State.ACTIVE) == 4


@pytest.mark.parametrize(
    "asked", ["?member=x", "?member=%00", "?everybody=1&state=no&q=%25_%27", "?member=" + "a" * 9000]
)
def test_a_selection_of_nonsense_chooses_nobody(cast: Cast, no_post: None, asked: str) -> None:
    page = cast.minjun.browser().open(cast.at(f"admin/members/act/suspend/{asked}"))
    assert page.status in (200, 400, 414) and "Suspend 4" not in page.text
    assert count(cast, State.ACTIVE) == 4


def test_what_is_wrong_with_a_day_shows_before_a_job_begins(people: Cast, no_post: None) -> None:
    crowd_of(people.hanbit, 600)
    with pytest.raises(InvalidRemovalDay):
        begun(people, Step.REMOVE, on="2020-01-01T00:00:00+00:00")
    with pytest.raises(InvalidTaker):
        begun(people, Step.REMOVE, taker=people.minjun.member.uid)
    assert not Job.objects.exists()
