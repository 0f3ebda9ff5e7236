"""The trail: in the same transaction, chained so that tampering shows (PRODUCT.md §4.12)."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from dure.accounts.actors import Operator
from dure.audit import proof as proof_module
from dure.audit.models import AuditEvent, AuditHead
from dure.audit.proof import Proof, prove
from dure.audit.trail import Entry, append
from dure.core import clock, keys
from dure.core.action import ForgotToRecord, action, record, writing
from dure.core.events import Event
from dure.members.actions.administering import grant
from dure.members.actions.handing import Method
from dure.members.actions.sending_again import Shown, mail_codes, send_again
from dure.members.models import Member
from tests.cast import Cast
from tests.members.waiting import haeun
from tests.post import PostOffice


def broken(cast: Cast) -> int | None:
    return proof(cast).broken


def proof(cast: Cast) -> Proof:
    return prove(cast.hanbit.pk, keys=keys.derive_all("audit"))


@pytest.fixture
def told(people: Cast) -> Cast:
    """A chain of seven events."""
    for _ in range(5):
        grant(Operator(workspace_id=people.hanbit.pk), member_uid=people.minjun.member.uid, permissions=[])
    return people


def test_an_untouched_chain_holds(told: Cast) -> None:
    assert AuditEvent.objects.filter(workspace_id=told.hanbit.pk).count() == 7
    assert proof(told)[:2] == (7, None)
    assert prove(10**9, keys=keys.derive_all("audit"))[:2] == (0, None)


@pytest.mark.parametrize("change", ["event", "actor_id", "subject_id", "door", "via", "fields", "at"])
def test_a_changed_field_shows(told: Cast, change: str) -> None:
    event = AuditEvent.objects.get(workspace_id=told.hanbit.pk, number=4)
    value: Any = {"actor_id": 99, "subject_id": 99, "fields": ["x"], "at": told.hanbit.founded_at}.get(change, "x")
    AuditEvent.objects.filter(pk=event.pk).update(**{change: value})
    assert broken(told) == 4


@pytest.mark.parametrize("value", ["7", 7, "no time at all", "2026-02-31 00:00:00"])
def test_what_dure_never_writes_shows(told: Cast, value: Any) -> None:
    """SQLite takes anything into any column."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for column in ("at", "digest", "via"):
                with transaction.atomic():
                    sql = f"UPDATE dure_auditevent SET {column} = %s WHERE workspace_id = %s AND number = 5"
                    cursor.execute(sql, [value, told.hanbit.pk])
                    assert broken(told) == 5, column
                    transaction.set_rollback(True)
    assert broken(told) is None


def test_a_removed_event_shows_in_the_middle_and_at_the_end(told: Cast) -> None:
    events(told, 7).delete()
    assert proof(told)[:2] == (6, 7)
    events(told, 3).delete()
    assert proof(told)[:2] == (2, 3)
    AuditEvent.objects.filter(workspace_id=told.hanbit.pk).delete()
    assert broken(told) == 1
    AuditHead.objects.filter(pk=told.hanbit.pk).delete()
    assert broken(told) is None, "nothing at all: whether there must be a chain is the command's to know"


def events(cast: Cast, *numbers: int) -> Any:
    return AuditEvent.objects.filter(workspace_id=cast.hanbit.pk, number__in=numbers)


def test_an_inserted_event_shows(told: Cast) -> None:
    copy = events(told, 4).get()
    for number in (8, 0, -3):
        copy.pk, copy.number = None, number
        copy.save(force_insert=True)
        assert broken(told) is not None, number
        AuditEvent.objects.filter(pk=copy.pk).delete()
    events(told, 5, 6, 7).update(number=F("number") + 9)
    copy.pk, copy.number = None, 5
    copy.save(force_insert=True)
    assert broken(told) == 5
    AuditHead.objects.filter(pk=told.hanbit.pk).delete()
    assert broken(told) == 1, "events without a head"


def test_reordered_events_show(told: Cast) -> None:
    events(told, 4).update(number=99)
    events(told, 5).update(number=4)
    events(told, 99).update(number=5)
    assert broken(told) == 4


def test_a_chain_cut_off_at_its_end_shows_even_when_its_head_is_rewritten(told: Cast) -> None:
    last = events(told, 6).get()
    events(told, 7).delete()
    AuditHead.objects.filter(pk=told.hanbit.pk).update(number=6, digest=last.digest)
    assert proof(told)[:2] == (6, 7), "only who has the key can seal an end"
    AuditHead.objects.filter(pk=told.hanbit.pk).update(seal=b"")
    assert broken(told) == 7
    events(told, 6).update(digest=b"x" * 32)
    assert broken(told) == 6


def test_a_chain_of_another_workspace_does_not_fit_here(told: Cast) -> None:
    events(told, 1, 2, 3, 4, 5, 6, 7).update(workspace_id=told.fernweh.pk)
    AuditHead.objects.filter(pk=told.hanbit.pk).update(workspace_id=told.fernweh.pk)
    assert prove(told.fernweh.pk, keys=keys.derive_all("audit")).broken == 1


def test_links_of_older_secret_keys_still_hold(told: Cast) -> None:
    newer, older = b"n" * 32, keys.derive("audit")
    entry = Entry(told.hanbit.pk, clock.now(), "member.edited", "member", 1, "web", "member", 2, ("이름",), "")
    for key in (newer, newer, older, newer):
        with transaction.atomic():
            append([entry, entry], key=key)
    assert prove(told.hanbit.pk, keys=[newer, older])[:2] == (15, None)
    assert prove(told.hanbit.pk, keys=[newer])[:2] == (0, 1)
    assert prove(told.hanbit.pk, keys=[older])[:2] == (7, 8)


def test_whole_seconds_and_many_batches_hold(told: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.audit.proof.BATCH", 3)
    whole = clock.now().replace(microsecond=0)
    with transaction.atomic():
        append(
            [Entry(told.hanbit.pk, whole, "member.edited", "member", 1, "web", "member", 2)], key=keys.derive("audit")
        )
    assert proof(told)[:2] == (8, None)
    events(told, 6).update(via="x")
    assert broken(told) == 6


def test_what_is_recorded_while_it_is_proven_breaks_nothing(told: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dure.audit.proof.BATCH", 2)
    slow = proof_module._rows

    def rows(*arguments: Any) -> Any:
        for row in slow(*arguments):
            grant(Operator(workspace_id=told.hanbit.pk), member_uid=told.minjun.member.uid, permissions=[])
            yield row

    monkeypatch.setattr(proof_module, "_rows", rows)
    assert proof(told)[:2] == (7, None)
    monkeypatch.undo()
    assert proof(told)[:2] == (14, None)


def test_an_action_that_forgets_to_record_is_rolled_back(people: Cast) -> None:
    @action(needs=None, records=Event.MEMBER_SUSPENDED)
    def forgetful(actor: Any) -> None:
        Member.objects.filter(pk=people.yuki.member.pk).update(given_name="changed")

    with pytest.raises(ForgotToRecord):
        forgetful(Operator())
    assert Member.objects.get(pk=people.yuki.member.pk).given_name == "雪"


def test_a_recorded_action_that_fails_leaves_no_event(people: Cast) -> None:
    @action(needs=None, records=Event.MEMBER_SUSPENDED)
    def failing(actor: Any) -> None:
        record(actor, Event.MEMBER_SUSPENDED, subject_kind="member", subject_id=1)
        raise RuntimeError

    before = AuditEvent.objects.count()
    with pytest.raises(RuntimeError):
        failing(Operator())
    assert AuditEvent.objects.count() == before


def test_what_is_taken_back_inside_an_action_is_not_told_of(people: Cast) -> None:
    @action(needs=None, records=Event.MEMBER_SUSPENDED)
    def inner(actor: Any) -> None:
        record(actor, Event.MEMBER_SUSPENDED, subject_kind="member", subject_id=2)
        raise ValueError

    @action(needs=None, records=Event.MEMBER_RESUMED)
    def outer(actor: Any) -> None:
        record(actor, Event.MEMBER_RESUMED, subject_kind="member", subject_id=1)
        with pytest.raises(ValueError), writing():
            inner(actor)

    before = set(AuditEvent.objects.values_list("pk", flat=True))
    outer(Operator(workspace_id=people.hanbit.pk))
    (told,) = AuditEvent.objects.exclude(pk__in=before)
    assert (told.event, told.subject_id) == (Event.MEMBER_RESUMED, 1) and broken(people) is None


def test_a_field_of_a_form_is_no_way_into_it(people: Cast, post: PostOffice) -> None:
    member = haeun(people)
    one = send_again(people.minjun.actor, member_uids=[member.uid], method=Method.GENERATE).handed[0]
    shown = Shown(member.uid, one.via, one.password)
    mail_codes(people.minjun.actor, shown=[shown], to="somebody's private words")
    assert AuditEvent.objects.get(event="member.temporary_password_mailed").fields == ["id"]
