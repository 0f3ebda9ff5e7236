"""Passkeys that are refused: by one sentence whatever is wrong, and nobody is signed in."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dure.accounts import activation
from dure.accounts.models import Account, ActivationCode, Device, Passkey, Session, SpentChallenge, Tries
from dure.core import clock
from dure.core.models import new_uid
from tests.authenticator import Authenticator, to_bytes, to_text
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.passkey_steps import (
    ADD,
    AGAIN,
    ALONE,
    BESIDE,
    LIST,
    REFUSED,
    add,
    answer,
    asked,
    codes_on,
    come_in,
    halfway,
)

Spoils = Callable[[Cast, Authenticator], Any]


def _other_origin(_cast: Cast, device: Authenticator) -> None:
    device.origin = "http://testserver.example"


def _unverified(_cast: Cast, device: Authenticator) -> None:
    device.verifies = False


def _in_a_frame(_cast: Cast, device: Authenticator) -> None:
    device.cross_origin = True


def _unknown(_cast: Cast, device: Authenticator) -> None:
    device.credentials[0].id = b"n" * 32


def _other_site(_cast: Cast, device: Authenticator) -> None:
    device.credentials[0].rp_id = "testserver.example"


def _other_key(_cast: Cast, device: Authenticator) -> None:
    stranger = Authenticator()
    question = {"excludeCredentials": [], "pubKeyCredParams": [{"alg": -7}], "challenge": ""}
    stranger.create({**question, "rp": {"id": "testserver"}, "user": {"id": ""}})
    device.credentials[0].key = stranger.credentials[0].key


def _counted_back(_cast: Cast, device: Authenticator) -> None:
    Passkey.objects.update(sign_count=40)


def _removed(_cast: Cast, _device: Authenticator) -> None:
    Passkey.objects.filter(name="My phone").delete()


SPOILED = [_other_origin, _unverified, _in_a_frame, _unknown, _other_site, _other_key, _counted_back, _removed]


@pytest.mark.parametrize("spoil", SPOILED)
@pytest.mark.parametrize("where", [ALONE, BESIDE, AGAIN])
def test_what_is_refused_reads_the_same_and_signs_nobody_in(
    with_passkey: Cast, device: Authenticator, spoil: Spoils, where: str
) -> None:
    owner = with_passkey.visitor()
    come_in(owner, device)
    add(owner, Authenticator(), "Another")  # half way, passkeys are offered also when one was removed
    browser = {ALONE: with_passkey.visitor(), BESIDE: halfway(with_passkey, with_passkey.yuki), AGAIN: owner}[where]
    spoil(with_passkey, device)
    page = come_in(browser, device, where, which=device.credentials[0])
    assert page.status == 200 and REFUSED in page.text
    assert browser is owner or browser.open(with_passkey.at()).path.startswith("/sign-in/")


def test_an_authenticator_that_does_not_count_signs_in_again_and_again(cast: Cast, post: PostOffice) -> None:
    synced = Authenticator(counts=False)
    add(cast.yuki.browser(), synced)
    for _time in range(2):
        assert come_in(cast.visitor(), synced).path == cast.at()
    assert Passkey.objects.get().sign_count == 0


def test_an_answer_works_once(with_passkey: Cast, device: Authenticator) -> None:
    device.counts, device.count = False, 0
    Passkey.objects.update(sign_count=0)
    browser = with_passkey.visitor()
    page, question = browser.open("/sign-in/"), asked(browser, "/sign-in/passkey/")
    text = device.get(question["publicKey"])
    assert browser.fill_in(page, ticket=question["ticket"], answer=text).path == with_passkey.at()
    browser.press(browser.open(with_passkey.at("more/")), "Sign out")
    assert REFUSED in browser.fill_in(page, ticket=question["ticket"], answer=text).text
    assert browser.open(with_passkey.at()).path.startswith("/sign-in/")


def test_a_wrong_answer_spends_the_challenge_too(with_passkey: Cast, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    question = asked(browser, "/sign-in/passkey/")
    device.verifies = False
    answer(browser, "/sign-in/", question["ticket"], device.get(question["publicKey"]))
    device.verifies = True
    assert REFUSED in answer(browser, "/sign-in/", question["ticket"], device.get(question["publicKey"])).text


def test_an_answer_from_another_browser_another_page_or_too_late_is_none(
    with_passkey: Cast, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = with_passkey.visitor(), with_passkey.visitor()
    asked(other, "/sign-in/passkey/")
    question = asked(mine, "/sign-in/passkey/")
    text = device.get(question["publicKey"])
    assert REFUSED in answer(other, "/sign-in/", question["ticket"], text).text, "another browser"
    half = halfway(with_passkey, with_passkey.yuki)
    assert REFUSED in answer(half, "/sign-in/second/", question["ticket"], text).text, "another page"
    later = datetime.now(UTC) + timedelta(minutes=5, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert REFUSED in answer(mine, "/sign-in/", question["ticket"], text).text, "too late"


def test_somebody_elses_passkey_does_not_do_half_way(
    with_passkey: Cast, post: PostOffice, device: Authenticator
) -> None:
    theirs = Authenticator()
    add(with_passkey.alex.browser(), theirs)
    browser = halfway(with_passkey, with_passkey.yuki)
    assert REFUSED in come_in(browser, theirs, BESIDE, which=theirs.credentials[0]).text
    assert come_in(browser, device, BESIDE).path == with_passkey.at()


def test_a_stolen_user_handle_does_not_open_another_account(with_passkey: Cast, device: Authenticator) -> None:
    device.credentials[0].user = with_passkey.alex.account.uid.encode()
    assert REFUSED in come_in(with_passkey.visitor(), device).text
    device.credentials[0].user = b""
    assert REFUSED in come_in(with_passkey.visitor(), device).text


def test_never_while_the_password_is_a_temporary_one(with_passkey: Cast, device: Authenticator) -> None:
    account, at = with_passkey.yuki.account, clock.now()
    Account.objects.filter(pk=account.pk).update(password="")
    ActivationCode.objects.create(
        uid=new_uid(),
        account=account,
        workspace_id=with_passkey.hanbit.pk,
        method=ActivationCode.GENERATED,
        encoded=activation.encode_generated(activation.generate()),
        issued_at=at,
        opens_at=at,
        expires_at=at + timedelta(hours=72),
    )
    assert REFUSED in come_in(with_passkey.visitor(), device).text


@pytest.mark.parametrize(
    "text", ["x", "[]", "{}", '{"id": 5}', '{"id": "AAAA", "rawId": "AAAA", "type": "public-key"}', "[" * 9000]
)
def test_rubbish_is_refused_like_anything_else(with_passkey: Cast, device: Authenticator, text: str) -> None:
    browser = with_passkey.visitor()
    question = asked(browser, "/sign-in/passkey/")
    assert REFUSED in answer(browser, "/sign-in/", question["ticket"], text).text
    assert REFUSED in answer(browser, "/sign-in/", "made up", text).text
    come_in(browser, device)
    question = asked(browser, "/account/passkeys/question/")
    page = browser.fill_in(browser.open(ADD), name="x", ticket=question["ticket"], answer=text)
    assert REFUSED in page.text and Passkey.objects.count() == 1


def test_after_many_failures_a_passkey_waits_and_a_known_device_does_not(
    with_passkey: Cast, device: Authenticator
) -> None:
    stranger, known = with_passkey.visitor(), with_passkey.visitor()
    come_in(known, device)
    known.press(known.open(with_passkey.at("more/")), "Sign out")
    device.verifies = False
    for _time in range(8):
        come_in(stranger, device)
    device.verifies = True
    assert REFUSED in come_in(stranger, device).text
    assert come_in(known, device).path == with_passkey.at()
    Tries.objects.all().delete()
    assert come_in(stranger, device).path == with_passkey.at()


def test_adding_refuses_what_is_not_made_here_and_a_passkey_that_is_here_already(
    with_passkey: Cast, device: Authenticator
) -> None:
    browser = with_passkey.alex.browser()
    for wrong in (Authenticator(verifies=False), Authenticator(origin="http://evil.example")):
        assert REFUSED in add(browser, wrong).text
    question = asked(browser, "/account/passkeys/question/")
    mine = device.create(question["publicKey"])
    page = browser.fill_in(browser.open(ADD), name="x", ticket=question["ticket"], answer=mine)
    assert len(codes_on(page)) == 10, "unspoiled, the same device is taken"
    Passkey.objects.filter(account=with_passkey.alex.account).update(account=with_passkey.yuki.account)
    question = asked(browser, "/account/passkeys/question/")
    again = _with_id(mine, question["publicKey"]["challenge"])
    assert REFUSED in browser.fill_in(browser.open(ADD), name="x", ticket=question["ticket"], answer=again).text
    assert Passkey.objects.count() == 2


def _with_id(made: str, challenge: str) -> str:
    """Return a credential that was made before as if it were an answer to another challenge."""
    facts = json.loads(made)
    client = json.loads(to_bytes(facts["response"]["clientDataJSON"])) | {"challenge": challenge}
    facts["response"]["clientDataJSON"] = to_text(json.dumps(client).encode())
    return json.dumps(facts)


def test_transports_that_are_no_list_are_refused_as_well(cast: Cast, device: Authenticator) -> None:
    browser = cast.yuki.browser()
    question = asked(browser, "/account/passkeys/question/")
    facts = json.loads(device.create(question["publicKey"]))
    facts["response"]["transports"] = 5
    page = browser.fill_in(browser.open(ADD), name="x", ticket=question["ticket"], answer=json.dumps(facts))
    assert REFUSED in page.text and not Passkey.objects.exists()


def test_there_are_twenty_passkeys_at_most(with_passkey: Cast, device: Authenticator) -> None:
    browser = with_passkey.visitor()
    come_in(browser, device)
    Passkey.objects.bulk_create(
        Passkey(
            account=with_passkey.yuki.account,
            credential_id=bytes([number]),
            public_key=b"",
            name="x",
            since=clock.now(),
        )
        for number in range(19)
    )
    assert "twenty passkeys already" in add(browser, Authenticator()).text


def test_changing_passkeys_asks_for_the_password_again_after_a_while(
    with_passkey: Cast, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = with_passkey.visitor()
    come_in(browser, device)
    page = browser.open(f"/account/passkeys/{Passkey.objects.get().uid}/")
    later = datetime.now(UTC) + timedelta(minutes=16)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert browser.press(page, "Remove the passkey").path.startswith("/account/confirm/")
    assert browser.open(ADD).path.startswith("/account/confirm/")
    assert browser.open("/account/passkeys/question/").path.startswith("/account/confirm/")
    assert Passkey.objects.count() == 1


def test_one_of_many_racing_answers_signs_in(with_passkey: Cast) -> None:
    synced, owner = Authenticator(counts=False), with_passkey.visitor()
    owner.sign_in(with_passkey.alex.address, PASSWORD)
    add(owner, synced)
    browser = with_passkey.visitor()
    page, question = browser.open("/sign-in/"), asked(browser, "/sign-in/passkey/")
    text = synced.get(question["publicKey"])
    before = Session.objects.count()
    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(lambda _n: browser.fill_in(page, ticket=question["ticket"], answer=text), range(8)))
    assert Session.objects.count() - before == 1
    assert sum(REFUSED in page.text for page in pages) == 7


def test_nobody_sees_or_touches_anothers_passkey(with_passkey: Cast) -> None:
    browser, uid = with_passkey.alex.browser(), Passkey.objects.get().uid
    page = browser.open(ADD)
    assert browser.open(f"/account/passkeys/{uid}/").status == 404
    form = page.form_with("name")
    form.action = f"/account/passkeys/{uid}/"
    assert browser.submit(page, form, name="mine").status == 404
    assert Passkey.objects.get().name == "My phone"


def test_asking_writes_nothing_and_tells_nothing(with_passkey: Cast) -> None:
    before = (SpentChallenge.objects.count(), Device.objects.count())
    first, second = (asked(with_passkey.visitor(), "/sign-in/passkey/") for _time in range(2))
    assert (SpentChallenge.objects.count(), Device.objects.count()) == before
    assert first["publicKey"].pop("challenge") != second["publicKey"].pop("challenge")
    assert first["publicKey"] == second["publicKey"]


def test_a_server_reached_by_a_number_offers_no_passkeys(cast: Cast, settings: Any) -> None:
    settings.DURE = {**settings.DURE, "PUBLIC_URL": "http://127.0.0.1:8000"}
    assert not [form for form in cast.visitor().open("/sign-in/").forms if "answer" in form.inputs]
    assert "reached by a number" in cast.yuki.browser().open(LIST).text
