"""What the log says of a whole story: routes and numbers, and nothing of anybody."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError

from dure.core.logs import AsJson, AsText
from dure.members.models import Member
from dure.web import journal
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, invited, open_link

GIVEN_ID = "5f0c1b2a3d4e5f60"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged at any level, as the server would write it."""
    stream = io.StringIO()
    handlers = [logging.StreamHandler(stream), logging.StreamHandler(stream)]
    before = {name: logging.getLogger(name).level for name in ("dure", "dure.request", "django", "django.request")}
    for handler, form in zip(handlers, (AsJson(), AsText()), strict=True):
        handler.setFormatter(form)
        logging.getLogger().addHandler(handler)
    for name in before:
        logging.getLogger(name).setLevel(logging.INFO)
    yield stream
    for handler in handlers:
        logging.getLogger().removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def lines(log: io.StringIO, route: str) -> list[dict[str, Any]]:
    """Return the JSON lines of requests to a route."""
    found = [json.loads(line) for line in log.getvalue().splitlines() if line.startswith("{")]
    return [line for line in found if line["logger"] == "dure.request" and line["route"] == route]


def test_a_whole_story_leaves_no_name_no_address_and_no_secret(
    cast: Cast, post: PostOffice, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = invited(cast, post)
    secret = mail.link.rpartition("/")[2]
    browser = cast.visitor()
    browser.fill_in(open_link(browser, mail.link), new_password=NEW_PASSWORD)
    cast.visitor().sign_in(HARU["id"], "a wrong password 1")
    browser.open(f"/find/?address={HARU['id']}")
    browser.open(f"/nowhere/{HARU['id']}/?name=%ED%95%98%EC%9D%80")
    admin = cast.minjun.browser()
    admin.open(cast.at("admin/members/?q=%ED%95%98%EC%9D%80"))
    post.handler.answer = lambda _number: f"550 {HARU['id']} is unknown"
    browser.fill_in(browser.open("/reset/"), id=HARU["id"])
    post.deliver()

    def broken(*_arguments: object, **_names: object) -> None:
        raise IntegrityError(f"Key (canonical)=({HARU['id']}) already exists") from ValueError(NEW_PASSWORD)

    monkeypatch.setattr("dure.web.door.rules.opens", broken)
    assert admin.open(cast.at("admin/members/?q=%ED%95%98%EC%9D%80")).status == 500
    said = log.getvalue()
    people = (cast.sora, cast.minjun, cast.eve, cast.yuki, cast.alex)
    names = [value for who in people for value in (who.member.family_name, who.member.given_name, who.address)]
    uids = list(Member.objects.values_list("uid", flat=True))
    typed = [value for name, value in HARU.items() if name != "language"]
    for trace in (*names, *typed, *uids, PASSWORD, NEW_PASSWORD, secret, secret.partition(".")[0], "?", "@", "%ED"):
        assert trace not in said, trace
    assert "IntegrityError" in said and "door.py:" in said
    shown = lines(log, "members")
    assert shown[0] | {"at": "", "ms": 0, "request": ""} == {
        "at": "", "level": "info", "logger": "dure.request", "message": "answered", "method": "GET",
        "route": "members", "status": 200, "ms": 0, "door": "web", "workspace": cast.hanbit.pk, "request": "",
    }  # fmt: skip
    assert [line["status"] for line in shown] == [200, 500]
    assert lines(log, "none")[0]["status"] == 404


def test_the_number_of_a_request_comes_from_a_trusted_proxy_alone(cast: Cast, log: io.StringIO) -> None:
    from urllib.request import ProxyHandler, Request, build_opener

    def ask(number: str) -> str:
        opener = build_opener(ProxyHandler({}))
        opener.open(Request(f"{cast.server}/healthz", headers={journal.HEADER: number})).close()
        return str(lines(log, "alive")[-1]["request"])

    assert ask(GIVEN_ID) != GIVEN_ID
    before = settings.DURE["TRUSTED_PROXIES"]
    settings.DURE["TRUSTED_PROXIES"] = ("127.0.0.0/8",)
    try:
        assert ask(GIVEN_ID) == GIVEN_ID
        assert "hanbit" not in ask("sora.han@hanbitsoft.co.kr")
    finally:
        settings.DURE["TRUSTED_PROXIES"] = before
