"""Two admins act at once, on somebody or on each other; a re-issue while the person is on the change page (N14)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from dure.accounts import activation
from dure.accounts.actions.signing_in import CodeEnded
from dure.accounts.actors import Visitor
from dure.accounts.models import Account, ActivationCode
from dure.core import secrets
from dure.core.errors import DomainError, NotAllowed
from dure.core.models import OneTimeSecret
from dure.mail.models import Letter
from dure.members.actions.admitting import replace_temporary_password
from dure.members.actions.correcting import correct_id
from dure.members.actions.handing import Method
from dure.members.actions.sending_again import send_again
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from tests.cast import Cast, assemble
from tests.members.test_races import at_once
from tests.members.waiting import haeun
from tests.post import PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, handed_a_password, open_link


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def again(cast: Cast, member: Member, method: Method) -> list[Callable[[], Any]]:
    """Return the steps of four admins who send again at the same moment."""
    actors = [cast.sora.actor, cast.minjun.actor] * 2
    return [lambda actor=actor: send_again(actor, member_uids=[member.uid], method=method, to="id") for actor in actors]


def living_letters() -> list[Letter]:
    """Return what is on its way; everything else must be wiped."""
    assert not Letter.objects.filter(state=Letter.WITHDRAWN).exclude(sealed=None).exists()
    return list(Letter.objects.filter(state=Letter.WAITING))


@pytest.mark.parametrize("method", [Method.MEMBER, Method.GENERATE])
def test_four_admins_at_once_leave_one_living_credential_and_one_letter(
    crowd: Cast, post: PostOffice, method: Method
) -> None:
    member = haeun(crowd)
    outcome = at_once(*again(crowd, member, method))
    assert not [result for result in outcome if isinstance(result, Exception)], outcome
    assert len(living_letters()) == 1 and Letter.objects.filter(state=Letter.WITHDRAWN).count() == 4
    text = post.last_to(HARU["id"]).text
    if method is Method.MEMBER:
        living = OneTimeSecret.objects.get(used_at=None, withdrawn_at=None)
        assert living.uid in text and ActivationCode.objects.count() == 0
    else:
        found = re.search(r"[0-9a-z]{4}(-[0-9a-z]{4}){3}", text)
        assert found and activation.is_same(found[0], ActivationCode.objects.get().encoded)
        assert not OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).exists()


def test_a_link_and_a_temporary_password_at_once_leave_one_of_them(crowd: Cast, post: PostOffice) -> None:
    member = haeun(crowd)
    outcome = at_once(*again(crowd, member, Method.MEMBER)[:2], *again(crowd, member, Method.GENERATE)[2:])
    assert not [result for result in outcome if isinstance(result, Exception)], outcome
    living = OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).count() + ActivationCode.objects.count()
    assert living == len(living_letters()) == 1


@pytest.mark.parametrize("number", range(4))
def test_saving_while_it_is_re_issued_and_the_id_is_corrected_leaves_no_half_state(
    crowd: Cast, no_post: None, number: int
) -> None:
    member = haeun(crowd)
    first = send_again(crowd.minjun.actor, member_uids=[member.uid], method=Method.GENERATE).handed[0]
    sora, minjun = crowd.sora.actor, crowd.minjun.actor
    saved, *others = at_once(
        lambda: replace_temporary_password(Visitor(), code_uid=first.via, password=NEW_PASSWORD),
        lambda: send_again(sora, member_uids=[member.uid], method=Method.GENERATE),
        lambda: correct_id(minjun, member_uid=member.uid, address=f"right{number}@hanbitsoft.co.kr"),
    )
    assert not [other for other in others if isinstance(other, Exception) and not isinstance(other, DomainError)]
    account = Account.objects.get(pk=member.account_id)
    member.refresh_from_db()
    codes = ActivationCode.objects.filter(used_at=None).count()
    links = OneTimeSecret.objects.filter(used_at=None, withdrawn_at=None).count()
    if isinstance(saved, Account):
        assert account.has_own_password and member.state == "active" and codes == links == 0, (codes, links, others)
    else:
        assert isinstance(saved, CodeEnded), saved
        assert not account.has_own_password and codes + links == 1


@pytest.mark.parametrize("number", range(4))
def test_two_super_admins_suspending_each_other_leave_one_and_neither_sees_an_error(
    crowd: Cast, no_post: None, number: int
) -> None:
    Member.objects.filter(pk=crowd.yuki.member.pk).update(is_super_admin=True)
    sora, yuki = crowd.sora.actor, crowd.yuki.actor
    outcome = at_once(
        lambda: suspend(sora, member_uid=crowd.yuki.member.uid),
        lambda: suspend(yuki, member_uid=crowd.sora.member.uid),
    )
    assert {type(result) for result in outcome} == {NotAllowed, Member}, outcome


@pytest.mark.parametrize("method", [Method.MEMBER, Method.GENERATE])
def test_whoever_has_the_change_page_open_is_told_and_comes_in_with_the_newer_one(
    cast: Cast, post: PostOffice, method: Method
) -> None:
    browser, old = cast.visitor(), handed_a_password(cast)
    page = browser.sign_in(HARU["id"], old)
    member = Member.objects.get(given_name="하은")
    handed = send_again(cast.minjun.actor, member_uids=[member.uid], method=method, to="id").handed[0]
    before = Account.objects.filter(pk=member.account_id).values().get()
    page = browser.fill_in(page, new_password=NEW_PASSWORD)
    assert page.status == 410 and "newer one" in page.text and "Nothing was saved" in page.text
    assert Account.objects.filter(pk=member.account_id).values().get() == before
    assert cast.visitor().sign_in(HARU["id"], old).path == "/sign-in/", "the old one is dead"
    if method is Method.GENERATE:
        page = browser.sign_in(HARU["id"], handed.password)
    else:
        page = open_link(browser, post.last_to(HARU["id"]).link)
        assert secrets.end_of(OneTimeSecret.objects.latest("id")) == ""
    assert browser.fill_in(page, new_password=NEW_PASSWORD).path == cast.at("?welcome")


def test_the_first_of_two_browsers_sets_the_password_and_the_second_changes_nothing(cast: Cast, no_post: None) -> None:
    password = handed_a_password(cast)
    here, there = cast.visitor(), cast.visitor()
    pages = [browser.sign_in(HARU["id"], password) for browser in (here, there)]
    here.fill_in(pages[0], new_password=NEW_PASSWORD)
    page = there.fill_in(pages[1], new_password="seven grey swans doze")
    assert page.path == "/sign-in/" and there.sign_in(HARU["id"], "seven grey swans doze").path == "/sign-in/"
    assert there.sign_in(HARU["id"], NEW_PASSWORD).path == cast.at()
