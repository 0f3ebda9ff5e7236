"""An unproven account yields to whoever proves its ID (PRODUCT.md §4.2): no earlier holder has a way back in."""

import pytest

from dure.accounts.models import Account, Address, Device, Passkey
from dure.audit.models import AuditEvent
from tests.authenticator import Authenticator
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.passkey_steps import REFUSED, add, come_in
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password
from tests.visitor import Visitor

OWN = "nine amber foxes yawn"


@pytest.fixture
def first(cast: Cast, post: PostOffice, device: Authenticator) -> Visitor:
    """The browser of an admin who used the temporary password before 하은, and meant to stay."""
    browser, password = cast.visitor(), handed_a_password(cast)
    browser.fill_in(browser.sign_in(HARU["id"], password), new_password=NEW_PASSWORD)
    add(browser, device)
    browser.fill_in(browser.open("/account/private/"), id="thief@nowhere.example")
    return browser


def proves(cast: Cast, post: PostOffice) -> Visitor:
    """하은, who reads the mail of the ID, asks for a new password and sets it."""
    browser = cast.visitor()
    browser.fill_in(browser.open("/reset/"), id=HARU["id"])
    page = browser.follow(browser.open(post.last_to(HARU["id"]).link), "Set my password")
    came = browser.fill_in(page, new_password=OWN)
    assert came.path == cast.at("?welcome"), (
        "nobody else's second factor stands in the way, and she comes as somebody new"
    )
    return browser


def test_haeun_proves_the_id_and_the_account_is_hers_alone(
    cast: Cast, post: PostOffice, first: Visitor, device: Authenticator
) -> None:
    haeun = proves(cast, post)
    account = Account.objects.get(addresses__canonical=HARU["id"])
    assert not account.has_factor and not Passkey.objects.exists()
    assert REFUSED in come_in(cast.visitor(), device).text, "a passkey from before opens nothing"
    assert first.open(cast.at()).path.startswith("/sign-in/")
    assert not Address.objects.filter(account=account, kind=Address.PRIVATE).exists()
    assert Device.objects.filter(account=account).count() == 1, "the thief's browser is a stranger's again"
    post.deliver()
    assert any("turned off" in mail.text for mail in post.to(HARU["id"])), "she is told"
    assert "second_factor" in AuditEvent.objects.filter(event="account.password_set").latest("id").fields
    assert haeun.open("/account/").status == 200


def test_once_it_is_proven_the_second_factor_stays(cast: Cast, post: PostOffice, device: Authenticator) -> None:
    browser, password = cast.visitor(), handed_a_password(cast)
    browser.fill_in(browser.sign_in(HARU["id"], password), new_password=NEW_PASSWORD)
    proves(cast, post)
    browser = cast.visitor()
    browser.sign_in(HARU["id"], OWN)
    add(browser, device)
    browser = cast.visitor()
    browser.fill_in(browser.open("/reset/"), id=HARU["id"])
    page = browser.follow(browser.open(post.last_to(HARU["id"]).link), "Set my password")
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == "/sign-in/second/"
