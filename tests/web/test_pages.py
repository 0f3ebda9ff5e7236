"""Pages: bad input, headers, languages, the number of queries, the workspace in every query."""

import re
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.members.actions.asking import answer_help, ask_admin
from dure.members.actions.proving import prove_again
from dure.members.models import Member
from dure.web.door import VISITOR
from tests.cast import PASSWORD, Cast, join
from tests.post import PostOffice
from tests.stories.joining import BORAM, arrive, invite_link
from tests.stories.steps import HARU
from tests.visitor import FormOnPage, Page, Visitor

ODD = [
    "\x00",
    "\ud7ff",
    "a" * 100_000,
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE x --",
    "\r\nX: y",
]
TENANT_TABLES = ("dure_member", "dure_grant", "dure_letter")


@pytest.mark.parametrize("odd", ODD)
def test_odd_input_on_the_way_in_gets_an_error_beside_its_field_and_never_a_500(
    cast: Cast, post: PostOffice, odd: str
) -> None:
    link = invite_link(cast.sora)
    for field in ("family_name", "given_name", "id", "password", "step"):
        browser = cast.visitor()
        page = browser.press(arrive(browser, link), "Create account")
        typed = {**BORAM, "id": f"{abs(hash((odd, field)))}@example.com", "step": "begin", field: odd}
        assert browser.submit(page, page.form_with("password"), **typed).status in (200, 400), field
    assert browser.submit(*_code_form(browser), code=odd).status in (200, 400, 429)
    assert browser.open(f"/j/{quote(odd[:200], safe='')}").status in (400, 404, 410)
    alex = cast.alex.browser()
    for field in ("family_name", "given_name", "message", "step"):
        page = arrive(alex, invite_link(cast.sora, needs_approval=True))
        typed = {"given_name": "Alex", "step": "join", field: odd}
        answer = alex.send(page, page.path, **typed)
        assert answer.status in (200, 302, 400), field


def _code_form(browser: Visitor) -> tuple[Page, FormOnPage]:
    page = browser.open("/join/")
    return page, next(form for form in page.forms if form.action == "/join/")


@pytest.mark.parametrize("odd", ODD)
def test_odd_input_gets_an_error_beside_its_field_and_never_a_500(cast: Cast, post: PostOffice, odd: str) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    for field in ("family_name", "given_name", "id", "private_address", "submission", "language", "send_to"):
        page = browser.fill_in(form, **{**HARU, "id": f"{abs(hash((odd, field)))}@example.com", field: odd})
        assert page.status in (200, 400), (field, page.status)
        assert "<script>alert" not in page.body
    for path in ("/sign-in/", "/reset/"):
        visitor = cast.visitor()
        page = visitor.open(path)
        assert visitor.fill_in(page, id=odd).status in (200, 400)


@pytest.mark.parametrize("odd", ["", "%00", "%ff", "x" * 5000, "..%2f..%2fetc", "1", "-1", "1e400", "%D9%A3", "9" * 40])
def test_odd_addresses_are_refused_calmly(cast: Cast, odd: str) -> None:
    browser = cast.minjun.browser()
    for path in ("l/{}", "link/{}/", "link/{}/password/", "w/{}/", f"w/{cast.hanbit.uid}/admin/members/{{}}/"):
        assert browser.open("/" + path.format(odd)).status in (200, 302, 404, 410), path
    for query in ("after", "before", "state", "q", "older", "newer"):
        for page in ("members", "mail"):
            assert browser.open(cast.at(f"admin/{page}/?{query}={odd}")).status == 200, (page, query)


def test_every_page_carries_its_headers(cast: Cast) -> None:
    page = cast.sora.browser().open(cast.at("admin/members/"))
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy and "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "로그인"), ("en", "Sign in"), ("ja", "ログイン"), ("fr", "Sign in")]
)
def test_pages_are_in_the_readers_language(cast: Cast, language: str, words: str) -> None:
    page = cast.visitor(language=language).open("/sign-in/")
    assert words in page.text
    assert f'<html lang="{language if language != "fr" else "en"}">' in page.body


def test_the_language_can_be_chosen_and_stays(cast: Cast) -> None:
    browser = cast.visitor(language="en")
    page = browser.open("/sign-in/")
    form = next(form for form in page.forms if form.action == "/language/")
    page = browser.submit(page, form, code="ja")
    assert page.path == "/sign-in/" and "ログイン" in page.text
    assert "ログイン" in browser.open("/reset/").body or "ja" in browser.open("/reset/").body


def test_a_page_that_is_not_there_is_a_page(cast: Cast) -> None:
    page = cast.sora.browser().open("/nothing/")
    assert page.status == 404 and "nothing here" in page.text and "Traceback" not in page.body


def queries(browser: Visitor, path: str) -> int:
    """Count the queries of one page, over the live server's own threads."""
    from django.test import Client

    client = Client()
    for cookie in browser.cookies:
        client.cookies[cookie.name] = cookie.value or ""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    for query in captured.captured_queries:
        _starts_from_the_workspace(query["sql"])
    return len(captured)


def _starts_from_the_workspace(sql: str) -> None:
    """Every query on a table of a workspace names the workspace, one row by its id, or one account."""
    for table in TENANT_TABLES:
        if f'FROM "{table}"' in sql:
            narrowed = re.search(r'WHERE .*("workspace_id"|"account_id" =|"member_id" =|"uid" =)', sql, re.S)
            assert narrowed, sql


@pytest.mark.parametrize(
    "path", ["admin/members/", "admin/members/?q=person", "admin/mail/", "", "people/", "people/?q=person"]
)
def test_the_number_of_queries_does_not_grow_with_the_members(cast: Cast, path: str) -> None:
    browser = cast.minjun.browser()
    join(cast.hanbit, "person0@hanbitsoft.co.kr", "Person", "Zero")
    few = queries(browser, cast.at(path))
    for number in range(1, 60):
        join(cast.hanbit, f"person{number}@hanbitsoft.co.kr", f"Person{number}", "Same")
    assert queries(browser, cast.at(path)) == few <= 16


def test_a_search_as_one_types_gets_the_list_alone(cast: Cast) -> None:
    from django.test import Client

    client = Client()
    for cookie in cast.minjun.browser().cookies:
        client.cookies[cookie.name] = cookie.value or ""
    answer = client.get(cast.at("admin/members/?q=yuki"), headers={"HX-Request": "true"})
    body = answer.content.decode()
    assert body.lstrip().startswith('<div id="member-list">') and cast.yuki.address.partition("@")[0] in body
    assert "<html" not in body


@pytest.mark.parametrize("query", ["%EA%B9%80", quote("田"), "a", "ab", quote("ㅅ")])
def test_one_and_two_letters_search_too(cast: Cast, query: str) -> None:
    assert cast.minjun.browser().open(cast.at(f"admin/members/?q={query}")).status == 200


def test_too_many_at_once_get_429_and_may_try_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from dure.accounts import hashing

    full = hashing.Gate(width=1, queue=0, patience=5)
    full._places.acquire()
    with monkeypatch.context() as changed:
        changed.setattr(hashing, "gate", full)
        page = cast.visitor().sign_in(cast.yuki.address, PASSWORD)
    assert page.status == 429 and page.headers["retry-after"] == "5"
    assert cast.yuki.address in page.body
    assert cast.visitor().sign_in(cast.yuki.address, PASSWORD).status == 200


def test_the_host_of_a_request_is_checked(cast: Cast, post: PostOffice) -> None:
    import urllib.error
    import urllib.request

    request = urllib.request.Request(cast.server + "/sign-in/", headers={"Host": "evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)
    assert refused.value.code == 400
    refused.value.close()


def test_nothing_is_lost_by_coming_back_as_somebody_without_a_session(cast: Cast) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at("admin/members/register/"))
    browser.cookies.clear()
    page = browser.fill_in(form, **HARU)
    assert page.status in (200, 403)
    assert not Member.objects.filter(given_name="하은").exists()


def forwarded(address: str, header: str, trusted: tuple[str, ...]) -> Any:
    """Return the network a request counts against."""
    from django.conf import settings
    from django.test import RequestFactory

    from dure.web import networks

    before = settings.DURE["TRUSTED_PROXIES"]
    settings.DURE["TRUSTED_PROXIES"] = trusted
    try:
        request = RequestFactory().get("/", headers={"X-Forwarded-For": header} if header else {}, REMOTE_ADDR=address)
        return networks.network_of(request)
    finally:
        settings.DURE["TRUSTED_PROXIES"] = before


def test_x_forwarded_for_is_believed_from_trusted_proxies_alone() -> None:
    assert forwarded("203.0.113.9", "198.51.100.7", ()) == "203.0.113.0/24"
    assert forwarded("10.0.0.1", "198.51.100.7", ("10.0.0.0/8",)) == "198.51.100.0/24"
    assert forwarded("10.0.0.1", "192.0.2.66, 198.51.100.7, 10.0.0.2", ("10.0.0.0/8",)) == "198.51.100.0/24"
    assert forwarded("10.0.0.1", "rubbish", ("10.0.0.0/8",)) == "10.0.0.0/24"
    assert forwarded("2001:db8:1:2ff::1", "", ()) == "2001:db8:1:200::/56"
    assert forwarded("::ffff:203.0.113.9", "", ()) == "203.0.113.0/24", "what a socket for both kinds tells of IPv4"
    assert forwarded("::ffff:10.0.0.1", "198.51.100.7", ("10.0.0.0/8",)) == "198.51.100.0/24"


@pytest.mark.parametrize("odd", ODD)
def test_odd_fields_that_no_form_checks_are_refused_calmly_and_never_reach_the_trail(cast: Cast, odd: str) -> None:
    browser = cast.sora.browser()
    source = browser.open("/account/")
    device = browser.send(source, "/account/devices/sign-out/", device=odd)
    mailed = browser.send(source, cast.at("admin/members/handing-over/mail/"), to=odd, sealed=odd)
    again = browser.send(source, cast.at("admin/members/act/again/"), member=odd, method="member")
    assert (device.status, mailed.status, again.status) == (404, 302, 200)
    assert browser.open(cast.at(f"admin/members/act/again/?member={quote(odd[:2000])}")).status == 200
    assert browser.open(cast.at()).status == 200, "still signed in"
    for event in AuditEvent.objects.all():
        assert odd not in (event.via, *event.fields), event.event


def test_odd_characters_in_questions_and_answers_are_left_out(cast: Cast, post: PostOffice) -> None:
    member = cast.yuki.member
    request = ask_admin(VISITOR, address=cast.yuki.address, member_uid=member.uid, message="lost\x00 my\u202e\nphone")
    assert request.message == "lost my phone"
    answered = answer_help(cast.minjun.actor, request_uid=request.uid, answer="come\x00 by\n\nMinjun\u202e")
    assert answered.answer == "come by\n\nMinjun"


def test_without_scripts_too_the_first_wrong_field_has_the_focus(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/register/"))
    assert "autofocus" not in page.body
    page = browser.fill_in(page, family_name="정", id="", mobile_phone="ring twice")
    assert page.body.count("autofocus") == 1 and re.search(r'<input[^>]*name="id"[^>]*autofocus', page.body)
    assert page.error_beside("id") == "Fill this in."


@pytest.mark.parametrize("step", ["done", "gone"])
def test_the_language_can_be_changed_on_what_a_button_answered(cast: Cast, post: PostOffice, step: str) -> None:
    Address.objects.filter(canonical=cast.yuki.address).update(proven_at=None)
    prove_again(cast.yuki.actor)
    browser, link = cast.visitor(), post.last_to(cast.yuki.address).link
    page, waiting = browser.open(link), browser.open(link)
    page = browser.press(page, "Confirm")
    if step == "gone":
        page = browser.press(waiting, "Confirm")
    assert page.path.endswith("/use/")
    form = next(form for form in page.forms if form.action == "/language/")
    assert browser.submit(page, form, code="ko").status in (200, 410)
