"""Erasing whoever asked to join: nothing of the request is left, and whoever waits is not erased (PRODUCT.md §4.18)."""

from datetime import timedelta

import pytest

from dure import erasure
from dure.accounts.models import Account
from dure.core import clock
from dure.core.database import empty_log
from dure.joining.actions.announcing import tell_admins
from dure.joining.actions.deciding import approve, refuse
from dure.joining.actions.expiring_requests import close_requests_run_out
from dure.joining.models import InviteLink, JoinRequest
from dure.mail.models import Letter
from dure.members.actions.leaving import remove
from dure.members.models import Member
from tests.cast import Cast
from tests.core.test_erasing_members import erase, files, tables
from tests.joining.asking import NORA, asked_to_join, asks, crowd, invite_link, signed_up
from tests.post import PostOffice

TRACES = (NORA, "Zebranora", "Zebralind", "Zebraword")
NAME = {"family_name": "Zebralind", "given_name": "Zebranora"}


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    """Turn the clock ahead."""
    then = clock.now() + timedelta(**time)
    monkeypatch.setattr(clock, "now", lambda: then)


def gone() -> None:
    """Look for what is left of Nora, in every table, letter and file."""
    left, kept = tables(), files()
    for trace in TRACES:
        assert trace not in left, trace
        assert trace.encode() not in kept, f"in the files: {trace}"


def test_nothing_of_an_erased_account_that_asked_is_left(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked_to_join(cast, message="Zebraword", **NAME)
    tell_admins()
    before = tables()
    assert all(trace in before for trace in TRACES), [trace for trace in TRACES if trace not in before]
    refuse(cast.minjun.actor, request_uids=[request.uid], reason="Zebraword")
    later(monkeypatch, days=31)
    assert erasure.purge_alone() == 1
    gone()
    assert not Account.objects.filter(pk=request.account_id).exists() and not JoinRequest.objects.exists()


def test_nothing_of_an_erased_member_who_had_asked_is_left(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast, message="Zebraword", **NAME)
    tell_admins()
    approve(cast.minjun.actor, request_uids=[request.uid])
    Account.objects.filter(pk=request.account_id).update(origin_id=cast.hanbit.pk)
    member = Member.objects.get(account=request.account)
    remove(cast.sora.actor, member_uid=member.uid)
    erase(cast, member)
    gone()


def test_an_account_of_ones_own_stays_and_what_the_workspace_knew_goes(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast, message="Zebraword", **NAME)
    approve(cast.minjun.actor, request_uids=[request.uid])
    member = Member.objects.get(account=request.account)
    remove(cast.sora.actor, member_uid=member.uid)
    erase(cast, member)
    left = tables()
    assert Account.objects.filter(pk=request.account_id).exists() and not JoinRequest.objects.exists()
    assert not [trace for trace in TRACES[1:] if trace in left]


def test_a_letter_that_names_several_is_taken_back_and_the_others_are_told_of_anew(
    cast: Cast, post: PostOffice
) -> None:
    link = invite_link(cast)
    crowd(cast, 2, link)
    nora = asks(signed_up(), link, message="Zebraword", **NAME)
    tell_admins()
    assert Letter.objects.filter(kind="join_asked", about="").count() == 2
    erasure.erase_account(nora.account)
    empty_log()
    gone()
    post.deliver()
    told = [mail for mail in post.to(cast.minjun.address) if "to join" in mail.subject]
    assert [mail.subject for mail in told] == ["2 people ask to join 한빛소프트"]


def test_whoever_waits_is_not_erased_and_has_thirty_days_from_the_answer(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked_to_join(cast)
    Account.objects.filter(pk=request.account_id).update(without_place_since=clock.now() - timedelta(days=29))
    later(monkeypatch, days=29)
    assert erasure.purge_alone() == 0
    later(monkeypatch, days=2)
    assert erasure.purge_alone() == 0, "its time has passed, and nobody closed it yet"
    assert close_requests_run_out() == 1 and erasure.purge_alone() == 0
    later(monkeypatch, days=31)
    assert erasure.purge_alone() == 1


def test_a_removed_member_who_asks_again_is_awaited(cast: Cast, post: PostOffice) -> None:
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    request = asks(cast.yuki.account, invite_link(cast))
    erase(cast, cast.yuki.member)
    request.refresh_from_db()
    assert request.ended_at is None and Account.objects.filter(pk=cast.yuki.member.account_id).exists()
    assert approve(cast.minjun.actor, request_uids=[request.uid]).done
    assert Member.objects.filter(account_id=request.account_id, state="active").count() == 1


def test_what_became_of_a_request_is_kept_for_thirty_days(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked_to_join(cast)
    approve(cast.minjun.actor, request_uids=[request.uid])
    later(monkeypatch, days=29)
    erasure.purge_dead()
    assert JoinRequest.objects.exists()
    later(monkeypatch, days=2)
    erasure.purge_dead()
    assert not JoinRequest.objects.exists() and InviteLink.objects.get().uses == 1


def test_a_workspace_takes_its_requests_along(cast: Cast, post: PostOffice) -> None:
    asked_to_join(cast, **NAME)
    Member.objects.filter(workspace=cast.hanbit).delete()
    cast.hanbit.delete()
    assert not JoinRequest.objects.exists() and not InviteLink.objects.exists()
