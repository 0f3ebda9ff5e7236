"""Whoever comes by different ways at the same moment has one place, and nobody waits in a circle (PRODUCT.md §4.8).

A foreign key is checked at the end of the transaction, when the trail of the workspace is locked already: a workspace
or a link locked against that check by somebody who then wants the trail makes two wait for one another. PostgreSQL
ends one of them after a second; with ``ATTEMPTS`` at one, it shows here instead of beginning again.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dure.accounts.actions.signing_in import Browser
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Account
from dure.core import action, clock, keys
from dure.core.errors import DomainError
from dure.joining import ways
from dure.joining.actions import accepting, announcing, closing_links, deciding, entering, inviting, signing_up
from dure.joining.models import Invitation, InviteLink, JoinRequest, SignUp
from dure.members.models import Member
from tests.cast import Cast, assemble, password_hash
from tests.joining.test_joining_races import people
from tests.members.test_races import at_once
from tests.post import PostOffice
from tests.stories.joining import BORAM, invite_link


@pytest.fixture
def crowd(transactional_db: Any, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setattr(action, "ATTEMPTS", 1)
    return assemble()


def joins(account: Account, link: InviteLink) -> Callable[[], Any]:
    secret = ways.secret_of(link)
    return lambda: entering.join(Owner(account), link=secret, family_name="", given_name="Nora")


def begins(link: InviteLink, address: str) -> Callable[[], Any]:
    typed = {name: BORAM[name] for name in ("family_name", "given_name", "password")} | {"address": address}
    said = {"secret": ways.secret_of(link), "language": "ko", "network": address, "steps": ["opened", "started"]}
    return lambda: signing_up.begin(Visitor(door="web"), **typed, **said)


def finishes(link: InviteLink, address: str) -> Callable[[], Any]:
    at = clock.now()
    row = SignUp.objects.create(
        link=link, address=address, given_name="Bo", language="en", password=password_hash(),
        browser=keys.keyed_hash("sign-up-browser", "key"), code=b"", code_until=at, begun_at=at, proven_at=at,
        expires_at=at + timedelta(days=1),
    )  # fmt: skip
    way = ways.find(ways.secret_of(link))
    return lambda: signing_up.finish(Visitor(door="web"), row=row, way=way, device=Browser(), steps=["verified"])


def broken(outcome: list[Any]) -> list[Any]:
    """Return what was neither done nor refused by a rule."""
    return [one for one in outcome if isinstance(one, Exception) and not isinstance(one, DomainError)]


def test_one_person_by_four_links_is_one_place_and_one_use(crowd: Cast, no_post: None) -> None:
    links = [invite_link(crowd.eve, name=f"Link {number}") for number in range(4)]
    crew = people(3)
    for account in crew:
        assert not broken(at_once(*(joins(account, link) for link in links)))
    assert Member.objects.filter(account__in=crew).count() == len(crew)
    assert sum(InviteLink.objects.values_list("uses", flat=True)) == len(crew)


def test_one_person_by_a_link_and_an_invitation_is_one_place(crowd: Cast, no_post: None) -> None:
    link = invite_link(crowd.eve)
    (account,) = people(1)
    typed = {"id": "p0@example.com", "family_name": "", "given_name": "Nora", "language": "en"}
    invitation = inviting.invite(crowd.minjun.actor, submission="one", known=typed)
    answers = (joins(account, link), lambda: accepting.accept(Owner(account), invitation_uid=invitation.uid))
    assert not broken(at_once(*answers))
    assert Member.objects.filter(account=account).count() == 1 and Invitation.objects.get().accepted_at


def test_sign_ups_begin_and_end_at_once_and_nobody_waits_in_a_circle(crowd: Cast, post: PostOffice) -> None:
    link = invite_link(crowd.eve)
    steps = [step for n in range(8) for step in (begins(link, f"b{n}@x.example"), finishes(link, f"f{n}@x.example"))]
    outcome = at_once(*steps, *(joins(account, link) for account in people(8)))
    assert not [one for one in outcome if isinstance(one, Exception)]
    link.refresh_from_db()
    assert link.uses == 16 and SignUp.objects.count() == 8


def test_people_ask_while_admins_answer_and_are_told(crowd: Cast, post: PostOffice) -> None:
    link, crew = invite_link(crowd.eve, needs_approval=True), people(24)
    for account in crew[:8]:
        joins(account, link)()
    uids = list(JoinRequest.objects.values_list("uid", flat=True))
    outcome = at_once(
        *(joins(account, link) for account in crew[8:]),
        announcing.tell_admins,
        *(lambda uid=uid: deciding.refuse(crowd.sora.actor, request_uids=[uid]) for uid in uids[:4]),
        *(lambda uid=uid: deciding.approve(crowd.minjun.actor, request_uids=[uid]) for uid in uids[4:]),
        lambda: closing_links.pause_link(crowd.eve.actor, link_uid=link.uid),
    )
    assert not broken(outcome)
    link.refresh_from_db()
    assert link.uses == JoinRequest.objects.filter(refused_at=None).count()
