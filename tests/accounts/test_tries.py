"""Tries (PRODUCT.md §4.16): failures slow down; strangers never keep the owner out."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.accounts import hashing, tries
from dure.accounts.actions import signing_in
from dure.accounts.actions.signing_in import Browser, SlowedDown, WrongCredentials, sign_in
from dure.accounts.actors import Visitor
from dure.accounts.models import Device, Tries
from dure.core import clock
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice


class Hours:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """Return the turned time."""
        return self.at


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Hours:
    turned = Hours()
    monkeypatch.setattr(clock, "now", turned.now)
    return turned


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Count hashes instead of making them."""
    made: list[str] = []

    def verify(password: str, encoded: str) -> bool:
        made.append(password)
        return bool(encoded) and password == PASSWORD

    monkeypatch.setattr(hashing, "verify_password", verify)
    return made


def attempt(cast: Cast, password: str, *, network: str = "198.51.100.0/24", device: str = "", **names: Any) -> Any:
    """Try once."""
    address = names.get("address", cast.yuki.address)
    return sign_in(
        Visitor(), address=address, password=password, network=network, browser=Browser(cookie=device), language="en"
    )


def fail(cast: Cast, times: int, **names: Any) -> None:
    for _ in range(times):
        with pytest.raises((WrongCredentials, SlowedDown)):
            attempt(cast, "wrong", **names)


def test_every_failure_costs_one_hash_whoever_it_is(people: Cast, cheap: list[str]) -> None:
    for address in (people.yuki.address, "nobody@nowhere.example", "no address at all", ""):
        before = len(cheap)
        with pytest.raises(WrongCredentials):
            attempt(people, "wrong", address=address)
        assert len(cheap) == before + 1


def test_known_and_unknown_addresses_are_counted_and_slowed_alike(people: Cast, cheap: list[str]) -> None:
    for address in (people.yuki.address, "nobody@nowhere.example"):
        for _ in range(tries.FREE):
            with pytest.raises(WrongCredentials):
                attempt(people, "wrong", address=address)
        with pytest.raises(SlowedDown):
            attempt(people, "wrong", address=address)


def test_the_delay_rises_and_passes(people: Cast, cheap: list[str], hours: Hours) -> None:
    fail(people, tries.FREE)
    with pytest.raises(SlowedDown):
        attempt(people, PASSWORD)
    hours.at += tries.delay_after(tries.FREE)
    assert attempt(people, PASSWORD).account == people.yuki.account
    assert tries.delay_after(4) == timedelta(0)
    assert [tries.delay_after(number).total_seconds() for number in (5, 6, 7, 40)] == [1, 2, 4, 900]


def test_other_networks_are_not_slowed_before_a_hundred(people: Cast, cheap: list[str]) -> None:
    fail(people, 60)
    assert attempt(people, PASSWORD, network="203.0.113.0/24").account == people.yuki.account


def test_after_a_hundred_in_a_row_the_owner_gets_in_by_mail(cast: Cast, post: PostOffice, hours: Hours) -> None:
    for number in range(tries.PASSWORD_ALONE):
        counted = tries.counters(address=cast.yuki.address, network=f"10.{number}.0.0/24", device_id=None)
        tries.count_failure(counted)
    browser = cast.visitor()
    page = browser.sign_in(cast.yuki.address, PASSWORD)
    assert page.path.startswith("/sign-in/") and "mailed you a link" in page.text
    mail = post.last_to(cast.yuki.address)
    page = browser.open(mail.link)
    assert browser.press(page, "Sign in").path.startswith("/w/")
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).path.startswith("/w/")


def test_a_wrong_password_after_a_hundred_reads_the_same_and_mails_nothing(cast: Cast, post: PostOffice) -> None:
    for _ in range(tries.PASSWORD_ALONE):
        tries.count_failure([tries.Counter("id", cast.yuki.address, timedelta(days=30))])
    wrong = cast.visitor().sign_in(cast.yuki.address, "wrong wrong wrong")
    post.deliver()
    assert post.received == []
    right = cast.visitor().sign_in(cast.yuki.address, PASSWORD)
    assert (wrong.status, wrong.text) == (right.status, right.text)
    post.deliver()
    assert len(post.to(cast.yuki.address)) == 1


def test_while_slowed_a_right_password_writes_what_a_wrong_one_does(people: Cast) -> None:
    """Else whoever guesses on could tell by the clock."""
    tries.count_failure([tries.Counter("id", people.yuki.address, timedelta(days=30))] * tries.PASSWORD_ALONE)
    written = []
    for password in ("wrong wrong wrong", PASSWORD):
        with CaptureQueriesContext(connection) as captured, pytest.raises(SlowedDown):
            attempt(people, password)
        written.append([re.sub(r"'[^']*'|[0-9.]+|X'[0-9a-f]*'", "", query["sql"])[:40] for query in captured])
    assert written[0] == written[1]
    assert tries.failures(tries.Counter("id", people.yuki.address, timedelta(days=30))) == tries.PASSWORD_ALONE + 1


def test_a_known_device_has_a_count_of_its_own(people: Cast, cheap: list[str]) -> None:
    cookie = attempt(people, PASSWORD).device
    assert Device.objects.count() == 1
    fail(people, 150)
    assert attempt(people, PASSWORD, device=cookie).device == ""
    fail(people, tries.FREE, device=cookie)
    with pytest.raises(SlowedDown):
        attempt(people, PASSWORD, device=cookie)


def test_another_accounts_device_is_not_known(people: Cast, cheap: list[str]) -> None:
    cookie = attempt(people, PASSWORD).device
    fail(people, 1, device=cookie, address=people.eve.address)
    assert not Tries.objects.filter(key=tries.Counter("device", "1", timedelta(1)).key).exists()
    assert Tries.objects.filter(key=tries.Counter("id", people.eve.address, timedelta(1)).key).exists()


def test_a_whole_office_behind_one_address_gets_in_on_its_first_day(people: Cast, cheap: list[str]) -> None:
    for number in range(tries.NETWORK_FREE - 1):
        tries.count_failure(
            tries.counters(address=f"new{number}@hanbitsoft.co.kr", network="198.51.100.0/24", device_id=None)
        )
    assert attempt(people, PASSWORD).account == people.yuki.account


def test_even_a_spraying_network_waits_ten_seconds_at_most(people: Cast, cheap: list[str], hours: Hours) -> None:
    for _ in range(20_000 // 100):
        tries.count_failure([tries.Counter("network", "198.51.100.0/24", timedelta(hours=1))])
    Tries.objects.update(failures=20_000)
    with pytest.raises(SlowedDown):
        attempt(people, PASSWORD)
    hours.at += tries.NETWORK_LONGEST_DELAY
    assert attempt(people, PASSWORD).account == people.yuki.account


def test_success_starts_again_at_nought(people: Cast, cheap: list[str]) -> None:
    fail(people, 3)
    attempt(people, PASSWORD)
    fail(people, tries.FREE - 1)
    assert attempt(people, PASSWORD).account == people.yuki.account


def test_keys_cannot_be_read_back(people: Cast, cheap: list[str]) -> None:
    fail(people, 1)
    assert not any(people.yuki.address.encode() in bytes(row.key) for row in Tries.objects.all())


def test_old_counts_are_purged(people: Cast, cheap: list[str], hours: Hours) -> None:
    fail(people, 1)
    hours.at += timedelta(days=31)
    assert tries.purge() == 3


def test_signing_in_is_one_module_with_one_hash() -> None:
    import inspect

    assert inspect.getsource(signing_in.sign_in).count("verify_password") == 1


@pytest.mark.parametrize("failures", [1, 5, 12])
def test_a_clock_turned_back_two_days_slows_nobody_for_two_days(
    people: Cast, hours: Hours, cheap: list[str], failures: int
) -> None:
    fail(people, failures)
    hours.at -= timedelta(days=2)
    assert attempt(people, PASSWORD).account.pk == people.yuki.member.account_id
