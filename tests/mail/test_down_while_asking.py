"""The mail server is down while somebody finds the ID or asks for a new password (PRODUCT.md §4.11, §4.13).

The answer is the same: status, headers, body, queries. The letters wait, and go once it is back.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dure import worker
from dure.core import clock
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from tests.cast import Cast
from tests.post import PostOffice, free_port
from tests.web.test_same_for_everybody import find_by_code, find_by_mail, reset, shape

QUESTIONS = {find_by_code: Kind.EMAIL_CODE, find_by_mail: Kind.YOUR_IDS, reset: Kind.RESET_PASSWORD}
TROUBLE = ["is there", "refuses connections", "hangs up", "says later", "was never set"]


def make_trouble(post: PostOffice, trouble: str) -> None:
    """Let the mail server be in trouble."""
    if trouble == "refuses connections":
        settings.DURE["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    if trouble == "was never set":
        settings.DURE["SMTP_URL"] = ""
    post.handler.answer = lambda _number: {"hangs up": "cut", "says later": "451 later"}.get(trouble)


def ask(question: Any, address: str, network: str) -> Any:
    """Ask, and return everything a stranger can compare."""
    client = Client(REMOTE_ADDR=network)
    with CaptureQueriesContext(connection) as queries:
        response = question(client, address)
    return *shape(response, address), len(queries.captured_queries)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_answer_is_the_same_whatever_the_mail_server_does(people: Cast, post: PostOffice, question: Any) -> None:
    ask(question, "warm.up@nowhere.example", "192.0.2.1")
    url, seen = settings.DURE["SMTP_URL"], []
    for number, trouble in enumerate(TROUBLE):
        make_trouble(post, trouble)
        for address in (people.yuki.address, "nobody@nowhere.example"):
            seen.append(ask(question, address, f"198.51.{number}.{len(address)}"))
        while sum(step() for step in worker.ROUND):
            pass
        settings.DURE["SMTP_URL"] = url
    assert all(answer == seen[0] for answer in seen)


@pytest.mark.parametrize("trouble", ["refuses connections", "hangs up", "says later"])
@pytest.mark.parametrize("question", QUESTIONS)
def test_its_letter_waits_and_goes_once_when_the_server_is_back(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch, question: Any, trouble: str
) -> None:
    url = settings.DURE["SMTP_URL"]
    make_trouble(post, trouble)
    question(Client(), people.yuki.address)
    post.deliver()
    letter = Letter.objects.get(kind=QUESTIONS[question])
    assert (letter.state, letter.problem != "") == (Letter.WAITING, True) and letter.sealed and post.received == []
    settings.DURE["SMTP_URL"] = url
    make_trouble(post, "is there")
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    post.deliver()
    post.deliver()
    assert len(post.to(people.yuki.address)) == 1
    letter.refresh_from_db()
    assert (letter.state, letter.sealed) == (Letter.SENT, None)


def test_a_code_that_is_over_is_not_mailed_any_more(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_trouble(post, "says later")
    find_by_code(Client(), people.yuki.address)
    post.deliver()
    make_trouble(post, "is there")
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    post.deliver()
    letter = Letter.objects.get()
    assert (letter.state, letter.sealed, post.received) == (Letter.EXPIRED, None, [])
