"""An alias that somebody else registers, and a private address that two people share (PRODUCT.md §4.15)."""

from datetime import timedelta

import pytest

from dure.accounts.models import Account, ActivationCode, Address
from dure.core import clock
from dure.members.models import Member
from tests.cast import PASSWORD, Cast
from tests.index import renew
from tests.post import PostOffice
from tests.stories.steps import HARU, register
from tests.stories.test_k12_i_dont_know_my_id import asked, code_for
from tests.visitor import Page, Visitor

OLD, SHARED = "yuki.sato@hanbitsoft.co.kr", "family@home.example"


@pytest.fixture
def alias(cast: Cast) -> Address:
    """Yuki's old ID, which is an alias for a month."""
    at, facts = clock.now(), {"canonical": OLD, "kind": Address.ALIAS}
    return Address.objects.create(account=cast.yuki.account, proven_at=at, until=at + timedelta(days=30), **facts)


def share(cast: Cast, *, yuki: bool, eve: bool) -> None:
    """Give Yuki and Eve one private address, proven or not."""
    for somebody, proven in ((cast.yuki, yuki), (cast.eve, eve)):
        at = clock.now() if proven else None
        Address.objects.create(account=somebody.account, canonical=SHARED, kind=Address.PRIVATE, proven_at=at)
        renew(somebody.account.pk)


def whose() -> list[list[dict[str, object]]]:
    """Return every account with its password, and every address."""
    accounts = Account.objects.order_by("pk").values("pk", "password", "epoch")
    return [list(accounts), list(Address.objects.order_by("pk").values())]


def mailed(browser: Visitor, address: str) -> Page:
    """Ask for the mail with the IDs."""
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", "mail"))
    return browser.submit(page, form, id=address)


@pytest.mark.parametrize("spelling", [OLD, OLD.upper(), f" {OLD} "])
@pytest.mark.parametrize("method", ["member", "generate"])
def test_an_alias_registered_for_somebody_else_stays_its_owners(
    cast: Cast, post: PostOffice, alias: Address, spelling: str, method: str
) -> None:
    before = whose()
    fernweh = cast.alex.browser()
    typed = {**HARU, "id": spelling, "method": method}
    register(cast, cast.minjun, **typed)
    fernweh.fill_in(fernweh.open(f"/w/{cast.fernweh.uid}/admin/members/register/"), **typed)
    assert whose() == before
    assert not Member.objects.filter(given_name=HARU["given_name"]).exists()
    assert not ActivationCode.objects.exists(), "nobody is given a password for an account they do not manage"
    assert cast.visitor().sign_in(OLD, PASSWORD).path == cast.at()


def test_a_mistyped_id_is_not_corrected_to_an_alias_of_somebody_else(
    cast: Cast, post: PostOffice, alias: Address
) -> None:
    register(cast, cast.minjun)
    browser = cast.minjun.browser()
    uid = Member.objects.get(given_name=HARU["given_name"]).uid
    page = browser.fill_in(browser.open(cast.at(f"admin/members/{uid}/correct-id/")), id=OLD)
    assert page.error_beside("id")
    assert Address.objects.filter(canonical=HARU["id"], kind=Address.ID).exists()


def test_a_private_address_that_is_somebodys_alias_signs_nobody_else_in(
    cast: Cast, post: PostOffice, alias: Address
) -> None:
    register(cast, cast.minjun, private_address=OLD, send_to="id")
    assert Address.objects.filter(canonical=OLD, kind=Address.PRIVATE).exists()
    browser = cast.visitor()
    page = browser.sign_in(OLD, PASSWORD)
    assert page.path == cast.at() and cast.yuki.address in browser.open("/workspaces/").text


def test_an_alias_gets_notices_and_the_list_and_never_a_link_that_opens(
    cast: Cast, post: PostOffice, alias: Address
) -> None:
    browser = cast.visitor()
    browser.fill_in(browser.open("/reset/"), id=OLD)
    post.deliver()
    assert [mail.recipients for mail in post.received if "/l/" in mail.text] == [[cast.yuki.address]], "the ID gets it"
    mailed(browser, OLD)
    assert cast.yuki.address in post.last_to(OLD).text


@pytest.mark.parametrize(("yuki", "eve"), [(False, False), (True, False), (True, True)])
def test_find_id_mails_both_lists_to_a_shared_private_address(
    cast: Cast, post: PostOffice, yuki: bool, eve: bool
) -> None:
    share(cast, yuki=yuki, eve=eve)
    mailed(cast.visitor(), SHARED)
    post.deliver()
    assert len(post.to(SHARED)) == 1, "one mail, not one for each"
    for body in (post.to(SHARED)[0].text, post.to(SHARED)[0].part("html")):
        assert cast.yuki.address in body and cast.eve.address in body


def test_the_code_lists_both_when_both_have_proven_it_and_signs_nobody_in(cast: Cast, post: PostOffice) -> None:
    share(cast, yuki=True, eve=True)
    browser = cast.visitor()
    page = browser.fill_in(asked(browser, SHARED), code=code_for(post, SHARED))
    assert cast.yuki.address in page.text and cast.eve.address in page.text
    assert browser.open("/workspaces/").path.startswith("/sign-in/")


def test_the_code_lists_only_the_one_who_has_proven_it(cast: Cast, post: PostOffice) -> None:
    share(cast, yuki=True, eve=False)
    browser = cast.visitor()
    page = browser.fill_in(asked(browser, SHARED), code=code_for(post, SHARED))
    assert cast.yuki.address in page.text and cast.eve.address not in page.text


def test_a_shared_private_address_signs_nobody_in_and_resets_nothing(cast: Cast, post: PostOffice) -> None:
    share(cast, yuki=True, eve=True)
    browser = cast.visitor()
    assert browser.sign_in(SHARED, PASSWORD).path == "/sign-in/"
    browser.fill_in(browser.open("/reset/"), id=SHARED)
    post.deliver()
    assert post.received == []
