"""The clock two days off: nothing lives longer than its time and five minutes, and nothing used lives again.

A table of everything that has a deadline. Each is made now, and then the clock is turned to before and after.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings

from dure.accounts import activation, factors, passkeys, queries
from dure.accounts.actions import recovering, signing_in
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import ActivationCode, ListingCode, SpentChallenge
from dure.accounts.passkeys import Answer, Ceremony
from dure.accounts.sessions import ACCOUNT, CODE, CODE_LASTS, HALFWAY, HALFWAY_LASTS, SINCE, SessionStore
from dure.core import clock, secrets
from dure.core.secrets import LIFETIMES, Purpose
from dure.joining import rules as invitations
from dure.joining.actions.accepting import accept
from dure.joining.actions.inviting import InvitationEnded, invite
from dure.joining.queries import waiting_for
from dure.mail import delivery
from dure.mail.models import Letter
from dure.members.actions import handing_on
from dure.members.actions.handing import Method
from dure.members.actions.rescuing import WrongRescueCode, make_rescue_codes, rescue_by_code
from dure.members.actions.sending_again import send_again
from dure.members.models import HandOver, Member
from dure.web import door, slips
from tests.accounts.factor import shown, with_app
from tests.cast import Cast
from tests.members.waiting import haeun
from tests.post import PostOffice

QUESTIONS = {Purpose.LIST_PLACES, Purpose.FIND_ID}
"""Purposes of a question alone: no secret is ever made for them."""
SECOND, MINUTE, DAYS = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=2)
SHORTEST = timedelta(minutes=5)


class Hands:
    """The hands of the clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.start = clock.now()
        self.by = timedelta(0)
        monkeypatch.setattr(clock, "now", self.now)

    def now(self) -> datetime:
        """Tell the time that is shown."""
        return self.start + self.by

    def opens_at(self, by: timedelta, opens: Callable[[], bool]) -> bool:
        """Turn the clock by so much from the start and look whether something opens."""
        self.by = by
        return opens()


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


def lives_for(hands: Hands, lasts: timedelta, opens: Callable[[], bool]) -> None:
    """Assert that something made now opens during its time, and neither before nor after it."""
    during = [timedelta(0), -SHORTEST + SECOND * 2, lasts - MINUTE]
    outside = [-DAYS, -SHORTEST - SECOND * 2, lasts + SECOND * 2, lasts + DAYS]
    assert [hands.opens_at(by, opens) for by in during] == [True] * len(during)
    assert [hands.opens_at(by, opens) for by in outside] == [False] * len(outside)


@pytest.mark.once
def test_every_purpose_has_a_lifetime_or_is_a_question() -> None:
    assert set(Purpose) == set(LIFETIMES) | QUESTIONS


@pytest.mark.parametrize("purpose", LIFETIMES)
def test_a_secret_of_any_purpose(people: Cast, hands: Hands, purpose: Purpose) -> None:
    made = {"account_id": people.yuki.member.account_id, "workspace_id": None, "address_id": None}
    row = secrets.issue(purpose, **made).row
    lives_for(hands, LIFETIMES[purpose], lambda: secrets.end_of(row) == "")
    for by in (-DAYS, LIFETIMES[purpose] + SECOND):
        assert not hands.opens_at(by, lambda: secrets.spend(row))
    assert hands.opens_at(timedelta(0), lambda: secrets.spend(row))
    for by in (-DAYS, -MINUTE, timedelta(0), DAYS):
        assert not hands.opens_at(by, lambda: secrets.spend(row)), "used is used"


@pytest.mark.parametrize("method", [Method.GENERATE, Method.ADMIN])
def test_a_temporary_password(people: Cast, no_post: None, hands: Hands, method: Method) -> None:
    member = haeun(people)
    typed = {"password": "four green otters hum"} if method is Method.ADMIN else {}
    send_again(people.minjun.actor, member_uids=[member.uid], method=method, **typed)
    code = ActivationCode.objects.get()
    spelling = "haeun.jung@hanbitsoft.co.kr"
    lives_for(hands, timedelta(hours=72), lambda: _is_living(code.uid))
    lives_for(hands, timedelta(hours=72), lambda: not activation.end_of(queries.signing_in(spelling)[1]))  # type: ignore[arg-type]
    assert hands.opens_at(timedelta(0), lambda: activation.spend(code.uid))
    for by in (-DAYS, -MINUTE, timedelta(0), DAYS):
        assert not hands.opens_at(by, lambda: activation.spend(code.uid)), "used is used"


def _is_living(uid: str) -> bool:
    try:
        return signing_in.living_code(uid).uid == uid
    except signing_in.CodeEnded:
        return False


def _asked() -> tuple[recovering.Asked, str]:
    asked = recovering.ask_for_code(address="yuki.tanaka@hanbitsoft.co.kr", network="192.0.2.0/24", language="en")
    return asked, recovering.draw_code(ListingCode.objects.get())


def _proves(asked: recovering.Asked, code: str) -> bool:
    ListingCode.objects.update(tries_left=5)
    try:
        recovering.prove_by_code(handle=asked.handle, browser=asked.browser, code=code)
    except recovering.WrongCode:
        return False
    return True


def test_a_code_that_lists(people: Cast, hands: Hands) -> None:
    asked, code = _asked()
    outside = [-DAYS, -SHORTEST - SECOND, recovering.CODE_LASTS + SECOND, DAYS]
    assert not any(hands.opens_at(by, lambda: _proves(asked, code)) for by in outside)
    assert hands.opens_at(timedelta(0), lambda: _proves(asked, code))
    lives_for(
        hands,
        recovering.CODE_LASTS,
        lambda: recovering.proven_address(handle=asked.handle, browser=asked.browser) != "",
    )
    for by in (-DAYS, -MINUTE, timedelta(0), DAYS):
        assert not hands.opens_at(by, lambda: _proves(asked, code)), "used is used"


SESSIONS: dict[str, tuple[timedelta, Callable[[Cast], SessionStore]]] = {
    ACCOUNT: (settings.SESSION_IDLE, lambda people: SessionStore.open_for(people.yuki.account, clock.now(), None)),  # type: ignore[arg-type]
    HALFWAY: (HALFWAY_LASTS, lambda people: SessionStore.open_halfway(people.yuki.account, clock.now())),
    CODE: (CODE_LASTS, lambda people: SessionStore.open_for_code(people.yuki.member.account_id, "c" * 22, clock.now())),
}


@pytest.mark.parametrize("kind", SESSIONS)
def test_a_session_of_any_kind(people: Cast, hands: Hands, kind: str) -> None:
    lasts, opened = SESSIONS[kind]
    key = opened(people).session_key
    lives_for(hands, lasts, lambda: SessionStore(key).get(kind) is not None)


def test_a_session_used_every_day_ends_after_its_longest_time_also_with_the_clock_turned_back(
    people: Cast, hands: Hands
) -> None:
    store = SessionStore.open_for(people.yuki.account, clock.now(), None)  # type: ignore[arg-type]
    hands.by = settings.SESSION_IDLE - MINUTE
    store = SessionStore(store.session_key)
    store["touched"] = int(clock.now().timestamp())
    store.save()
    assert hands.opens_at(hands.by + timedelta(days=1), lambda: ACCOUNT in SessionStore(store.session_key))
    assert not hands.opens_at(-DAYS, lambda: ACCOUNT in SessionStore(store.session_key))


@pytest.mark.parametrize("proved", [SINCE, door.CONFIRMED])
def test_a_password_typed_a_moment_ago(hands: Hands, proved: str) -> None:
    session = {proved: clock.now().timestamp()}
    page = door.fresh(lambda request: SimpleNamespace(status_code=200))  # type: ignore[arg-type,return-value]
    asked: Any = SimpleNamespace(session=session, get_full_path=lambda: "/account/factor/", method="GET", headers={})
    lives_for(hands, door.FRESH, lambda: page(asked).status_code == 200)


def test_an_offered_role(people: Cast, no_post: None, hands: Hands) -> None:
    handing_on.offer_role(people.sora.actor, member_uid=people.yuki.member.uid, keeps=[])
    offer = HandOver.objects.select_related("giver").get()
    lives_for(hands, handing_on.LASTS, lambda: handing_on.is_open(offer))


def test_an_invitation(people: Cast, no_post: None, hands: Hands) -> None:
    known = {"id": people.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    invitation = invite(people.minjun.actor, submission="once", known=known)
    lives_for(hands, invitations.LASTS, lambda: waiting_for(people.alex.account).exists())
    lives_for(hands, invitations.LASTS, lambda: invitations.state_of(invitation) is invitations.State.WAITING)
    hands.by = -DAYS
    with pytest.raises(InvitationEnded):
        accept(Owner(people.alex.account), invitation_uid=invitation.uid)
    assert invite(people.minjun.actor, submission="again", known=known).pk != invitation.pk, "it makes room"


def test_the_question_a_passkey_answers(people: Cast, hands: Hands) -> None:
    def opens() -> bool:
        question = Answer(Ceremony.SIGN_IN, "browser", ticket, "")
        SpentChallenge.objects.all().delete()
        try:
            return bool(passkeys.spend_challenge(question))
        except passkeys.PasskeyRefused:
            return False

    ticket = passkeys.question_to_use(Ceremony.SIGN_IN, "browser").ticket
    lives_for(hands, passkeys.LASTS, opens)


def test_a_password_on_an_admins_screen(hands: Hands) -> None:
    sealed = slips.seal([{"password": "x"}])
    lives_for(hands, slips.LASTS, lambda: slips.read(sealed) != [])


def test_a_letter_with_a_secret_dies_with_it_and_is_wiped(people: Cast, post: PostOffice, hands: Hands) -> None:
    member = haeun(people)
    for by, method in ((timedelta(days=8), Method.MEMBER), (-DAYS, Method.MEMBER), (-DAYS, Method.GENERATE)):
        hands.by = timedelta(0)
        send_again(people.minjun.actor, member_uids=[member.uid], method=method, to="id")
        hands.by = by
        delivery.deliver_due()
        letter = Letter.objects.latest("id")
        assert (letter.state, letter.sealed) == (Letter.EXPIRED, None)
    assert post.received == []


def test_a_deadline_does_not_move_with_the_clock(people: Cast, no_post: None, hands: Hands) -> None:
    member = haeun(people)
    before = Member.objects.get(pk=member.pk).deadline_at
    hands.by = -DAYS
    assert Member.objects.get(pk=member.pk).deadline_at == before


def test_a_code_of_the_app_and_a_spare_one(people: Cast, no_post: None, hands: Hands) -> None:
    key, spare = with_app(people.yuki.account)
    code, step = shown(key, steps=1), timedelta(seconds=factors.STEP)
    outside = [-DAYS, step * 4, DAYS]
    assert not any(hands.opens_at(by, lambda: factors.spend(people.yuki.account, code) != "") for by in outside)
    for secret in (code, spare[0]):
        assert hands.opens_at(timedelta(0), lambda secret=secret: factors.spend(people.yuki.account, secret) != "")
        for by in (-DAYS, -step, timedelta(0), step, DAYS):
            assert not hands.opens_at(by, lambda secret=secret: factors.spend(people.yuki.account, secret) != "")


def test_a_printed_code_and_an_accepted_role_are_over_whatever_the_clock_says(
    people: Cast, no_post: None, hands: Hands
) -> None:
    code = make_rescue_codes(people.sora.actor)[0]
    typed = {"address": people.sora.address, "code": code, "network": "192.0.2.0/24"}
    rescue_by_code(Visitor(), **typed, password="twelve blue lanterns drift")
    offer = handing_on.offer_role(people.sora.actor, member_uid=people.yuki.member.uid, keeps=[])
    handing_on.accept_role(people.yuki.actor, offer_uid=offer.uid)
    for by in (-DAYS, -MINUTE, timedelta(0), DAYS):
        hands.by = by
        with pytest.raises(WrongRescueCode):
            rescue_by_code(Visitor(), **typed, password="nine amber foxes yawn")
        with pytest.raises(handing_on.OfferEnded):
            handing_on.accept_role(people.yuki.actor, offer_uid=offer.uid)
