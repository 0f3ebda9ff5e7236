"""Admin › Mail says whom a letter went to as far as is known, and who asked of oneself what still matters (§4.13)."""

from dure.accounts.actors import Owner
from dure.joining.actions.deciding import refuse
from dure.joining.actions.entering import join
from dure.joining.models import JoinRequest
from dure.joining.ways import secret_of
from dure.mail.models import Letter
from tests.cast import Cast
from tests.joining import asking
from tests.post import PostOffice
from tests.stories.joining import BORAM, begin, confirm, invite_link
from tests.stories.test_join_requests import nora
from tests.web.test_pages import queries


def mail(cast: Cast) -> str:
    """Return what the page of all letters says to an admin."""
    return cast.minjun.browser().open(cast.at("admin/mail/")).text


def refused(cast: Cast, request: JoinRequest, reason: str = "Full.") -> None:
    """Let Minjun refuse a request."""
    refuse(cast.minjun.actor, request_uids=[request.uid], reason=reason)


def test_a_code_is_of_somebody_signing_up_until_it_is_of_a_member(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = begin(browser, invite_link(cast.sora))
    post.last_to(BORAM["id"])
    said = mail(cast)
    assert "somebody signing up" in said and "gone" not in said
    assert "boram" not in said and "보람" not in said, "an address that is not proven is nobody's"
    confirm(browser, page, post)
    post.last_to(BORAM["id"])
    said = mail(cast)
    assert "윤보람" in said and "Code for signing up" in said
    assert "gone" not in said and "somebody signing up" not in said
    assert Letter.objects.filter(account_id=None).count() == 0, "the code goes with the account"


def test_somebody_who_has_an_account_signs_up_unnamed(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = begin(browser, invite_link(cast.sora), id=cast.alex.address)
    confirm(browser, page, post, cast.alex.address)
    said = mail(cast)
    assert "somebody signing up" in said and "gone" not in said and "alex" not in said.lower()


def test_whoever_asks_is_named_also_after_the_answer(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.sora, needs_approval=True)
    browser = cast.visitor()
    confirm(browser, begin(browser, link), post)
    said = mail(cast)
    assert said.count("윤보람") >= 2 and "gone" not in said, "for the code and for the letter that it was received"
    refused(cast, JoinRequest.objects.get())
    said = mail(cast)
    assert "윤보람" in said and "ended without a place" in said and "gone" not in said


def test_many_who_ask_are_read_at_once(cast: Cast, post: PostOffice) -> None:
    link = asking.invite_link(cast)
    browser = cast.minjun.browser()
    asking.asks(asking.signed_up(), link)
    few = queries(browser, cast.at("admin/mail/"))
    asking.crowd(cast, 20, link)
    assert queries(browser, cast.at("admin/mail/")) == few


def test_of_several_refusals_the_newest_is_shown_and_none_to_a_member(cast: Cast) -> None:
    link, account = asking.invite_link(cast), asking.signed_up()
    for reason in ("Full this year.", "Full next year too."):
        request = asking.asks(account, link)
        refused(cast, request, reason)
    browser = nora(cast)
    page = browser.open("/workspaces/")
    assert page.body.count("/workspaces/requests/") == 1 and request.uid in page.body
    asking.asks(account, link)
    page = browser.open("/workspaces/")
    assert page.body.count("/workspaces/requests/") == 1 and request.uid not in page.body, "the one that waits"
    refused(cast, JoinRequest.objects.get(ended_at=None))
    way = asking.invite_link(cast, needs_approval=False)
    join(Owner(account), link=secret_of(way), family_name="Lind", given_name="Nora")
    page = browser.open("/workspaces/")
    assert "/workspaces/requests/" not in page.body and "한빛소프트" in page.text
