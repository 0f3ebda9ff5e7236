"""How often somebody may begin, have a code mailed and type one, and what an unfinished sign-up leaves behind."""

from datetime import timedelta
from typing import Any

import pytest

from dure.accounts import hashing
from dure.accounts.actions.signing_in import Browser
from dure.accounts.actors import Visitor
from dure.audit.models import AuditEvent
from dure.core import clock, keys
from dure.core.errors import NotFound
from dure.core.events import Event
from dure.joining import ways
from dure.joining.actions import sign_up_codes, sign_up_mails, signing_up
from dure.joining.actions.sign_up_codes import CodeTooOld, SignUpOver, TooManyWrongCodes, TriesUsedUp, WrongDigits
from dure.joining.actions.sign_up_mails import NoMoreCodes, TooManySignUps
from dure.joining.models import InviteLink, SignUp
from dure.joining.proven import HasAccount
from dure.joining.ways import Way
from dure.mail.models import Letter
from tests.cast import Cast, join
from tests.joining.asking import invite_link
from tests.post import PostOffice

BO, HERE = "bo@example.com", "198.51.100.0/24"
TYPED = {"family_name": "", "given_name": "Bo", "language": "en", "password": "seven quiet herons wade"}
VISITOR = Visitor(door="web")


@pytest.fixture
def link(people: Cast, post: PostOffice) -> InviteLink:
    """A link that lets anybody in."""
    return invite_link(people, needs_approval=False)


def begin(link: InviteLink, address: str = BO, *, network: str = HERE) -> signing_up.Begun:
    secret = ways.secret_of(link)
    return signing_up.begin(VISITOR, secret=secret, address=address, network=network, **TYPED)


def way_of(link: InviteLink) -> Way:
    found = ways.find(ways.secret_of(link))
    assert found
    return found


def code_of(uid: str) -> str:
    """Return the digits in the newest letter about a sign-up."""
    letter = Letter.objects.filter(about=uid).latest("id")
    return str(keys.unseal("letter", letter.sealed)["context"]["code"])


def type_in(begun: signing_up.Begun, link: InviteLink, code: str) -> signing_up.Finished:
    row = SignUp.objects.get(uid=begun.uid)
    facts = {"way": way_of(link), "device": Browser(), "network": HERE}
    return signing_up.finish_with_code(VISITOR, row=row, browser=begun.browser, code=code, **facts)


def again(begun: signing_up.Begun, link: InviteLink) -> None:
    SignUp.objects.filter(uid=begun.uid).update(code_until=clock.now())
    sign_up_mails.send_code_again(VISITOR, uid=begun.uid, browser=begun.browser, way=way_of(link), network=HERE)


def wrong_for(begun: signing_up.Begun) -> str:
    return f"{(int(code_of(begun.uid)) + 1) % 1_000_000:06d}"


def test_a_sign_up_ends_by_the_way_it_was_begun_by_and_no_other(people: Cast, link: InviteLink) -> None:
    begun, other = begin(link), invite_link(people, needs_approval=False, name="Other")
    with pytest.raises(NotFound):
        type_in(begun, other, code_of(begun.uid))
    with pytest.raises(NotFound):
        again(begun, other)
    assert InviteLink.objects.get(pk=other.pk).uses == 0 and SignUp.objects.filter(uid=begun.uid).exists()


def test_one_network_begins_so_many_within_an_hour(link: InviteLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_up_mails, "BEGUN_AN_HOUR", 2)
    begin(link, "a@example.com")
    begin(link, "b@example.com")
    with monkeypatch.context() as patched:
        patched.setattr(hashing, "hash_password", lambda _password: pytest.fail("a hash for whoever is refused"))
        with pytest.raises(TooManySignUps):
            begin(link, "c@example.com")
    begin(link, "c@example.com", network="203.0.113.0/24")
    assert SignUp.objects.count() == 3


def test_ten_codes_and_no_more_and_the_trail_tells_of_each(
    people: Cast, link: InviteLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_up_mails, "CODES", 3)
    begun = begin(link)
    again(begun, link)
    again(begun, link)
    with pytest.raises(NoMoreCodes):
        again(begun, link)
    told = AuditEvent.objects.filter(workspace_id=people.hanbit.pk, event=Event.SIGN_UP_CODE_MAILED)
    assert told.count() == 2
    assert Letter.objects.filter(about=begun.uid).count() == 3


@pytest.mark.parametrize("spelling", ["victim+{}@example.com", "v{}ictim@gmail.com", "victim@{}mail.com"])
def test_a_mailbox_of_many_spellings_is_one_mailbox(link: InviteLink, spelling: str) -> None:
    for number in range(8):
        turned = ("google", "g") if "@{}" in spelling else (".", "") if "gmail" in spelling else (number, f"{number}x")
        begin(link, spelling.format(turned[number % 2]))
    assert Letter.objects.filter(kind="sign_up_code").count() == sign_up_mails.MAILS_AN_HOUR


def test_strangers_elsewhere_do_not_use_up_the_codes_of_a_mailbox(
    link: InviteLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(25):
        begin(link, network="203.0.113.0/24")
    begun = begin(link)
    assert type_in(begun, link, code_of(begun.uid)).account
    monkeypatch.setattr(sign_up_mails, "MAILS_OF_ALL", 6)
    late = begin(link, network="192.0.2.0/24")
    assert not Letter.objects.filter(about=late.uid).exists(), "though not for ever"


def test_only_tries_that_were_left_count_against_a_network(link: InviteLink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sign_up_codes, "WRONG_AN_HOUR", 5)
    begun, neighbour = begin(link), begin(link, "noor@example.com")
    wrong = wrong_for(begun)
    for left in (4, 3, 2, 1):
        with pytest.raises(WrongDigits) as told:
            type_in(begun, link, wrong)
        assert told.value.left == left
    SignUp.objects.filter(uid=begun.uid).update(tries_left=0)
    for _number in range(9):
        with pytest.raises(TriesUsedUp):
            type_in(begun, link, wrong)
    assert type_in(neighbour, link, code_of(neighbour.uid)).account
    third = begin(link, "third@example.com")
    with pytest.raises(WrongDigits):
        type_in(third, link, wrong_for(third))
    with pytest.raises(TooManyWrongCodes):
        type_in(third, link, code_of(third.uid))


def test_a_code_too_late_is_called_so(link: InviteLink, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = begin(link)
    code, late = code_of(begun.uid), clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: late)
    with pytest.raises(CodeTooOld):
        type_in(begun, link, code)


def test_whoever_has_an_account_leaves_no_second_password_behind(people: Cast, link: InviteLink) -> None:
    join(people.fernweh, BO, "Bo", "B")
    begun = begin(link)
    with pytest.raises(HasAccount):
        type_in(begun, link, code_of(begun.uid))
    row = SignUp.objects.get(uid=begun.uid)
    assert row.password == "" and row.proven_at
    with pytest.raises(HasAccount):
        signing_up.finish(VISITOR, row=row, way=way_of(link), device=Browser())


def test_the_slower_of_two_who_prove_one_address_is_told(link: InviteLink, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = begin(link), begin(link)
    real: Any = sign_up_codes.refuse_other

    def overtaken(row: SignUp, way: Way) -> None:
        real(row, way)
        SignUp.objects.filter(uid=second.uid).delete()

    code = code_of(second.uid)
    type_in(first, link, code_of(first.uid))
    with pytest.raises(SignUp.DoesNotExist):
        type_in(second, link, code)
    third = begin(link, "late@example.com")
    monkeypatch.setattr(signing_up.sign_up_codes, "refuse_other", overtaken)
    SignUp.objects.filter(uid=third.uid).update(uid=second.uid)
    row = SignUp.objects.get(uid=second.uid)
    row.proven_at = clock.now()
    with pytest.raises(SignUpOver):
        signing_up.finish(VISITOR, row=row, way=way_of(link), device=Browser())
