"""K8: a super admin who cannot sign in: printed codes, and the operator's command."""

import io
import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from dure.accounts import hashing, tries
from dure.accounts.actors import Visitor
from dure.accounts.models import Account
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.members.actions.rescuing import WrongRescueCode, make_rescue_codes, rescue_by_code
from dure.members.actions.suspending import suspend
from dure.members.models import Member, RescueCode
from tests.accounts.factor import with_app
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.visitor import Page


def printed(cast: Cast) -> list[str]:
    """Make Sora's codes and return them."""
    browser = cast.sora.browser()
    page = browser.press(browser.open(cast.at("admin/administrators/rescue-codes/")), "Make new codes")
    return list(dict.fromkeys(re.findall(r"\b(?:[0-9a-z]{4}-){3}[0-9a-z]{4}\b", page.body)))


def use(cast: Cast, code: str, address: str = "sora.han@hanbitsoft.co.kr", password: str = NEW_PASSWORD) -> Page:
    """Use a code as somebody who cannot sign in."""
    browser = cast.visitor()
    page = browser.follow(browser.open("/reset/"), "I have a recovery code")
    return browser.fill_in(page, id=address, code=code, new_password=password)


def test_sora_gets_back_in_with_a_printed_code_once(cast: Cast, post: PostOffice) -> None:
    codes = printed(cast)
    assert len(codes) == 8
    before = cast.sora.browser()
    page = use(cast, codes[0].upper())
    assert page.path == cast.at()
    assert before.open(cast.at()).path.startswith("/sign-in/"), "every other session ended"
    assert "password" in post.last_to(cast.sora.address).subject
    assert use(cast, codes[0]).error_beside("code"), "used"
    assert use(cast, codes[1], password=NEW_PASSWORD + " again").path == cast.at()
    assert AuditEvent.objects.filter(event="account.rescued").count() == 2


def test_the_owner_is_told_of_new_codes(cast: Cast, post: PostOffice) -> None:
    """They outlive a new password: whoever made them with a stolen session would come back."""
    code = printed(cast)[0]
    mail = post.last_to(cast.sora.address)
    assert "recovery codes" in mail.subject and "If it was not you" in mail.text
    assert code not in mail.text + mail.part("html")


def test_a_weak_password_spends_nothing(cast: Cast, post: PostOffice) -> None:
    code = printed(cast)[0]
    assert use(cast, code, password="short").error_beside("new_password")
    assert use(cast, code).path == cast.at()


def test_every_failure_reads_the_same(cast: Cast, post: PostOffice) -> None:
    code = printed(cast)[0]
    texts = set()
    for address, tried in (
        (cast.sora.address, "0000-0000-0000-0000"),
        (cast.yuki.address, code),
        ("nobody@nowhere.example", code),
        ("no address", code),
    ):
        page = use(cast, tried, address=address)
        texts.add((page.status, page.error_beside("code")))
    assert len(texts) == 1 and texts.pop()[1]


def test_new_codes_end_the_older_ones_and_nothing_readable_is_stored(cast: Cast, post: PostOffice) -> None:
    old, new = printed(cast)[0], printed(cast)[0]
    assert use(cast, old).error_beside("code")
    assert all(new.encode() not in bytes(row.hash) for row in RescueCode.objects.all())


def test_guessing_is_slowed(cast: Cast, post: PostOffice) -> None:
    code = printed(cast)[0]
    for number in range(6):
        use(cast, f"0000-0000-0000-000{number}")
    assert use(cast, code).error_beside("code")


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guess without hashing."""
    monkeypatch.setattr(hashing, "verify_password", lambda _password, _encoded: False)


def test_no_number_of_strangers_takes_the_printed_codes_away(people: Cast, no_post: None, cheap: None) -> None:
    code = make_rescue_codes(people.sora.actor)[0]
    typed = {"address": people.sora.address, "password": NEW_PASSWORD}
    for number in range(120):
        with pytest.raises(WrongRescueCode):
            rescue_by_code(Visitor(), code="0000-0000-0000-0000", network=f"10.{number}.0.0/24", **typed)
    assert rescue_by_code(Visitor(), code=code, network="198.51.100.0/24", **typed) == people.sora.account


def test_afterwards_the_new_password_suffices_however_the_id_was_typed(cast: Cast, no_post: None) -> None:
    """Whoever uses a printed code cannot read the mail that a slowed password waits for."""
    code = printed(cast)[0]
    for _time in range(tries.PASSWORD_ALONE):
        tries.count_failure([tries.Counter("id", cast.sora.address, timedelta(days=30))])
    assert use(cast, code, address=f" {cast.sora.address.title()} ").path == cast.at()
    assert cast.visitor().sign_in(cast.sora.address, NEW_PASSWORD).path == cast.at()


def test_a_suspended_super_admins_code_opens_nothing_of_the_workspace(cast: Cast, post: PostOffice) -> None:
    code = printed(cast)[0]
    Member.objects.filter(pk=cast.yuki.member.pk).update(is_super_admin=True)
    suspend(cast.yuki.actor, member_uid=cast.sora.member.uid)
    assert use(cast, code).path == "/workspaces/"


def say(*words: str) -> str:
    """Run ``dure rescue``."""
    out = io.StringIO()
    call_command("rescue", *words, "--workspace", "한빛소프트", stdout=out)
    return out.getvalue()


def test_the_operator_prints_a_link_that_works_once(cast: Cast, post: PostOffice) -> None:
    assert "sora.han@hanbitsoft.co.kr  한소라  can sign in" in say()
    link = next(word for word in say(cast.sora.address).split() if "/l/" in word)
    browser = cast.visitor()
    page = browser.open(browser.open(link).path + "password/")
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at()
    assert cast.visitor().open(link).status == 410
    assert "password" in post.last_to(cast.sora.address).subject, "the owner is told"
    assert AuditEvent.objects.filter(event="member.rescue_link_made", door="command").exists()


def test_the_operator_opens_the_way_for_whoever_lost_the_second_factor_too(cast: Cast, post: PostOffice) -> None:
    with_app(cast.sora.account)
    with pytest.raises(CommandError, match="no super admin"):
        say(cast.yuki.address, "--without-factor")
    link = next(word for word in say(cast.sora.address, "--without-factor").split() if "/l/" in word)
    browser = cast.visitor()
    page = browser.open(browser.open(link).path + "password/")
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at()
    post.deliver()
    assert any("second factor" in mail.subject for mail in post.to(cast.sora.address)), "the owner is told"
    event = AuditEvent.objects.get(event="member.factor_reset")
    assert (event.door, event.subject_id) == ("command", cast.sora.member.pk)
    with pytest.raises(CommandError, match="no second factor"):
        say(cast.sora.address, "--without-factor")


def test_the_printed_link_ends_after_an_hour(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    link = next(word for word in say(cast.sora.address).split() if "/l/" in word)
    late = clock.now() + timedelta(hours=1, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert cast.visitor().open(link).status == 410
    assert cast.visitor().sign_in(cast.sora.address, PASSWORD).path == cast.at(), "the old password still works"


def test_when_nobody_is_able_the_operator_resumes_or_appoints(cast: Cast, post: PostOffice) -> None:
    with pytest.raises(CommandError, match="can still sign in"):
        say(cast.yuki.address, "--appoint")
    Account.objects.filter(pk=cast.sora.member.account_id).update(password="")
    assert "cannot sign in" in say()
    assert "is a super admin" in say(cast.yuki.address, "--appoint")
    assert cast.yuki.actor.is_super_admin
    with pytest.raises(CommandError, match="no super admin"):
        say(cast.eve.address)
