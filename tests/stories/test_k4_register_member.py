"""K4: Admin service › Workspace members › Member management › Register member.

"A super admin, or an admin with *Member management*, enters ID (e-mail), name and more."
"""

import uuid

import pytest

from dure.accounts.models import Account, Address
from dure.audit.models import AuditEvent
from dure.mail.models import Letter
from dure.members.models import Member
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.steps import HARU


def rows() -> tuple[int, ...]:
    """Count everything a registration writes."""
    return tuple(model.objects.count() for model in (Account, Address, Member, Letter, AuditEvent))


@pytest.mark.parametrize("who", ["sora", "minjun"])
def test_a_super_admin_and_an_admin_with_member_management_register_a_member(
    cast: Cast, post: PostOffice, who: str
) -> None:
    browser = getattr(cast, who).browser()
    form = browser.open(cast.at("admin/members/register/"))
    page = browser.fill_in(form, **HARU)
    assert page.status == 200
    assert "정하은 has been added" in page.text
    assert "haeun.jung@hanbitsoft.co.kr" in page.text
    assert "awaiting registration" in page.text
    member = Member.objects.get(workspace=cast.hanbit, given_name="하은")
    assert (member.state, member.account.password) == ("registered", "")
    mail = post.last_to("haeun.jung@hanbitsoft.co.kr")
    assert "/l/" in mail.link
    assert "한빛소프트" in mail.text


@pytest.mark.parametrize("who", ["eve", "yuki", "alex"])
def test_everybody_else_is_refused_and_nothing_changes(cast: Cast, post: PostOffice, who: str) -> None:
    browser = getattr(cast, who).browser()
    before = rows()
    page = browser.open(cast.at("admin/members/register/"))
    assert page.status == (404 if who == "alex" else 403)
    assert rows() == before


def test_a_visitor_is_sent_to_the_sign_in_page_and_back(cast: Cast) -> None:
    browser = cast.visitor()
    page = browser.open(cast.at("admin/members/"))
    assert page.path.startswith("/sign-in/")
    page = browser.fill_in(page, id=cast.sora.address, password=PASSWORD)
    assert page.path == cast.at("admin/members/")


def test_an_id_of_this_workspace_gets_an_error_beside_its_field_and_nothing_typed_is_lost(
    cast: Cast, post: PostOffice
) -> None:
    browser = cast.minjun.browser()
    before = rows()
    page = browser.fill_in(
        browser.open(cast.at("admin/members/register/")),
        family_name="다나카",
        given_name="유키",
        id="Yuki.Tanaka@HanbitSoft.co.kr",
    )
    assert "member of this workspace already" in page.error_beside("id")
    assert 'value="다나카"' in page.body and 'value="Yuki.Tanaka@HanbitSoft.co.kr"' in page.body
    assert rows() == before


def test_an_id_from_elsewhere_on_this_server_is_invited_and_nothing_is_told_of_elsewhere(
    cast: Cast, post: PostOffice
) -> None:
    browser = cast.minjun.browser()
    before = rows()
    page = browser.fill_in(
        browser.open(cast.at("admin/members/register/")), family_name="Meyer", given_name="Alex", id=cast.alex.address
    )
    assert "Alex Meyer has an account on this server already. A mail asks them to accept the place." in page.text
    assert "Fernweh" not in page.text
    assert rows()[:3] == before[:3], "no account, address or member"


def test_a_form_sent_twice_registers_one_member_and_posts_one_letter(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    first, second = browser.fill_in(form, **HARU), browser.fill_in(form, **HARU)
    assert first.path == second.path
    assert Member.objects.filter(workspace=cast.hanbit, given_name="하은").count() == 1
    post.deliver()
    assert len(post.to(HARU["id"])) == 1


def test_alex_of_another_workspace_sees_nothing_of_it(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **HARU)
    stranger = cast.alex.browser()
    assert stranger.open(page.path).status == 404
    uid = Member.objects.get(given_name="하은").uid
    own = stranger.open(f"/w/{cast.fernweh.uid}/admin/members/{uid}/")
    assert own.status == 404 and "하은" not in own.text
    listed = stranger.open(f"/w/{cast.fernweh.uid}/admin/members/?q=haeun")
    assert listed.status == 200 and "haeun.jung" not in listed.text


def test_the_trail_tells_who_registered_whom_without_a_personal_value(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    browser.fill_in(browser.open(cast.at("admin/members/register/")), **HARU)
    event = AuditEvent.objects.get(event="member.registered")
    assert (event.workspace_id, event.actor_id, event.door) == (cast.hanbit.pk, cast.minjun.member.pk, "web")
    assert event.subject_id == Member.objects.get(given_name="하은").pk
    assert set(event.fields) == {"id", "family_name", "given_name", "language"}


def test_two_submissions_have_two_numbers(cast: Cast) -> None:
    browser = cast.minjun.browser()
    numbers = {
        dict(browser.open(cast.at("admin/members/register/")).form_with("submission").fields)["submission"]
        for _ in range(2)
    }
    assert len(numbers) == 2 and all(uuid.UUID(number) for number in numbers)


def test_going_back_and_sending_the_form_with_another_person_registers_the_other_person(
    cast: Cast, post: PostOffice
) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    browser.fill_in(form, **HARU)
    page = browser.fill_in(form, **{**HARU, "given_name": "새봄", "id": "saebom@hanbitsoft.co.kr"})
    assert "정새봄 has been added" in page.text
    assert Member.objects.filter(family_name="정").count() == 2
