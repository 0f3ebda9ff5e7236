"""Hundreds of join requests: the same queries as for a few, pages by keys, and plans by indexes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.core import clock
from dure.joining import requests
from dure.joining.actions.announcing import tell_admins
from dure.joining.actions.deciding import MOST, NobodyChosen, TooManyChosen, approve, refuse
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.rules import RequestState, request_state_of
from dure.members.models import Member
from tests.cast import Cast
from tests.index import disagreements
from tests.joining.asking import asks, crowd, invite_link, signed_up
from tests.members.test_list_plans import plans
from tests.post import PostOffice


def asked_by(step: Callable[[], Any]) -> int:
    """Count the queries of a step."""
    with CaptureQueriesContext(connection) as captured:
        step()
    return len(captured)


@pytest.mark.parametrize("step", [approve, refuse])
def test_many_are_answered_with_the_queries_of_a_few(people: Cast, post: PostOffice, step: Callable[..., Any]) -> None:
    link = invite_link(people)
    uids = [one.uid for one in crowd(people, 45, link)]
    few = asked_by(lambda: step(people.minjun.actor, request_uids=uids[:5]))
    many = asked_by(lambda: step(people.minjun.actor, request_uids=uids[5:]))
    assert many <= few + 2, (few, many)
    assert JoinRequest.objects.filter(ended_at=None).count() == 0 and disagreements() == []
    assert Member.objects.filter(workspace=people.hanbit, family_name="Guest").count() == (45 if step is approve else 0)
    link.refresh_from_db()
    assert link.uses == (45 if step is approve else 0)


def test_nobody_and_too_many_are_refused(people: Cast, no_post: None) -> None:
    with pytest.raises(NobodyChosen):
        approve(people.minjun.actor, request_uids=[])
    with pytest.raises(TooManyChosen):
        refuse(people.minjun.actor, request_uids=[f"{number:022}" for number in range(MOST + 1)])


def test_the_list_asks_the_same_for_five_and_for_fifty(people: Cast, no_post: None) -> None:
    link = invite_link(people)
    crowd(people, 5, link)
    few = asked_by(lambda: requests.page(people.hanbit, state="waiting"))
    for number in range(60):
        asks(signed_up(f"more{number}@outside.example"), link)
    assert asked_by(lambda: requests.page(people.hanbit, state="waiting")) == few == 1
    rows, older = requests.page(people.hanbit, state="waiting")
    rest, end = requests.page(people.hanbit, state="waiting", older=older)
    assert (len(rows), len(rest), end) == (50, 15, "")
    assert [one.pk for one in rows + rest] == sorted((one.pk for one in rows + rest), reverse=True)
    assert requests.page(people.hanbit, state="waiting", older="x")[0][0] == rows[0]


def test_states_in_sets_agree_with_states_alone(people: Cast, no_post: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    now = clock.now()
    link = invite_link(people)
    asked = crowd(people, 7, link)
    ends = {"approved_at": now, "refused_at": now, "withdrawn_at": now}
    for one, (name, at) in zip(asked, ends.items(), strict=False):
        JoinRequest.objects.filter(pk=one.pk).update(**{name: at, "ended_at": at})
    JoinRequest.objects.filter(pk=asked[3].pk).update(expires_at=now - timedelta(seconds=1))
    JoinRequest.objects.filter(pk=asked[4].pk).update(expires_at=now - timedelta(days=1), ended_at=now)
    JoinRequest.objects.filter(pk=asked[5].pk).update(expires_at=now + timedelta(days=31))
    for state in RequestState:
        found = set(requests.in_state(requests.of(people.hanbit), state))
        assert found == {one for one in JoinRequest.objects.all() if request_state_of(one) is state}, state
    assert not requests.in_state(requests.of(people.fernweh), "").exists()


def test_a_link_made_fewer_meanwhile_never_goes_below_nothing(people: Cast, no_post: None) -> None:
    link = invite_link(people)
    uids = [one.uid for one in crowd(people, 3, link)]
    InviteLink.objects.update(uses=1)
    refuse(people.minjun.actor, request_uids=uids)
    assert InviteLink.objects.get().uses == 0


@pytest.mark.once
def test_the_worker_looks_for_those_nobody_was_told_of_by_an_index(people: Cast, post: PostOffice) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert tell_admins() == 0
    (plan,) = [plan for _sql, plan in plans(captured)]
    assert "USING INDEX join_request_untold" in plan, plan
