"""Invitations by mail in a real browser: pasted, looked through, copied, withdrawn; on a phone and on a PC."""

from typing import Any

import pytest

from dure.accounts.models import Account
from dure.joining.models import Invitation
from dure.mail.models import Letter
from tests.browser.conftest import Screen, looks
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("look", looks(2), indirect=True)]
TEXT = "김하은 <haeun@example.com>\nwrong\nemily@example.com, yuki.tanaka@hanbitsoft.co.kr\nhaeun@example.com"


@pytest.fixture
def signed_in(cast: Cast, post: PostOffice, screen: Screen, look: Any) -> Cast:
    """Minjun has signed in; everybody speaks the look's language."""
    Account.objects.update(language=look[1])
    screen.sign_in(cast.minjun.address, PASSWORD)
    return cast


def test_addresses_are_pasted_and_what_is_wrong_is_corrected_in_place(signed_in: Cast, screen: Screen) -> None:
    screen.open(signed_in.at("admin/invitations/"))
    page = screen.page
    screen.press(".pagehead .button")
    page.fill("#id_text", TEXT)
    page.fill("#id_message", "반갑습니다.")
    screen.press("main form button[data-kind=primary]")
    screen.picture("invited-some")
    assert Invitation.objects.count() == 2 and page.input_value("#id_text") == "wrong"
    page.fill("#id_text", "right@example.com")
    screen.press("main form button[data-kind=primary]")
    assert Invitation.objects.filter(address="right@example.com").exists() and "/invitations/" in page.url
    screen.picture("invited-one")


def test_a_link_is_copied_and_shown_once(signed_in: Cast, screen: Screen, post: PostOffice) -> None:
    screen.open(signed_in.at("admin/invitations/new/"))
    screen.page.fill("#id_text", "haeun@example.com")
    screen.press("main form button[data-kind=primary]")
    screen.press("button[value=copy]")
    assert "/l/" in screen.page.inner_text("#invitation-link")
    screen.picture("copied")
    post.deliver()
    screen.open(signed_in.at(f"admin/invitations/{Invitation.objects.get().uid}/"))
    assert screen.page.locator("#invitation-link").count() == 0


def test_some_are_chosen_in_the_list_and_withdrawn(signed_in: Cast, screen: Screen) -> None:
    screen.open(signed_in.at("admin/invitations/new/"))
    screen.page.fill("#id_text", "\n".join(f"p{number}@example.com" for number in range(5)))
    screen.press("main form button[data-kind=primary]")
    Letter.objects.filter(about=Invitation.objects.get(address="p4@example.com").uid).update(
        state=Letter.FAILED, problem="refused 550", sealed=None
    )
    screen.open(signed_in.at("admin/invitations/"))
    screen.picture("list")
    page = screen.page
    for box in page.locator("[name=invitation]").all()[1:]:
        box.check()
    screen.check()
    assert "4" in page.inner_text("[data-count]")
    screen.press(".selection-bar .steps .button:last-child")
    screen.picture("withdraw")
    screen.press("main form button[data-kind=danger-final]")
    assert Invitation.objects.filter(withdrawn_at=None).count() == 1
    page.fill("#q", "p4")
    page.wait_for_url("**q=p4**")
    screen.check()
    assert page.locator("[name=invitation]").count() == 1
