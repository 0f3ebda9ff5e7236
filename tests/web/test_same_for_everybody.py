"""No enumeration (PRODUCT.md §4.11): the anonymous pages answer the same for every kind of address.

Same status, headers, body and number of SQL queries, and one password hash for each failed sign-in. Only the token of
the form, handles, and what was typed itself are taken out before comparing.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dure.accounts import hashing
from dure.accounts.models import Account, ActivationCode
from dure.core import clock
from dure.joining import ways
from dure.joining.models import InviteLink
from dure.members.actions.handing import Method
from dure.members.actions.leaving import remove
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from tests.cast import PASSWORD, Cast, join
from tests.members.waiting import haeun
from tests.post import PostOffice
from tests.stories.joining import BORAM, invite_link


def unknown(people: Cast) -> str:
    return "nobody@nowhere.example"


def active(people: Cast) -> str:
    return people.yuki.address


def by_link(people: Cast) -> str:
    haeun(people, id="by.link@hanbitsoft.co.kr")
    return "by.link@hanbitsoft.co.kr"


def by_generated(people: Cast) -> str:
    haeun(people, id="generated@hanbitsoft.co.kr", method=Method.GENERATE)
    return "generated@hanbitsoft.co.kr"


def by_typed(people: Cast) -> str:
    haeun(people, id="typed@hanbitsoft.co.kr", method=Method.ADMIN, password="four green otters hum")
    return "typed@hanbitsoft.co.kr"


def expired(people: Cast) -> str:
    member = haeun(people, id="expired@hanbitsoft.co.kr", method=Method.GENERATE)
    past = clock.now() - timedelta(seconds=1)
    Member.objects.filter(pk=member.pk).update(deadline_at=past)
    ActivationCode.objects.filter(account=member.account).update(expires_at=past)
    return "expired@hanbitsoft.co.kr"


def suspended(people: Cast) -> str:
    suspend(people.sora.actor, member_uid=people.eve.member.uid)
    return people.eve.address


def removed(people: Cast) -> str:
    remove(people.sora.actor, member_uid=people.minjun.member.uid)
    return people.minjun.address


def nowhere(people: Cast) -> str:
    somebody = join(people.hanbit, "left@hanbitsoft.co.kr", "Left", "Lea")
    Member.objects.filter(pk=somebody.member.pk).delete()
    return somebody.address


def with_factor(people: Cast) -> str:
    Account.objects.filter(pk=people.sora.member.account_id).update(has_factor=True)
    return people.sora.address


ADDRESSES = (unknown, active, by_link, by_generated, by_typed, expired, suspended, removed, nowhere, with_factor)


def sign_in(client: Client, address: str) -> Any:
    return client.post("/sign-in/", {"id": address, "password": "wrong wrong wrong"})


def reset(client: Client, address: str) -> Any:
    return client.post("/reset/", {"id": address})


def find_by_code(client: Client, address: str) -> Any:
    return client.post("/find/", {"id": address, "way": "code"})


def find_by_mail(client: Client, address: str) -> Any:
    return client.post("/find/", {"id": address, "way": "mail"})


def wrong_code(client: Client, address: str) -> Any:
    page = client.post("/find/", {"id": address, "way": "code"})
    return client.post(page.headers["location"], {"code": "12345"})


def rescue(client: Client, address: str) -> Any:
    typed = {"id": address, "code": "0000-0000-0000-0000", "new_password": "nine amber foxes yawn"}
    return client.post("/rescue/", typed)


def sign_up(client: Client, address: str) -> Any:
    link = InviteLink.objects.get()
    client.get(f"/j/{ways.secret_of(link)}")
    return client.post(f"/join/{link.uid}/sign-up/", {**BORAM, "id": address, "step": "begin"})


def sign_up_page(client: Client, address: str) -> Any:
    return client.get(sign_up(client, address).headers["location"])


def wrong_sign_up_code(client: Client, address: str) -> Any:
    return client.post(sign_up(client, address).headers["location"], {"code": "12345", "step": "code"})


def with_the_id_in_the_address(client: Client, address: str) -> Any:
    return client.get("/sign-in/", {"id": address})


PAGES: tuple[Callable[[Client, str], Any], ...] = (
    sign_in, reset, find_by_code, find_by_mail, wrong_code, rescue, with_the_id_in_the_address, sign_up, sign_up_page,
    wrong_sign_up_code,
)  # fmt: skip
HASHED = {sign_in, rescue, sign_up, sign_up_page, wrong_sign_up_code}


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Count the hashes that are made; they are made all the same."""
    made: list[object] = []
    run = hashing.gate.run

    def counted(work: Callable[[], Any]) -> Any:
        made.append(work)
        return run(work)

    monkeypatch.setattr(hashing.gate, "run", counted)
    hashing.warm_up()
    return made


def shape(response: Any, address: str) -> Any:
    """Return everything a stranger can compare."""
    body = response.content.decode()
    for spelling in (address, quote(address, safe=""), quote(quote(address, safe=""), safe="")):
        body = body.replace("<wbr>@", "@").replace(spelling, "ADDRESS")
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "TOKEN", body)
    headers = {name: re.sub(r"/[\w-]{22}/", "/HANDLE/", value) for name, value in response.headers.items()}
    headers.pop("Content-Length", None)
    cookies = {
        (re.sub(r"[\w-]{22}$", "HANDLE", name), cookie["max-age"], len(cookie.value))
        for name, cookie in response.cookies.items()
    }
    return response.status_code, headers, cookies, re.sub(r"/[\w-]{22}/", "/HANDLE/", body)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_answers_the_same_for_every_address(
    people: Cast, post: PostOffice, hashes: list[object], page: Callable[[Client, str], Any]
) -> None:
    addresses = {made.__name__: made(people) for made in ADDRESSES}
    invite_link(people.sora)
    page(Client(REMOTE_ADDR="192.0.2.1"), "warm.up@nowhere.example")
    seen: dict[str, Any] = {}
    for number, (name, address) in enumerate(addresses.items()):
        client = Client(REMOTE_ADDR=f"198.51.{number}.1")
        hashes.clear()
        with CaptureQueriesContext(connection) as queries:
            response = page(client, address)
        plain = [re.sub(r"\d+", "N", query["sql"].split(" VALUES ")[0])[:40] for query in queries.captured_queries]
        seen[name] = (*shape(response, address), plain, len(hashes))
    for name, answer in seen.items():
        assert answer == seen["unknown"], name
    assert {answer[-1] for answer in seen.values()} == {1 if page in HASHED else 0}


def test_a_right_temporary_password_costs_one_hash_like_every_other_try(
    people: Cast, no_post: None, hashes: list[object]
) -> None:
    for address, password in ((by_typed(people), "four green otters hum"), (people.yuki.address, PASSWORD)):
        hashes.clear()
        response = Client(REMOTE_ADDR="203.0.113.1").post("/sign-in/", {"id": address, "password": password})
        assert (response.status_code, len(hashes)) == (302, 1)
