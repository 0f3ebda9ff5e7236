"""Mail servers refuse, greylist, hang and hang up; nothing is lost and the admin sees why (PRODUCT.md §4.13)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.mail import delivery
from dure.mail.models import Letter
from dure.members.actions.handing import Method
from dure.members.actions.sending_again import send_again
from dure.members.models import Member
from tests.cast import Cast
from tests.post import PostOffice, free_port
from tests.stories.steps import HARU, register


@pytest.fixture
def registered(cast: Cast, post: PostOffice) -> Letter:
    """A letter that waits."""
    register(cast, cast.minjun)
    return Letter.objects.get()


def later(monkeypatch: pytest.MonkeyPatch, **time: float) -> None:
    """Turn the clock."""
    at = datetime.now(UTC) + timedelta(**time)
    monkeypatch.setattr(clock, "now", lambda: at)


def shown(cast: Cast) -> str:
    """Return what the mail page says."""
    return cast.minjun.browser().open(cast.at("admin/mail/")).text


def test_the_letter_is_written_with_its_reason_and_sealed(cast: Cast, registered: Letter) -> None:
    assert registered.state == Letter.WAITING and registered.sealed
    sealed = bytes(registered.sealed)
    secret = OneTimeSecret.objects.get()
    for text in (HARU["id"], "하은", secret.uid):
        assert text.encode() not in sealed
    assert "waiting" in shown(cast) and "정하은" in shown(cast)


def test_sent_is_shown_and_everything_personal_is_wiped(cast: Cast, post: PostOffice, registered: Letter) -> None:
    mail = post.last_to(HARU["id"])
    registered.refresh_from_db()
    assert (registered.state, registered.sealed, registered.attempts) == (Letter.SENT, None, 1)
    assert mail.id == f"<{registered.uid}@{settings.ALLOWED_HOSTS[0]}>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Content-Language"] == registered.language == "en"
    assert "sent" in shown(cast)


def test_a_refused_address_is_given_up_and_the_admin_sees_why(cast: Cast, post: PostOffice, registered: Letter) -> None:
    post.handler.answer = lambda _number: "550 no such mailbox"
    post.deliver()
    registered.refresh_from_db()
    assert (registered.state, registered.sealed, registered.problem) == (Letter.FAILED, None, "refused 550")
    assert "refused the address (550)" in shown(cast)


def test_greylisting_is_waited_out_under_the_same_message_id(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.handler.answer = lambda number: "451 come back later" if number == 1 else None
    post.deliver()
    registered.refresh_from_db()
    assert (registered.state, registered.problem) == (Letter.WAITING, "later 451")
    assert registered.due_at > clock.now() and "try later (451)" in shown(cast)
    later(monkeypatch, seconds=31)
    assert post.last_to(HARU["id"]).id.startswith(f"<{registered.uid}@")


def test_the_wait_doubles_and_ends_with_the_link(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.handler.answer = lambda _number: "451 never"
    waits = []
    for _ in range(4):
        post.deliver()
        registered.refresh_from_db()
        waits.append(round((registered.due_at - clock.now()).total_seconds()))
        later(monkeypatch, seconds=(registered.due_at - datetime.now(UTC)).total_seconds() + 1)
    assert waits == [30, 60, 120, 240]
    later(monkeypatch, days=8)
    delivery.deliver_due()
    registered.refresh_from_db()
    assert (registered.state, registered.sealed) == (Letter.EXPIRED, None)


def test_a_server_that_hangs_costs_its_patience_and_nothing_else(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DURE["MAIL_TIMEOUT"] = 1
    post.handler.hangs = True
    delivery.deliver_due()
    registered.refresh_from_db()
    assert (registered.state, registered.problem) == (Letter.WAITING, "timeout")
    post.handler.hangs = False
    later(monkeypatch, seconds=31)
    assert post.last_to(HARU["id"])


def test_a_server_that_cuts_after_data_gets_the_letter_again_under_the_same_message_id(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.handler.answer = lambda number: "cut" if number == 1 else None
    delivery.deliver_due()
    registered.refresh_from_db()
    assert (registered.state, registered.problem) == (Letter.WAITING, "interrupted")
    later(monkeypatch, seconds=31)
    assert post.last_to(HARU["id"]).id.startswith(f"<{registered.uid}@")


def test_nobody_listening_puts_the_whole_batch_back(cast: Cast, post: PostOffice, registered: Letter) -> None:
    register(cast, cast.minjun, id="second@hanbitsoft.co.kr")
    settings.DURE["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    delivery.deliver_due()
    assert set(Letter.objects.values_list("state", "problem")) == {(Letter.WAITING, "unreachable")}
    assert "could not be reached" in shown(cast)


def test_a_server_without_tls_is_not_trusted_as_smtps(cast: Cast, post: PostOffice, registered: Letter) -> None:
    for scheme in ("smtps", "starttls"):
        settings.DURE["SMTP_URL"] = post.url.replace("smtp://", f"{scheme}://")
        Letter.objects.update(due_at=registered.posted_at)
        delivery.deliver_due()
        assert post.received == []
        assert Letter.objects.get().state == Letter.WAITING


def test_a_re_issue_withdraws_the_waiting_letter(cast: Cast, post: PostOffice, registered: Letter) -> None:
    member = Member.objects.get(given_name="하은")
    send_again(cast.minjun.actor, member_uids=[member.uid], method=Method.MEMBER)
    registered.refresh_from_db()
    assert (registered.state, registered.sealed) == (Letter.WITHDRAWN, None)
    post.deliver()
    assert len(post.to(HARU["id"])) == 1
    assert cast.visitor().open(post.to(HARU["id"])[0].link).status == 200


def test_a_letter_withdrawn_between_lease_and_sending_is_not_sent(
    cast: Cast, post: PostOffice, registered: Letter
) -> None:
    leased = delivery.claim()
    send_again(cast.minjun.actor, member_uids=[Member.objects.get(given_name="하은").uid], method=Method.MEMBER)
    from dure.mail.transport import Transport

    with Transport() as transport:
        delivery.deliver(leased, transport)
    assert post.received == []


def test_a_lost_workers_letter_is_taken_up_when_its_lease_ends(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(delivery.claim()) == 1
    post.deliver()
    assert post.received == []
    later(monkeypatch, seconds=settings.DURE["MAIL_LEASE"] + 1)
    post.deliver()
    assert len(post.received) == 1


def test_a_letter_sealed_with_a_forgotten_key_is_given_up(
    cast: Cast, post: PostOffice, registered: Letter, settings: Any
) -> None:
    settings.SECRET_KEY = "another key of more than fifty characters, to be sure of it"
    delivery.deliver_due()
    registered.refresh_from_db()
    assert (registered.state, registered.problem) == (Letter.FAILED, "unreadable")


def test_an_older_key_still_opens_what_it_sealed(
    cast: Cast, post: PostOffice, registered: Letter, settings: Any
) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key of more than fifty characters, to be sure of it"
    mail = post.last_to(HARU["id"])
    assert cast.visitor().open(mail.link).status == 200


def test_links_come_from_the_public_address_alone(cast: Cast, post: PostOffice, registered: Letter) -> None:
    mail = post.last_to(HARU["id"])
    assert mail.link.startswith(settings.DURE["PUBLIC_URL"] + "/l/")
    assert cast.server not in mail.text


def test_the_mail_page_is_closed_to_others_and_holds_no_secret(
    cast: Cast, post: PostOffice, registered: Letter
) -> None:
    post.deliver()
    for somebody in (cast.eve, cast.yuki):
        assert somebody.browser().open(cast.at("admin/mail/")).status == 403
    own = cast.alex.browser().open(f"/w/{cast.fernweh.uid}/admin/mail/")
    assert own.status == 200 and "하은" not in own.text
    assert OneTimeSecret.objects.get().uid not in cast.minjun.browser().open(cast.at("admin/mail/")).body


@pytest.mark.parametrize("language", ["ko", "en", "ja"])
def test_names_and_workspaces_cannot_break_out_of_a_letter(cast: Cast, post: PostOffice, language: str) -> None:
    cast.hanbit.name = '<b>Evil</b> & "Co"'
    cast.hanbit.save()
    register(cast, cast.minjun, given_name="<img src=x>", language=language)
    mail = post.last_to(HARU["id"])
    assert "<img" not in mail.part("html") and "<b>Evil" not in mail.part("html")
    assert "<img src=x>" in mail.text and '<b>Evil</b> & "Co"' in mail.text
    assert "&lt;" not in mail.subject and "\n" not in mail.subject


def test_a_letter_that_cannot_be_written_does_not_stand_in_the_way(
    cast: Cast, post: PostOffice, registered: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(cast, cast.minjun, id="second@hanbitsoft.co.kr")
    Letter.objects.filter(pk=registered.pk).update(kind="password_changing")
    delivery.deliver_due()
    registered.refresh_from_db()
    assert (registered.state, registered.problem) == (Letter.WAITING, "unwritable")
    assert len(post.to("second@hanbitsoft.co.kr")) == 1


def test_a_question_that_cannot_be_answered_does_not_stand_in_the_way(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.accounts.models import RecoveryRequest
    from dure.members.actions import recovering

    browser = cast.visitor()
    for address in (cast.yuki.address, cast.eve.address):
        browser.fill_in(browser.open("/reset/"), id=address)
    answer = recovering._answer
    first = RecoveryRequest.objects.earliest("id").pk

    def stumble(request: RecoveryRequest) -> None:
        if request.pk == first:
            raise RuntimeError
        answer(request)

    monkeypatch.setattr(recovering, "_answer", stumble)
    post.deliver()
    assert len(post.to(cast.eve.address)) == 1 and post.to(cast.yuki.address) == []
    monkeypatch.undo()
    post.deliver()
    assert len(post.to(cast.yuki.address)) == 1


def test_the_worker_tidies_up_what_ended_long_ago(cast: Cast, post: PostOffice, registered: Letter) -> None:
    from dure import erasure
    from dure.accounts.models import Session

    post.deliver()
    Letter.objects.update(ended_at=clock.now() - timedelta(days=366))
    OneTimeSecret.objects.update(expires_at=clock.now() - timedelta(days=91))
    Session.objects.update(expire_date=clock.now() - timedelta(seconds=1))
    assert erasure.purge_dead() >= 3
    assert (Letter.objects.count(), OneTimeSecret.objects.count(), Session.objects.count()) == (0, 0, 0)
    assert Member.objects.filter(given_name="하은").exists()
