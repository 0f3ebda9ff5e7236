"""N8: after saving, send ID and password to the member, together with the guide."""

import re

from dure.accounts.models import ActivationCode
from dure.audit.models import AuditEvent
from dure.mail.models import Letter
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU, register, secret_on

PRIVATE = "haeun@home.example"


def test_minjun_mails_it_from_the_page_that_shows_it(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    typed = {**HARU, "method": "generate"}
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **typed)
    password = secret_on(page)
    shown = browser.press(page, "Send by e-mail")
    assert "on its way" in shown.text
    mail = post.last_to(HARU["id"])
    for words in (password, HARU["id"], "/sign-in/", "/how-to-start/"):
        assert words in mail.text, words
        assert words in mail.part("html"), words
    newcomer = cast.visitor()
    assert newcomer.sign_in(HARU["id"], password).path == "/first-password/"
    assert Letter.objects.get(kind="temporary_password").sealed is None, "wiped once it is sent"
    assert AuditEvent.objects.filter(event="member.temporary_password_mailed").exists()


def test_it_goes_to_the_private_address_when_that_is_chosen(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    typed = {**HARU, "method": "generate", "private_address": PRIVATE}
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **typed)
    browser.submit(page, page.form_with("sealed"), to="private")
    post.deliver()
    assert [mail.recipients for mail in post.received] == [[PRIVATE]]


def test_the_message_is_in_the_members_language_with_sign_in_address_and_guide(cast: Cast, no_post: None) -> None:
    page = register(cast, cast.minjun, method="generate", language="ko")
    found = re.search(r'id="message" lang="ko">(.*?)</pre>', page.body, re.S)
    assert found
    for words in (secret_on(page), HARU["id"], "/sign-in/", "/how-to-start/", "임시 비밀번호"):
        assert words in found[1], words


def test_line_gets_the_sign_in_address_and_no_secret(cast: Cast, no_post: None) -> None:
    page = register(cast, cast.minjun, method="generate")
    password, outward = secret_on(page), re.findall(r'href="(https?://[^"]+)"', page.body)
    line = next(href for href in outward if "line.me" in href)
    assert "sign-in" in line
    for href in outward:
        assert password not in href and HARU["id"].partition("@")[0] not in href


def test_the_printed_sheet_holds_id_password_and_the_qr_code_of_the_sign_in_address(cast: Cast, no_post: None) -> None:
    page = register(cast, cast.minjun, method="generate")
    sheet = page.body[page.body.index('class="printsheet"') :]
    assert secret_on(page) in sheet and HARU["id"] in sheet and "data:image/svg+xml" in sheet


def test_a_password_replaced_in_the_meantime_is_not_mailed(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    typed = {**HARU, "method": "generate"}
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **typed)
    code = ActivationCode.objects.get()
    other = cast.sora.browser()
    choosing = other.open(cast.at(f"admin/members/act/again/?member={code.account.members.get().uid}"))
    other.fill_in(choosing, method="generate")
    assert "replaced or used" in browser.press(page, "Send by e-mail").text
    post.deliver()
    assert post.received == []


def test_what_another_server_sealed_or_nobody_did_mails_nothing(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    typed = {**HARU, "method": "generate"}
    page = browser.fill_in(browser.open(cast.at("admin/members/register/")), **typed)
    for forged in ("", "x", "ä" * 40, "gAAAAA" + "A" * 100):
        answer = browser.fill_in(page, sealed=forged)
        assert answer.status == 200 and "replaced or used" in answer.text
    post.deliver()
    assert post.received == []


def test_the_guide_is_open_to_everybody_in_three_languages(cast: Cast) -> None:
    titles = {cast.visitor(language=code).open("/how-to-start/").text for code in ("ko", "en", "ja")}
    assert len(titles) == 3
