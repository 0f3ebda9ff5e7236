"""The trail: in the same transaction, chained so that tampering shows (PRODUCT.md §4.12)."""

from typing import Any

import pytest

from dure.accounts.actors import Operator
from dure.audit.models import AuditEvent, AuditHead
from dure.audit.trail import first_broken
from dure.core import keys
from dure.core.action import ForgotToRecord, action, record
from dure.core.events import Event
from dure.members.actions.administering import grant
from dure.members.actions.handing import Method
from dure.members.actions.sending_again import Shown, mail_codes, send_again
from dure.members.models import Member
from tests.cast import Cast
from tests.members.waiting import haeun
from tests.post import PostOffice


def broken(cast: Cast) -> int | None:
    return first_broken(cast.hanbit.pk, keys=keys.derive_all("audit"))


@pytest.fixture
def told(people: Cast) -> Cast:
    """A chain of seven events."""
    for _ in range(5):
        grant(Operator(workspace_id=people.hanbit.pk), member_uid=people.minjun.member.uid, permissions=[])
    return people


def test_an_untouched_chain_holds(told: Cast) -> None:
    assert AuditEvent.objects.filter(workspace_id=told.hanbit.pk).count() == 7
    assert broken(told) is None
    assert first_broken(10**9, keys=keys.derive_all("audit")) is None


@pytest.mark.parametrize("change", ["event", "actor_id", "subject_id", "door", "via", "fields", "at"])
def test_a_changed_field_shows(told: Cast, change: str) -> None:
    event = AuditEvent.objects.get(workspace_id=told.hanbit.pk, number=4)
    value: Any = {"actor_id": 99, "subject_id": 99, "fields": ["x"], "at": told.hanbit.founded_at}.get(change, "x")
    AuditEvent.objects.filter(pk=event.pk).update(**{change: value})
    assert broken(told) == 4


def test_a_removed_event_shows_in_the_middle_and_at_the_end(told: Cast) -> None:
    AuditEvent.objects.filter(workspace_id=told.hanbit.pk, number=7).delete()
    assert broken(told) == 7
    AuditEvent.objects.filter(workspace_id=told.hanbit.pk, number=3).delete()
    assert broken(told) == 3


def test_a_rewritten_chain_shows_without_the_key(told: Cast) -> None:
    AuditEvent.objects.filter(workspace_id=told.hanbit.pk, number=7).delete()
    last = AuditEvent.objects.get(workspace_id=told.hanbit.pk, number=6)
    AuditHead.objects.filter(pk=told.hanbit.pk).update(number=6, digest=b"x" * 32)
    assert broken(told) == 7
    AuditEvent.objects.filter(pk=last.pk).update(digest=b"x" * 32)
    assert broken(told) == 6


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


def test_a_field_of_a_form_is_no_way_into_it(people: Cast, post: PostOffice) -> None:
    member = haeun(people)
    one = send_again(people.minjun.actor, member_uids=[member.uid], method=Method.GENERATE).handed[0]
    shown = Shown(member.uid, one.via, one.password)
    mail_codes(people.minjun.actor, shown=[shown], to="somebody's private words")
    assert AuditEvent.objects.get(event="member.temporary_password_mailed").fields == ["id"]
