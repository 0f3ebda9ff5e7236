"""N0: create a workspace and be led to adding the first co-workers."""

from typing import Any

import pytest
from django.core.management import call_command

from dure.accounts.models import Account, Address
from dure.joining.actions.founding import issue_set_up_code
from dure.members.models import Member
from dure.workspaces.models import Workspace
from tests.post import PostOffice
from tests.stories.steps import NEW_PASSWORD
from tests.visitor import Visitor

TYPED = {
    "workspace_name": "한빛소프트",
    "language": "ko",
    "languages": ["en", "ja"],
    "time_zone": "Asia/Seoul",
    "family_name": "한",
    "given_name": "소라",
    "id": "sora.han@hanbitsoft.co.kr",
    "password": NEW_PASSWORD,
}


@pytest.fixture
def server(transactional_db: Any, live_server: Any) -> str:
    return live_server.url


def test_the_first_visit_leads_to_the_first_run_page(server: str) -> None:
    page = Visitor(server).open("/")
    assert page.path == "/first-run/"


def test_with_the_code_a_workspace_is_made_and_the_next_step_is_the_first_co_workers(
    server: str, post: PostOffice
) -> None:
    browser = Visitor(server)
    page = browser.fill_in(browser.open("/first-run/"), code=issue_set_up_code(), **TYPED)
    workspace = Workspace.objects.get()
    assert page.path == f"/w/{workspace.uid}/admin/members/"
    assert (workspace.name, workspace.languages, workspace.time_zone) == (
        "한빛소프트",
        ["ko", "en", "ja"],
        "Asia/Seoul",
    )
    sora = Member.objects.get()
    assert (sora.is_super_admin, sora.state) == (True, "active")
    assert any("register" in href for href, _words in page._links)


def test_the_first_super_admins_address_is_unproven_until_the_mailed_link_is_pressed(
    server: str, post: PostOffice
) -> None:
    browser = Visitor(server)
    browser.fill_in(browser.open("/first-run/"), code=issue_set_up_code(), **TYPED)
    address = Address.objects.get()
    assert address.proven_at is None
    mail = post.last_to(TYPED["id"])  # type: ignore[arg-type]
    page = browser.open(mail.link)
    address.refresh_from_db()
    assert address.proven_at is None, "opening the page proves nothing"
    browser.submit(page, next(form for form in page.forms if form.action.endswith("/use/")))
    address.refresh_from_db()
    assert address.proven_at is not None


@pytest.mark.parametrize("code", ["wrong", "", "x" * 22 + ".y"])
def test_without_the_code_nothing_is_made_and_nothing_typed_is_lost(server: str, code: str) -> None:
    browser = Visitor(server)
    issue_set_up_code()
    page = browser.fill_in(browser.open("/first-run/"), code=code, **TYPED)
    assert page.error_beside("code")
    assert "한빛소프트" in page.body and NEW_PASSWORD not in page.body
    assert (Workspace.objects.count(), Account.objects.count()) == (0, 0)


def test_the_code_works_once_and_the_page_is_gone_afterwards(server: str, post: PostOffice) -> None:
    browser, code = Visitor(server), issue_set_up_code()
    form = browser.open("/first-run/")
    browser.fill_in(form, code=code, **TYPED)
    again = Visitor(server)
    assert again.open("/first-run/").status == 404
    assert Workspace.objects.count() == 1


def test_a_weak_password_is_refused_beside_its_field_and_the_code_still_works(server: str, post: PostOffice) -> None:
    browser, code = Visitor(server), issue_set_up_code()
    page = browser.fill_in(browser.open("/first-run/"), code=code, **{**TYPED, "password": "한빛소프트 한빛소프트 12"})
    assert "한빛소프트" in page.error_beside("password")
    page = browser.fill_in(page, code=code, password=NEW_PASSWORD)
    assert Workspace.objects.count() == 1


def test_the_command_line_makes_one_too_and_mails_the_link(server: str, post: PostOffice) -> None:
    call_command(
        "workspace", "create", "한빛소프트", "--admin", "sora.han@hanbitsoft.co.kr", "--languages", "ko,en",
        "--time-zone", "Asia/Seoul", "--family-name", "한", "--given-name", "소라",
    )  # fmt: skip
    mail = post.last_to("sora.han@hanbitsoft.co.kr")
    browser = Visitor(server)
    page = browser.open(browser.open(mail.link).path + "password/")
    page = browser.fill_in(page, new_password=NEW_PASSWORD)
    assert page.path == f"/w/{Workspace.objects.get().uid}/?welcome"
    assert Member.objects.get().is_super_admin
