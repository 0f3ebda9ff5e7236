"""An address is one account's under races, too (PRODUCT.md §4.8, §4.15): real threads, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dure.accounts.actions.changing_id import ask_for_new_id, cancel_new_id
from dure.accounts.actions.links import LinkEnded
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.core.secrets import Issued, Purpose
from dure.joining.actions.registering import Registered
from dure.members.actions.moving import IdTaken, take_new_id, undo_new_id
from dure.members.models import Change, Member
from tests.cast import Cast, Person, assemble
from tests.members.test_races import at_once, registering
from tests.post import PostOffice

WANTED = "wanted@hanbitsoft.co.kr"


@pytest.fixture
def crowd(transactional_db: Any, post: PostOffice) -> Cast:
    return assemble()


def wants(somebody: Person, address: str) -> OneTimeSecret:
    """Let somebody ask for an address and return the link that was mailed."""
    ask_for_new_id(Owner(somebody.account), address=address)
    return OneTimeSecret.objects.filter(account_id=somebody.account.pk, purpose=Purpose.TAKE_ID).latest("id")


def taking(secret: OneTimeSecret) -> Callable[[], Any]:
    """Return the step that presses the button."""
    return lambda: take_new_id(Visitor(), secret=secret)


def kinds(somebody: Person) -> dict[str, str]:
    return dict(Address.objects.filter(account=somebody.account).values_list("canonical", "kind"))


def test_three_accounts_proving_one_address_at_once_give_it_to_one(crowd: Cast) -> None:
    people = [crowd.yuki, crowd.eve, crowd.alex]
    outcome = at_once(*[taking(wants(somebody, WANTED)) for somebody in people])
    assert sum(isinstance(result, Account) for result in outcome) == 1, outcome
    assert sum(isinstance(result, IdTaken) for result in outcome) == 2, outcome
    for somebody, result in zip(people, outcome, strict=True):
        won = isinstance(result, Account)
        assert kinds(somebody) == {WANTED: "id" if won else "pending", somebody.address: "alias" if won else "id"}
        assert somebody.account.epoch == int(won)


def test_one_link_pressed_four_times_at_once_changes_the_id_once(crowd: Cast) -> None:
    outcome = at_once(*[taking(wants(crowd.yuki, WANTED))] * 4)
    assert sum(isinstance(result, Account) for result in outcome) == 1, outcome
    assert sum(isinstance(result, LinkEnded) for result in outcome) == 3
    assert Change.objects.filter(field="id").count() == crowd.yuki.account.epoch == 1


def test_two_who_want_each_others_id_are_both_refused(crowd: Cast) -> None:
    steps = [taking(wants(crowd.yuki, crowd.eve.address)), taking(wants(crowd.eve, crowd.yuki.address))]
    assert all(isinstance(result, IdTaken) for result in at_once(*steps))


def test_a_registration_and_a_proof_of_one_address_at_once(crowd: Cast) -> None:
    taken, registered = at_once(taking(wants(crowd.yuki, WANTED)), registering(crowd.alex.actor, address=WANTED))
    assert isinstance(taken, Account) != isinstance(taken, IdTaken)
    assert isinstance(registered, Registered) != isinstance(taken, Account), (taken, registered)
    assert Address.objects.filter(canonical=WANTED, kind="id").count() == 1


def test_an_alias_whose_time_has_passed_is_registered_once(crowd: Cast) -> None:
    take_new_id(Visitor(), secret=wants(crowd.yuki, WANTED))
    Address.objects.filter(kind="alias").update(until=clock.now() - timedelta(seconds=1))
    old = crowd.yuki.address
    outcome = at_once(
        *[registering(actor, address=old) for actor in (crowd.sora.actor, crowd.minjun.actor, crowd.alex.actor)],
        taking(wants(crowd.eve, old)),
    )
    assert sum(isinstance(result, Registered | Account) for result in outcome) == 1, outcome
    assert Address.objects.exclude(kind="pending").get(canonical=old).kind == "id"
    assert Member.objects.filter(given_name="Rita").count() <= 1


def test_undone_four_times_at_once_is_undone_once(crowd: Cast) -> None:
    take_new_id(Visitor(), secret=wants(crowd.yuki, WANTED))
    undo = OneTimeSecret.objects.get(purpose=Purpose.UNDO_ID)
    outcome = at_once(*[lambda: undo_new_id(Visitor(), secret=undo)] * 4)
    assert sum(isinstance(result, Issued) for result in outcome) == 1, outcome
    assert sum(isinstance(result, LinkEnded) for result in outcome) == 3
    assert kinds(crowd.yuki) == {crowd.yuki.address: "id"}
    assert OneTimeSecret.objects.filter(purpose=Purpose.RESET_PASSWORD, used_at=None, withdrawn_at=None).count() == 1


def test_undone_and_changed_on_at_once_the_first_owner_wins(crowd: Cast) -> None:
    take_new_id(Visitor(), secret=wants(crowd.yuki, WANTED))
    undo = OneTimeSecret.objects.get(purpose=Purpose.UNDO_ID)
    onward = wants(crowd.yuki, "onward@hanbitsoft.co.kr")
    _onward, undone = at_once(taking(onward), lambda: undo_new_id(Visitor(), secret=undo))
    assert isinstance(undone, Issued), undone
    assert kinds(crowd.yuki) == {crowd.yuki.address: "id"}
    living = OneTimeSecret.objects.filter(account_id=crowd.yuki.account.pk, used_at=None, withdrawn_at=None)
    assert [one.purpose for one in living] == [Purpose.RESET_PASSWORD]


def test_cancelled_and_pressed_at_once_is_one_of_both(crowd: Cast) -> None:
    secret, owner = wants(crowd.yuki, WANTED), Owner(crowd.yuki.account)
    taken, _cancelled = at_once(taking(secret), lambda: cancel_new_id(owner))
    if isinstance(taken, Account):
        assert kinds(crowd.yuki) == {WANTED: "id", crowd.yuki.address: "alias"}
    else:
        assert isinstance(taken, LinkEnded) and kinds(crowd.yuki) == {crowd.yuki.address: "id"}


def test_two_addresses_asked_for_at_once_leave_one_pending(crowd: Cast) -> None:
    owner = Owner(crowd.yuki.account)
    at_once(*(lambda number=number: ask_for_new_id(owner, address=f"race{number}@example.com") for number in range(4)))
    assert Address.objects.filter(account=crowd.yuki.account, kind="pending").count() == 1
    assert OneTimeSecret.objects.filter(purpose=Purpose.TAKE_ID, withdrawn_at=None).count() == 1
