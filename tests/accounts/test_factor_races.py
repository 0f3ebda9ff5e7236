"""Guessing at the second factor with many threads at once gets no more tries than one after the other (§4.8, §4.16)."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dure.accounts import factors, tries
from dure.accounts.actions.second_factor import WrongFactor, pass_second_factor
from dure.accounts.actions.signing_in import Browser
from dure.accounts.actors import Visitor
from dure.accounts.models import Account, Tries
from dure.core import clock
from tests.accounts.factor import with_app
from tests.cast import assemble
from tests.members.test_races import at_once


@pytest.fixture
def account(transactional_db: Any) -> Account:
    """Somebody with an authenticator app."""
    yuki = assemble().yuki
    with_app(yuki.account)
    return yuki.account


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the codes that are compared at all."""
    codes: list[str] = []
    spend = factors.spend

    def counted(account: Account, typed: str) -> str:
        codes.append(typed)
        return spend(account, typed)

    monkeypatch.setattr(factors, "spend", counted)
    return codes


def guess(account: Account) -> Callable[[], Any]:
    """Return the step of a stranger who knows the password."""
    return lambda: pass_second_factor(Visitor(), account=account, code="no code", browser=Browser())


def test_when_the_wait_is_over_one_of_many_is_compared(account: Account, compared: list[str]) -> None:
    counter = tries.factor_counter(account.pk, None)
    Tries.objects.create(key=counter.key, failures=12, last_at=clock.now() - timedelta(minutes=5))
    outcome = at_once(*[guess(account)] * 8)
    assert all(isinstance(result, WrongFactor) for result in outcome), outcome
    assert len(compared) == 1 and Tries.objects.get(key=counter.key).failures == 20


def test_the_first_of_all_are_compared_five_times(account: Account, compared: list[str]) -> None:
    at_once(*[guess(account)] * 12)
    assert len(compared) == tries.FREE
