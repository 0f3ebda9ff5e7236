"""Whoever waits for a code before a page waits for no heap of other letters, and no slow server stops the worker."""

import pytest
from django.db import OperationalError, connection

from dure.core.action import writing
from dure.mail import delivery, outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from tests.post import PostOffice

pytestmark = pytest.mark.django_db(transaction=True)


class Deadlock(Exception):
    """What PostgreSQL says of two that waited for each other."""

    sqlstate = "40P01"


def write(kind: Kind, address: str) -> None:
    """Put a letter into the outbox."""
    with writing():
        outbox.post(kind, address=address, to="id", language="en", account_id=None, context={"code": "123456"})


def test_a_code_goes_before_a_thousand_others(post: PostOffice) -> None:
    for number in range(delivery.BATCH + 5):
        write(Kind.PASSWORD_CHANGED, f"person{number}@example.com")
    write(Kind.SIGN_UP_CODE, "nora@example.com")
    post.deliver()
    assert post.received[0].recipients == ["nora@example.com"] and len(post.received) == delivery.BATCH + 6


def test_a_slow_server_holds_a_batch_for_a_moment_only(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        write(Kind.PASSWORD_CHANGED, f"person{number}@example.com")
    Letter.objects.update(problem="later 451")
    monkeypatch.setattr(delivery, "LONGEST_BATCH", -1.0)
    monkeypatch.setattr(delivery, "LONGEST_ROUND", -1.0)
    assert delivery.deliver_due() == 4, "the first is sent, whatever it took, and the rest goes back"
    assert [mail.recipients for mail in post.received] == [["person0@example.com"]]
    left = Letter.objects.filter(state=Letter.WAITING)
    assert set(left.values_list("lease", "problem", "attempts")) == {("", "later 451", 0)} and left.count() == 3
    write(Kind.PASSWORD_CHANGED, "later@example.com")
    write(Kind.SIGN_UP_CODE, "nora@example.com")
    delivery.deliver_due()
    post.deliver()
    came = [mail.recipients[0].partition("@")[0] for mail in post.received]
    assert came == ["person0", "nora", "person1", "person2", "person3", "later"], "each keeps its place"


def test_a_steady_stream_of_codes_starves_no_other_letter(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "LONGEST_BATCH", -1.0)
    write(Kind.PASSWORD_CHANGED, "person@example.com")
    for number in range(5):
        write(Kind.SIGN_UP_CODE, f"nora{number}@example.com")
    delivery.deliver_due()
    assert [mail.recipients[0] for mail in post.received][:2] == ["nora0@example.com", "person@example.com"]
    assert len(post.received) == 6


def test_a_deadlock_loses_no_fate_and_no_letter(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        write(Kind.PASSWORD_CHANGED, f"person{number}@example.com")
    really, ended = delivery._write_down, []

    def ended_once(fate: delivery.Fate | None) -> None:
        really(fate)
        if fate is not None and not ended:
            ended.append(fate)
            error = OperationalError("deadlock detected")
            error.__cause__ = Deadlock()
            raise error

    monkeypatch.setattr(delivery, "_write_down", ended_once)
    delivery.deliver_due()
    assert ended and [mail.recipients[0][6] for mail in post.received] == ["0", "1", "2"]
    assert set(Letter.objects.values_list("state", "attempts", "sealed")) == {(Letter.SENT, 1, None)}


@pytest.mark.parametrize(("kinds", "index"), [("IN ('email_code')", "kind_due"), ("NOT IN ('email_code')", "due")])
def test_what_is_due_is_found_by_an_index(kinds: str, index: str) -> None:
    take = delivery._TAKE.format(due=delivery._DUE.format(kinds=kinds), batch=50, locked="", columns="id")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET enable_seqscan = off")  # it would read an empty table as it is
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {take}", ["", "2026-01-01", "2026-01-01"])
        plan = " ".join(str(row[-1]) for row in cursor.fetchall())
        if connection.vendor == "postgresql":
            cursor.execute("RESET enable_seqscan")
    assert f"letter_{index}" in plan, plan
