"""Links are made once and governed by one at a time (PRODUCT.md §4.8): real threads, on both databases."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from dure.audit.models import AuditEvent
from dure.audit.proof import prove
from dure.core import clock, keys
from dure.core.errors import NotAllowed
from dure.joining import ways
from dure.joining.actions import closing_links, linking
from dure.joining.actions.closing_links import AlreadyPaused, RenewedMeanwhile
from dure.joining.actions.linking import InvalidUses, LinkWithdrawn, make_link
from dure.joining.models import InviteLink
from dure.members.actions.administering import grant
from tests.cast import Cast, assemble
from tests.members.test_races import at_once
from tests.stories.link_steps import make, now


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def test_one_form_sent_eight_times_at_once_makes_one_link(crowd: Cast) -> None:
    number, until = str(uuid.uuid4()), clock.now() + timedelta(days=7)
    facts = {"name": "Race", "language": "en", "expires_at": until, "submission": number, "domains": ["a.example"]}
    outcome = at_once(*(lambda: make_link(crowd.eve.actor, **facts) for _ in range(8)))
    link = InviteLink.objects.get()
    assert {getattr(result, "uid", result) for result in outcome} == {link.uid}, outcome
    assert AuditEvent.objects.filter(event="link.made").count() == 1
    assert prove(crowd.hanbit.pk, keys=keys.derive_all("audit")).broken is None


def test_two_forms_with_one_number_and_other_values_are_two_links(crowd: Cast) -> None:
    number, until = str(uuid.uuid4()), clock.now() + timedelta(days=7)
    outcome = at_once(
        *(
            lambda name=name: make_link(crowd.eve.actor, name=name, language="en", expires_at=until, submission=number)
            for name in ("A", "B")
        )
    )
    assert {getattr(result, "name", result) for result in outcome} == {"A", "B"}, outcome


def test_withdrawing_while_it_is_made_anew_leaves_it_withdrawn(crowd: Cast) -> None:
    for _round in range(5):
        link = make(crowd)
        secret = ways.secret_of(link)
        renew = at_once(
            lambda link=link: closing_links.renew_link(crowd.sora.actor, link_uid=link.uid),
            lambda link=link: closing_links.withdraw_link(crowd.eve.actor, link_uid=link.uid),
        )[0]
        left = now(link)
        assert left.withdrawn_at is not None
        assert isinstance(renew, LinkWithdrawn) == (left.generation == 1), renew
        assert (ways.find(secret) is None) == (left.generation > 1)


def test_made_anew_by_many_who_saw_the_same_is_made_anew_once(crowd: Cast) -> None:
    link = make(crowd)
    outcome = at_once(
        *(lambda: closing_links.renew_link(crowd.sora.actor, link_uid=link.uid, generation=1) for _ in range(6))
    )
    assert sum(isinstance(result, InviteLink) for result in outcome) == 1, outcome
    assert sum(isinstance(result, RenewedMeanwhile) for result in outcome) == 5, outcome
    assert now(link).generation > 1 and AuditEvent.objects.filter(event="link.renewed").count() == 1


def test_paused_by_many_is_paused_once(crowd: Cast) -> None:
    link = make(crowd)
    outcome = at_once(*(lambda: closing_links.pause_link(crowd.eve.actor, link_uid=link.uid) for _ in range(6)))
    assert sum(isinstance(result, AlreadyPaused) for result in outcome) == 5, outcome


def test_changed_while_people_use_it_keeps_within_its_uses(crowd: Cast) -> None:
    link = make(crowd, most_uses=10)

    def use() -> int:
        found = InviteLink.objects.filter(pk=link.pk, uses__lt=7)
        return found.update(uses=7)

    def lessen() -> InviteLink:
        facts = {name: getattr(link, name) for name in linking.FIELDS} | {"most_uses": 5}
        return linking.edit_link(crowd.sora.actor, link_uid=link.uid, **facts)

    used, lessened = at_once(use, lessen)
    left = now(link)
    if isinstance(lessened, InviteLink):
        assert isinstance(used, IntegrityError) and (left.uses, left.most_uses) == (0, 5), "the row's own constraint"
    else:
        assert isinstance(lessened, InvalidUses) and used == 1 and (left.uses, left.most_uses) == (7, 10)


def test_whoever_loses_the_right_meanwhile_makes_no_link(crowd: Cast) -> None:
    until = clock.now() + timedelta(days=7)
    made, _taken = at_once(
        lambda: make_link(crowd.eve.actor, name="Late", language="en", expires_at=until),
        lambda: grant(crowd.sora.actor, member_uid=crowd.eve.member.uid, permissions=[]),
    )
    events = AuditEvent.objects.filter(workspace_id=crowd.hanbit.pk).order_by("id").values_list("event", flat=True)
    if isinstance(made, InviteLink):
        assert list(events)[-2:] == ["link.made", "member.permissions_changed"]
    else:
        assert isinstance(made, NotAllowed) and InviteLink.objects.count() == 0
