"""K12: on the sign-in page, I don't know my ID → any address one has → code → My workspaces → password.

The code lists; it never signs in. Find ID is the mail for those who cannot wait for a code (K9).
"""

import re
from datetime import timedelta

import pytest

from dure.accounts.actions import recovering
from dure.accounts.models import Address, ListingCode, RecoveryRequest
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.mail.models import Letter
from dure.members.actions.asking import answer_help, ask_admin
from dure.members.actions.recovering import answer_all
from dure.members.models import HelpRequest
from dure.web.door import VISITOR
from tests.cast import PASSWORD, Cast
from tests.index import renew
from tests.post import PostOffice
from tests.stories.steps import HARU, register
from tests.visitor import Page, Visitor

PRIVATE = "yuki@home.example"


def asked(browser: Visitor, address: str) -> Page:
    """Ask for a code from the sign-in page."""
    page = browser.follow(browser.open("/sign-in/"), "I don’t know my ID")
    form = page.form_with("id")
    form.fields.append(("way", "code"))
    return browser.submit(page, form, id=address)


def code_for(post: PostOffice, address: str) -> str:
    """Return the code that was mailed."""
    found = re.search(r"\b\d{6}\b", post.last_to(address).text)
    assert found
    return found[0]


def with_private(cast: Cast, *, proven: bool) -> None:
    """Give Yuki a private address."""
    at = clock.now() if proven else None
    Address.objects.create(account=cast.yuki.account, canonical=PRIVATE, kind=Address.PRIVATE, proven_at=at)
    renew(cast.yuki.account.pk)


@pytest.mark.parametrize("address", ["yuki.tanaka@hanbitsoft.co.kr", PRIVATE])
def test_yuki_types_any_address_and_the_code_and_sees_the_id(cast: Cast, post: PostOffice, address: str) -> None:
    with_private(cast, proven=True)
    browser = cast.visitor()
    page = browser.fill_in(asked(browser, address), code=code_for(post, address))
    assert page.path.endswith("/list/")
    assert cast.yuki.address in page.text and "한빛소프트" in page.text
    assert browser.open(cast.at()).path.startswith("/sign-in/"), "the code never signs in"
    page = browser.follow(page, "Sign in with this ID")
    assert f'value="{cast.yuki.address}"' in page.body
    assert browser.fill_in(page, id=cast.yuki.address, password=PASSWORD).path == cast.at()


def test_nobody_gets_a_code_and_the_pages_look_the_same(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun)
    post.deliver()
    shapes = set()
    for address in ("nobody@nowhere.example", cast.yuki.address, HARU["id"]):
        browser = cast.visitor()
        page = asked(browser, address)
        wrong = browser.fill_in(page, code="000000" if address != cast.yuki.address else "1")
        plain = re.sub(r'find/[^/]+/|value="[^"]*"', "", page.body + wrong.body)
        shapes.add((page.status, wrong.status, tuple(sorted(page.headers.keys() - {"content-length"})), plain))
    assert len(shapes) == 1
    post.deliver()
    assert post.to("nobody@nowhere.example") == []


@pytest.mark.parametrize("spaced", [True, False], ids=["spaces", "full width"])
def test_the_code_may_be_typed_as_people_type(cast: Cast, post: PostOffice, spaced: bool) -> None:
    browser = cast.visitor()
    page = asked(browser, cast.yuki.address)
    code = code_for(post, cast.yuki.address)
    typed = f" {code[:3]} {code[3:]} " if spaced else "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert browser.fill_in(page, code=typed).path.endswith("/list/")


def test_five_wrong_codes_end_it_also_for_the_right_one(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = asked(browser, cast.yuki.address)
    right = code_for(post, cast.yuki.address)
    wrong = "000000" if right != "000000" else "000001"
    for _try in range(5):
        assert browser.fill_in(page, code=wrong).error_beside("code")
    assert browser.fill_in(page, code=right).error_beside("code")


def test_another_browser_and_ten_minutes_later_are_refused(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, other = cast.visitor(), cast.visitor()
    page = asked(browser, cast.yuki.address)
    right = code_for(post, cast.yuki.address)
    assert other.fill_in(other.open(page.path), code=right).error_beside("code")
    late = clock.now() + timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: late)
    assert browser.fill_in(page, code=right).error_beside("code")


def test_a_code_works_once_and_its_list_only_where_it_was_typed(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = asked(browser, cast.yuki.address)
    right = code_for(post, cast.yuki.address)
    shown = browser.fill_in(page, code=right)
    assert browser.fill_in(page, code=right).error_beside("code"), "used"
    assert cast.visitor().open(shown.path).path.endswith(page.path), "another browser sees no list"
    stored = ListingCode.objects.get()
    assert right.encode() not in bytes(stored.code) and cast.yuki.address.encode() not in bytes(stored.sealed)


def test_a_private_address_an_admin_typed_is_answered_by_mail_alone(cast: Cast, post: PostOffice) -> None:
    with_private(cast, proven=False)
    asked(cast.visitor(), PRIVATE)
    mail = post.last_to(PRIVATE)
    assert cast.yuki.address in mail.text and not re.search(r"\b\d{6}\b", mail.subject)


def test_a_private_address_of_two_people_lists_both(cast: Cast, post: PostOffice) -> None:
    with_private(cast, proven=True)
    Address.objects.create(account=cast.eve.account, canonical=PRIVATE, kind=Address.PRIVATE, proven_at=clock.now())
    renew(cast.eve.account.pk)
    browser = cast.visitor()
    page = browser.fill_in(asked(browser, PRIVATE), code=code_for(post, PRIVATE))
    assert cast.yuki.address in page.text and cast.eve.address in page.text


def test_find_id_mails_the_ids_workspaces_and_the_subject_to_search_for(cast: Cast, post: PostOffice) -> None:
    with_private(cast, proven=False)
    browser = cast.visitor()
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", "mail"))
    assert browser.submit(page, form, id=PRIVATE).path == "/find/asked/"
    mail = post.last_to(PRIVATE)
    for words in (cast.yuki.address, "한빛소프트", "active", "You have joined 한빛소프트 as a workspace member"):
        assert words in mail.text, words
        assert words in mail.part("html"), words
    assert AuditEvent.objects.filter(event="account.ids_mailed").exists()


def test_without_a_mail_server_the_answer_is_the_same(cast: Cast, no_post: None) -> None:
    browser = cast.visitor()
    assert asked(browser, cast.yuki.address).form_with("code")
    assert Letter.objects.count() == 0


def test_what_is_no_address_is_said_beside_the_field(cast: Cast, post: PostOffice) -> None:
    page = asked(cast.visitor(), "yuki at home")
    assert page.error_beside("id") and "yuki at home" in page.body


def proven(cast: Cast, post: PostOffice) -> tuple[Visitor, Page]:
    """Return Yuki's browser with the list before it."""
    browser = cast.visitor()
    return browser, browser.fill_in(asked(browser, cast.yuki.address), code=code_for(post, cast.yuki.address))


def test_yuki_asks_an_admin_who_answers(cast: Cast, post: PostOffice) -> None:
    browser, page = proven(cast, post)
    assert "with the admins" in browser.fill_in(page, message="My phone is lost.").text
    post.deliver()
    assert "田中 雪" in post.last_to(cast.minjun.address).subject
    assert post.to(cast.eve.address) == [] and post.to(cast.alex.address) == []
    admin = cast.minjun.browser()
    page = admin.open(cast.at("admin/help/"))
    assert "My phone is lost." in page.text and cast.yuki.address in page.text
    assert "The answer is on its way to" in admin.fill_in(page, answer="Come to the third floor.").text
    assert "third floor" in post.last_to(cast.yuki.address).text
    assert "third floor" in admin.open(cast.at("admin/help/?state=answered")).text
    assert "My phone" not in cast.alex.browser().open(f"/w/{cast.fernweh.uid}/admin/help/").text


def test_three_questions_a_day_and_one_mail_an_hour(cast: Cast, post: PostOffice) -> None:
    browser, page = proven(cast, post)
    for number in range(3):
        page = browser.fill_in(page, message=f"question {number}")
    assert "three times today" in browser.fill_in(page, message="a fourth").text
    assert HelpRequest.objects.count() == 3
    post.deliver()
    assert len(post.to(cast.minjun.address)) == 1


def test_only_ones_own_workspaces_and_an_answer_only_once(cast: Cast, post: PostOffice) -> None:
    browser, page = proven(cast, post)
    assert browser.fill_in(page, place=cast.alex.member.uid).status == 404
    assert HelpRequest.objects.count() == 0
    browser.fill_in(page, message="once")
    first, second = cast.minjun.browser(), cast.sora.browser()
    pages = [admin.open(cast.at("admin/help/")) for admin in (first, second)]
    first.fill_in(pages[0], answer="one")
    assert "already" in second.fill_in(pages[1], answer="two").text
    assert HelpRequest.objects.get().answer == "one"


def test_asking_again_and_again_gives_nothing_to_guess_at(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was mailed can be typed: before the worker comes, and for a sixth question, there is no code at all."""
    monkeypatch.setattr(recovering.secrets, "randbelow", lambda _end: 7)
    asked = [recovering.ask_for_code(address=people.yuki.address, network="net", language="en") for _time in range(7)]
    assert not any(fits(one) for one in asked)
    answer_all()
    assert [fits(one) for one in asked] == [True] * 5 + [False] * 2
    assert Letter.objects.filter(kind="email_code").count() == 5


def fits(one: recovering.Asked) -> bool:
    """Tell whether the code that would be drawn is taken."""
    try:
        recovering.prove_by_code(handle=one.handle, browser=one.browser, code="000007")
    except recovering.WrongCode:
        return False
    return True


def test_a_stranger_who_uses_up_the_codes_does_not_keep_yuki_from_her_ids(cast: Cast, post: PostOffice) -> None:
    for _time in range(6):
        recovering.ask_for_code(address=cast.yuki.address, network="stranger", language="en")
    browser = cast.visitor()
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", "mail"))
    browser.submit(page, form, id=cast.yuki.address)
    post.deliver()
    subjects = [mail.subject for mail in post.to(cast.yuki.address)]
    assert len(subjects) == 6 and sum("code" in subject for subject in subjects) == 5


def test_a_network_that_asked_too_much_is_heard_again_in_the_next_hour(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovering, "QUESTIONS_AN_HOUR", 3)
    at = clock.now().replace(minute=30)
    heard = []
    for minutes in (0, 1, 2, 3, 4, 50, 100):
        turned = at + timedelta(minutes=minutes)
        monkeypatch.setattr(clock, "now", lambda turned=turned: turned)
        recovering.ask_for_reset(address=people.yuki.address, network="office", language="en")
        heard.append(RecoveryRequest.objects.count())
    assert heard == [1, 2, 3, 3, 3, 4, 5]


def test_an_answer_to_a_private_address_says_so_to_the_admins(cast: Cast, post: PostOffice) -> None:
    with_private(cast, proven=True)
    for address, to in ((PRIVATE, "private"), (cast.yuki.address, "id")):
        asked_for = ask_admin(VISITOR, address=address, member_uid=cast.yuki.member.uid, message="")
        answer_help(cast.minjun.actor, request_uid=asked_for.uid, answer="Come by.")
        assert Letter.objects.filter(kind="help_answered").latest("id").to == to
