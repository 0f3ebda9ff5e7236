"""An invite link lets in as many as it is made for, whoever comes at once (PRODUCT.md §4.8): on both databases.

"Two hundred people on a link with ten uses at the same instant: exactly ten in, the rest told kindly, no 5xx."
"""

import os
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.accounts.sessions import SessionStore
from dure.audit.models import AuditEvent
from dure.audit.proof import prove
from dure.core import clock, keys
from dure.joining import ways
from dure.joining.actions import entering
from dure.joining.actions.entering import LinkClosed
from dure.joining.models import InviteLink, InviteLinkDay, JoinRequest, SignUp
from dure.members.models import Member
from tests.cast import PASSWORD, Cast, assemble, password_hash
from tests.members.test_races import at_once
from tests.post import PostOffice
from tests.stories.joining import BORAM, invite_link

PEOPLE, USES = 200, 10
WIDTH = 40
"""Requests a server answers at a time; the others wait before its door."""


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def people(number: int) -> list[Account]:
    """Make accounts with proven IDs and no place anywhere."""
    at = clock.now()
    accounts = [Account(created_at=at, password=password_hash(), time_zone="Asia/Seoul") for _ in range(number)]
    Account.objects.bulk_create(accounts)
    Address.objects.bulk_create(
        Address(account=account, canonical=f"p{position}@example.com", kind="id", proven_at=at)
        for position, account in enumerate(accounts)
    )
    return accounts


def browser_of(account: Account) -> Client:
    """Return a browser that is signed in."""
    client = Client()
    device = account.devices.create(hash=os.urandom(32), since=clock.now(), last_used_at=clock.now())
    session = SessionStore.open_for(account, clock.now(), device.pk)
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def all_press(browsers: list[Client], link: InviteLink) -> list[Any]:
    """Let everybody press *Join* at the same moment; returns the answers."""
    doors = threading.BoundedSemaphore(WIDTH)
    address = f"/j/{ways.secret_of(link)}"

    def step(client: Client) -> Callable[[], Any]:
        def press() -> Any:
            with doors:
                client.get(address)
                typed = {"step": "join", "given_name": "Nora"}
                answer = client.post(f"/join/{link.uid}/", typed, headers={"Accept-Language": "en"})
                connection.close()
                return answer

        return press

    return at_once(*(step(client) for client in browsers))


@pytest.mark.parametrize("approval", [False, True])
def test_two_hundred_at_once_on_ten_uses_and_ten_are_in(crowd: Cast, no_post: None, approval: bool) -> None:
    link = invite_link(crowd.eve, most_uses=USES, needs_approval=approval)
    answers = all_press([browser_of(account) for account in people(PEOPLE)], link)
    assert Counter(answer.status_code for answer in answers) == {302: USES, 410: PEOPLE - USES}
    told = [answer.content.decode() for answer in answers if answer.status_code == 410]
    assert all("is used up" in page and "Ask to open it again" in page for page in told)
    link.refresh_from_db()
    came = JoinRequest.objects if approval else Member.objects.exclude(account__members__registered_at__lt=link.made_at)
    assert (link.uses, came.count()) == (USES, USES)
    totals = InviteLinkDay.objects.get()
    assert (totals.joined + totals.asked, totals.refused) == (USES, PEOPLE - USES)
    assert AuditEvent.objects.filter(event="link.used").count() == USES
    assert prove(crowd.hanbit.pk, keys=keys.derive_all("audit")).broken is None


def test_one_person_in_six_tabs_is_one_member_and_one_use(crowd: Cast, no_post: None) -> None:
    link = invite_link(crowd.eve, most_uses=USES)
    (account,) = people(1)
    answers = all_press([browser_of(account) for _tab in range(6)], link)
    assert {answer.status_code for answer in answers} == {302}
    link.refresh_from_db()
    assert (link.uses, Member.objects.filter(account=account).count()) == (1, 1)


def test_withdrawing_while_people_press_lets_in_nobody_afterwards(crowd: Cast, no_post: None) -> None:
    link = invite_link(crowd.eve)
    crew = people(12)

    def pressing(account: Account) -> Callable[[], Any]:
        return lambda: entering.join(
            Owner(account), link=ways.secret_of(link), family_name="", given_name="Nora"
        )  # fmt: skip

    def withdraw() -> Any:
        return InviteLink.objects.filter(pk=link.pk).update(withdrawn_at=clock.now())

    outcome = at_once(*(pressing(one) for one in crew[:6]), withdraw, *(pressing(one) for one in crew[6:]))
    came = sum(isinstance(one, entering.Came) for one in outcome)
    refused = sum(isinstance(one, LinkClosed) for one in outcome)
    link.refresh_from_db()
    assert came + refused == len(crew), outcome
    assert link.uses == came == Member.objects.filter(account__in=crew).count()


def test_one_sign_up_finished_twice_at_once_is_one_account(crowd: Cast, post: PostOffice) -> None:
    link = invite_link(crowd.eve)
    browser = Client()
    browser.get(f"/j/{ways.secret_of(link)}")
    form = f"/join/{link.uid}/sign-up/"
    typed = {"step": "begin", **{name: BORAM[name] for name in ("family_name", "given_name", "id", "password")}}
    assert browser.post(form, typed).status_code == 302
    row = SignUp.objects.get()
    SignUp.objects.update(proven_at=clock.now())
    tabs = [Client() for _ in range(6)]
    for tab in tabs:
        tab.cookies.update(browser.cookies)

    def press(tab: Client) -> Callable[[], Any]:
        return lambda: tab.post(form, {"step": "finish"})

    answers = at_once(*(press(tab) for tab in tabs))
    assert all(getattr(answer, "status_code", 500) < 500 for answer in answers), answers
    assert Address.objects.filter(canonical=row.address).count() == 1
    link.refresh_from_db()
    assert link.uses == 1 and Member.objects.filter(account__addresses__canonical=row.address).count() == 1


def test_two_browsers_that_prove_one_address_at_once_make_one_account(crowd: Cast, no_post: None) -> None:
    link = invite_link(crowd.eve)
    tabs = []
    for _number in range(4):
        tab, key = Client(), uuid.uuid4().hex
        row = SignUp.objects.create(
            link=link, address=BORAM["id"], given_name="Bo", language="en", password=password_hash(),
            browser=keys.keyed_hash("sign-up-browser", key), code=b"", code_until=clock.now(),
            begun_at=clock.now(), proven_at=clock.now(), expires_at=clock.now() + timedelta(days=1),
        )  # fmt: skip
        tab.get(f"/j/{ways.secret_of(link)}")
        tab.cookies[f"{settings.COOKIE_PREFIX}dure-sign-up-{link.uid}"] = f"{row.uid}.{key}"
        tabs.append(tab)
    form = f"/join/{link.uid}/sign-up/"
    answers = at_once(*((lambda tab=tab: tab.post(form, {"step": "finish"})) for tab in tabs))
    assert all(getattr(answer, "status_code", 500) < 500 for answer in answers), answers
    assert Account.objects.filter(addresses__canonical=BORAM["id"]).count() == 1
    link.refresh_from_db()
    assert link.uses == 1
    assert Client().post("/sign-in/", {"id": BORAM["id"], "password": PASSWORD}).status_code == 302


def begun(crowd: Cast) -> tuple[SignUp, str]:
    """Return a sign-up that waits for the code 000019, and the secret of its browser."""
    link = invite_link(crowd.eve)
    key = uuid.uuid4().hex
    row = SignUp(
        link=link, address=BORAM["id"], given_name="Bo", language="en", password=password_hash(),
        browser=keys.keyed_hash("sign-up-browser", key), begun_at=clock.now(),
        expires_at=clock.now() + timedelta(days=1), code_until=clock.now() + timedelta(minutes=5),
    )  # fmt: skip
    row.code = keys.keyed_hash("sign-up-code", f"{row.uid} 000019")
    row.save()
    return row, key


def test_a_code_tried_in_many_tabs_at_once_is_tried_five_times(crowd: Cast, post: PostOffice) -> None:
    from dure.joining.actions.sign_up_codes import TriesUsedUp, WrongDigits
    from dure.joining.actions.sign_up_codes import prove as prove_code
    from dure.joining.proven import HasAccount

    row, key = begun(crowd)

    def refuse(_row: SignUp) -> None:
        raise HasAccount

    def type_in(number: int) -> None:
        prove_code(uid=row.uid, browser=key, code=f"{number:06d}", network="", then=refuse)

    outcome = at_once(*(partial(type_in, number) for number in range(20)))
    row.refresh_from_db()
    assert row.tries_left == 0
    assert {type(one) for one in outcome} <= {WrongDigits, TriesUsedUp, HasAccount}
    right = [one for one in outcome if isinstance(one, HasAccount)]
    assert len(right) <= 1 and (row.proven_at is not None) == bool(right), "the proof outlives what was refused"


def test_a_proof_outlives_a_refusal_although_its_code_ran_out_meanwhile(
    crowd: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.joining.actions.sign_up_codes import is_proven
    from dure.joining.actions.sign_up_codes import prove as prove_code
    from dure.joining.proven import HasAccount

    row, key = begun(crowd)
    later = clock.now() + timedelta(minutes=6)

    def refuse_slowly(_row: SignUp) -> None:
        monkeypatch.setattr(clock, "now", lambda: later)
        raise HasAccount

    with pytest.raises(HasAccount):
        prove_code(uid=row.uid, browser=key, code="000019", network="", then=refuse_slowly)
    row.refresh_from_db()
    assert is_proven(row) and row.tries_left == 0


@pytest.mark.full
def test_a_million_attempts_on_ten_uses(crowd: Cast, no_post: None) -> None:
    link = invite_link(crowd.eve, most_uses=USES)
    crew, each, lanes = people(200), 5000, 20
    found: Counter[str] = Counter()
    lock = threading.Lock()

    def lane(number: int) -> Callable[[], None]:
        def run() -> None:
            seen: Counter[str] = Counter()
            for _round in range(each):
                for account in crew[number::lanes]:
                    try:
                        came = entering.join(
                            Owner(account), link=ways.secret_of(link), family_name="", given_name="Nora"
                        )  # fmt: skip
                        seen["new" if came.is_new else "known"] += 1
                    except LinkClosed:
                        seen["told"] += 1
            with lock:
                found.update(seen)

        return run

    outcome = at_once(*(lane(number) for number in range(lanes)), patience=3600)
    assert not [one for one in outcome if isinstance(one, Exception)], outcome
    assert sum(found.values()) == len(crew) * each and found["new"] == USES
    link.refresh_from_db()
    assert link.uses == USES == Member.objects.filter(account__in=crew).count()
