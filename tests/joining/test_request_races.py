"""One answer for one request, and never a use too many (PRODUCT.md §4.8): real threads, on both databases."""

from collections.abc import Callable
from typing import Any

import pytest

from dure.accounts.actors import Owner
from dure.audit.proof import prove
from dure.core import keys
from dure.joining.actions import accepting, announcing, deciding, inviting, requesting, wanting
from dure.joining.actions.deciding import Decided
from dure.joining.actions.requesting import AlreadyAsked, RequestEnded
from dure.joining.models import Invitation, InviteLink, JoinRequest
from dure.mail.models import Letter
from dure.members.models import Member
from tests.cast import Cast, assemble
from tests.index import disagreements
from tests.joining.asking import NORA, asked_to_join, asks, crowd, invite_link, signed_up
from tests.members.test_races import at_once
from tests.post import PostOffice

ENDS = ("approved_at", "refused_at", "withdrawn_at")


@pytest.fixture
def house(transactional_db: Any) -> Cast:
    return assemble()


def ends() -> list[str]:
    """Return every end that is written on the only request."""
    request = JoinRequest.objects.get()
    assert request.ended_at
    return [name for name in ENDS if getattr(request, name)]


def won(outcome: list[Any]) -> int:
    """Count the answers that were taken."""
    taken = sum(bool(one.done) for one in outcome if isinstance(one, Decided))
    return taken + sum(isinstance(one, JoinRequest) for one in outcome)


def test_approving_eight_times_at_once_is_one_place_and_one_letter(house: Cast, post: PostOffice) -> None:
    request = asked_to_join(house)
    actors = [house.sora.actor, house.minjun.actor] * 4
    outcome = at_once(*(lambda one=one: deciding.approve(one, request_uids=[request.uid]) for one in actors))
    assert won(outcome) == 1 and all(isinstance(one, Decided) for one in outcome), outcome
    assert all(isinstance(one.refused[0][1], RequestEnded) for one in outcome if not one.done)
    assert Member.objects.filter(account=request.account).count() == 1
    assert Letter.objects.filter(kind="join_approved").count() == 1
    assert InviteLink.objects.get().uses == 1 and disagreements() == []


def test_approved_refused_and_taken_back_at_once_ends_one_way(house: Cast, post: PostOffice) -> None:
    request = asked_to_join(house)
    owner, uids = Owner(request.account), [request.uid]
    steps: list[Callable[[], Any]] = [
        lambda: deciding.approve(house.sora.actor, request_uids=uids),
        lambda: deciding.refuse(house.minjun.actor, request_uids=uids),
        lambda: requesting.withdraw(owner, request_uid=request.uid),
    ]
    outcome = at_once(*steps * 3)
    assert won(outcome) == 1, outcome
    (end,) = ends()
    is_in = Member.objects.filter(account=request.account).count()
    assert is_in == (end == "approved_at") and InviteLink.objects.get().uses == is_in
    assert Letter.objects.filter(kind__in=["join_approved", "join_refused"]).count() == (end != "withdrawn_at")
    assert prove(house.hanbit.pk, keys=keys.derive_all("audit")).broken is None


def test_two_lists_answered_at_once_give_each_use_back_once(house: Cast, post: PostOffice) -> None:
    link = invite_link(house, most_uses=20)
    asked = crowd(house, 20, link)
    uids = [one.uid for one in asked]
    outcome = at_once(
        lambda: deciding.approve(house.sora.actor, request_uids=uids[:14]),
        lambda: deciding.refuse(house.minjun.actor, request_uids=uids[6:][::-1]),
        *(lambda one=one: requesting.withdraw(Owner(one.account), request_uid=one.uid) for one in asked[::5]),
    )
    assert not [one for one in outcome if isinstance(one, Exception) and not isinstance(one, RequestEnded)], outcome
    members = Member.objects.filter(account__in=[one.account_id for one in asked]).count()
    link.refresh_from_db()
    assert link.uses == members == JoinRequest.objects.filter(approved_at__isnull=False).count()
    assert not JoinRequest.objects.filter(ended_at=None).exists()


def test_asking_eight_times_at_once_is_one_request(house: Cast, post: PostOffice) -> None:
    account, link = signed_up(), invite_link(house)
    outcome = at_once(*(lambda: asks(account, link) for _ in range(8)))
    assert sum(isinstance(one, JoinRequest) for one in outcome) == 1, outcome
    assert sum(isinstance(one, AlreadyAsked) for one in outcome) == 7
    link.refresh_from_db()
    assert link.uses == 1 and Letter.objects.filter(kind="join_received").count() == 1


def test_an_invitation_accepted_while_the_request_is_approved_is_one_place(house: Cast, post: PostOffice) -> None:
    request = asked_to_join(house)
    typed = {"id": NORA, "family_name": "Lind", "given_name": "Nora", "language": "en"}
    invitation = inviting.invite(house.minjun.actor, submission="one", known=typed)
    outcome = at_once(
        lambda: accepting.accept(Owner(request.account), invitation_uid=invitation.uid),
        lambda: deciding.approve(house.sora.actor, request_uids=[request.uid]),
    )
    assert Member.objects.filter(account=request.account).count() == 1, outcome
    assert ends() == ["approved_at"] and Invitation.objects.get().accepted_at


def test_two_workers_tell_the_admins_once(house: Cast, post: PostOffice) -> None:
    crowd(house, 3)
    at_once(*(announcing.tell_admins for _ in range(4)))
    assert Letter.objects.filter(kind="join_asked").count() == 2, "Sora and Minjun, one each"


def test_fifty_people_before_a_closed_link_are_one_letter(house: Cast, post: PostOffice) -> None:
    link = invite_link(house)
    InviteLink.objects.update(paused_at=link.made_at)
    at_once(*(lambda: wanting.ask_for_link(Owner(house.alex.account), link_uid=link.uid) for _ in range(20)))
    assert Letter.objects.filter(kind="link_wanted").count() == 1
