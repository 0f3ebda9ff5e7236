"""Changing one's ID with proof of the new address (PRODUCT.md §4.15).

The old ID stays an alias for 30 days: it signs in, is told, and is reserved. "This wasn't me" works for 72 hours.
"""

import re
from datetime import timedelta

import pytest

from dure import erasure
from dure.accounts import tries
from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.mail.models import Letter
from dure.members.actions.suspending import suspend
from dure.members.models import Change, Member
from tests.cast import PASSWORD, Cast
from tests.post import Mail, PostOffice
from tests.stories.steps import HARU, NEW_PASSWORD, open_link, register
from tests.visitor import Page, Visitor

NEW = "snow@hanbitsoft.co.kr"
OLD = "yuki.tanaka@hanbitsoft.co.kr"


def turn(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    """Turn the clock ahead from the real time."""
    monkeypatch.undo()
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + timedelta(**ahead))


def ask(browser: Visitor, address: str = NEW) -> Page:
    """Ask for another ID under My account."""
    page = browser.follow(browser.open("/account/"), "Change ID")
    return browser.fill_in(page, id=address)


def asked(cast: Cast, post: PostOffice, address: str = NEW) -> tuple[Visitor, Mail]:
    """Return Yuki's browser and the mail that came to the new address."""
    browser = cast.yuki.browser()
    assert ask(browser, address).path == "/account/"
    return browser, post.last_to(address)


def press(browser: Visitor, mail: Mail, words: str = "Make it my ID") -> Page:
    """Open a mailed link and press its button."""
    return browser.press(browser.open(mail.link), words)


def changed(cast: Cast, post: PostOffice, address: str = NEW) -> Mail:
    """Change Yuki's ID and return the letter with “This wasn’t me”."""
    browser, mail = asked(cast, post, address)
    press(browser, mail)
    return post.last_to(OLD)


def kinds(cast: Cast) -> dict[str, str]:
    """Return Yuki's addresses with their kinds."""
    return dict(Address.objects.filter(account=cast.yuki.account).values_list("canonical", "kind"))


def opens(cast: Cast, address: str, password: str = PASSWORD) -> bool:
    """Tell whether an address signs in."""
    return cast.visitor().sign_in(address, password).path == cast.at()


def test_yuki_changes_the_id_and_stays_signed_in_here_alone(cast: Cast, post: PostOffice) -> None:
    other = cast.yuki.browser()
    browser, mail = asked(cast, post)
    assert NEW in browser.open("/account/").text and opens(cast, OLD) and not opens(cast, NEW)
    page = browser.open(mail.link)
    assert NEW in page.text and OLD in page.text and "Every other device" in page.text
    page = browser.press(page, "Make it my ID")
    assert "Your ID is changed" in page.text and NEW in page.text and "stay signed in" in page.text
    assert browser.follow(page, "To the workspace").path == cast.at()
    assert other.open(cast.at()).path.startswith("/sign-in/")
    assert kinds(cast) == {NEW: "id", OLD: "alias"}
    assert Address.objects.get(canonical=NEW).proven_at is not None
    assert opens(cast, NEW)
    page = browser.open("/account/")
    assert OLD in page.text and "still signs in until" in page.text


def test_both_addresses_are_told_and_only_the_old_one_can_take_it_back(cast: Cast, post: PostOffice) -> None:
    to_old = changed(cast, post)
    to_new = post.last_to(NEW)
    assert to_old.subject == to_new.subject == "Your ID was changed"
    for mail in (to_old, to_new):
        assert OLD in mail.text and NEW in mail.text and NEW in mail.part("html")
    assert "This wasn’t me" in to_old.text and "/l/" in to_old.text and "/l/" in to_old.part("html")
    assert "/l/" not in to_new.text and "/l/" not in to_new.part("html")
    assert Letter.objects.filter(sealed__isnull=False).count() == 0


def test_the_list_shows_the_new_id_and_the_search_finds_it(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    admin = cast.minjun.browser()
    page = admin.open(cast.at("admin/members/?q=snow"))
    assert NEW in page.text and OLD not in page.text
    panel = admin.open(cast.at(f"admin/members/{cast.yuki.member.uid}/")).text
    assert OLD in panel and NEW in panel, "before and after in the member's history"
    assert NEW not in cast.alex.browser().open(f"/w/{cast.fernweh.uid}/admin/members/?q=snow").text


def test_it_is_recorded_without_addresses(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    for event in ("account.id_change_asked", "account.id_changed"):
        assert AuditEvent.objects.filter(event=event, subject_kind="account", subject_id=cast.yuki.account.pk).exists()
    own = AuditEvent.objects.get(event="account.id_changed", workspace_id=cast.hanbit.pk)
    assert own.subject_id == cast.yuki.member.pk and list(own.fields) == ["id"]
    assert Change.objects.get(field="id").before == OLD


def test_free_and_taken_addresses_get_the_same_answer(cast: Cast, post: PostOffice) -> None:
    browser, shapes = cast.yuki.browser(), set()
    for address in ("nobody@nowhere.example", cast.sora.address, cast.alex.address):
        page = ask(browser, address)
        assert address in page.text and post.last_to(address).subject == "Confirm your new ID"
        plain = re.sub(r'value="[^"]*"', "", page.body.replace(address, "…"))
        shapes.add((page.status, page.path, re.sub(r"\d", "", plain)))
    assert len(shapes) == 1


def test_an_address_of_somebody_else_is_refused_after_the_proof(cast: Cast, post: PostOffice) -> None:
    browser, mail = asked(cast, post, cast.sora.address)
    before = kinds(cast)
    refused = press(browser, mail)
    assert refused.status == 409 and "Another account signs in with this address" in refused.text
    assert kinds(cast) == before and cast.yuki.account.epoch == 0
    assert browser.open(cast.at()).path == cast.at(), "nobody is signed out"
    assert not AuditEvent.objects.filter(event="account.id_changed").exists()


def test_a_pending_address_blocks_nobody(cast: Cast, post: PostOffice) -> None:
    browser, mail = asked(cast, post, HARU["id"])
    ask(cast.eve.browser(), HARU["id"])
    assert Address.objects.filter(canonical=HARU["id"], kind="pending").count() == 2
    assert not opens(cast, HARU["id"])
    register(cast, cast.minjun)
    assert Address.objects.get(canonical=HARU["id"], kind="id")
    assert press(browser, mail).status == 409


def test_an_alias_is_reserved_until_its_day(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(cast, post)
    admin = cast.minjun
    assert register(cast, admin, id=OLD).error_beside("id")
    haru = register(cast, admin)
    member = haru.path
    browser = admin.browser()
    page = browser.open(f"{member.partition('?')[0]}correct-id/")
    assert browser.fill_in(page, id=OLD).error_beside("id")
    eve = cast.eve.browser()
    ask(eve, OLD)
    assert press(eve, post.last_to(OLD)).status == 409
    turn(monkeypatch, days=30, minutes=1)
    browser = admin.browser()
    page = browser.open(f"{member.partition('?')[0]}correct-id/")
    assert not browser.fill_in(page, id=OLD).error_beside("id")
    assert Address.objects.get(canonical=OLD, kind="id").account_id == Member.objects.get(given_name="하은").account_id


def test_the_alias_signs_in_for_thirty_days_and_not_after(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed(cast, post)
    turn(monkeypatch, days=29, hours=23)
    assert opens(cast, OLD) and opens(cast, NEW)
    turn(monkeypatch, days=30, minutes=1)
    assert not opens(cast, OLD) and opens(cast, NEW)
    assert OLD not in cast.visitor().open("/account/").text


def test_an_alias_that_someone_else_registers_is_theirs(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    undo = changed(cast, post)
    turn(monkeypatch, days=30, minutes=1)
    register(cast, cast.minjun, id=OLD)
    found = Address.objects.get(canonical=OLD)
    assert found.kind == "id" and found.account_id != cast.yuki.account.pk
    assert not opens(cast, OLD), "Yuki's password does not open the newcomer's account"
    assert cast.visitor().open(undo.link).status == 410, "and the old letter opens nothing"


def test_what_opens_the_account_goes_to_the_id_and_never_to_the_alias(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    before = len(post.to(OLD))
    browser = cast.visitor()
    assert browser.fill_in(browser.open("/reset/"), id=OLD).path == "/reset/asked/"
    post.deliver()
    assert len(post.to(OLD)) == before
    assert post.last_to(NEW).subject == "Set a new password"


def test_the_alias_gets_the_listing(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    browser = cast.visitor()
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", "code"))
    page = browser.submit(page, form, id=OLD)
    code = re.search(r"\b\d{6}\b", post.last_to(OLD).text)
    assert code and NEW in browser.fill_in(page, code=code[0]).text


def test_going_back_to_ones_own_alias(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    browser = cast.visitor()
    browser.sign_in(NEW, PASSWORD)
    ask(browser, OLD)
    press(browser, post.last_to(OLD))
    assert kinds(cast) == {OLD: "id", NEW: "alias"} and opens(cast, OLD)


def test_a_private_address_becomes_the_id(cast: Cast, post: PostOffice) -> None:
    Address.objects.create(account=cast.yuki.account, canonical=NEW, kind="private")
    changed(cast, post)
    assert kinds(cast) == {NEW: "id", OLD: "alias"}
    assert Address.objects.filter(canonical=NEW).count() == 1


def test_the_present_id_and_what_is_no_address_are_refused_beside_the_field(cast: Cast, post: PostOffice) -> None:
    browser = cast.yuki.browser()
    assert "already" in ask(browser, OLD.upper()).error_beside("id")
    page = ask(browser, "snow at home")
    assert page.error_beside("id") and "snow at home" in page.body
    assert not Address.objects.filter(kind="pending").exists()


def test_without_a_mail_server_it_is_said(cast: Cast, no_post: None) -> None:
    assert "sends no mail" in ask(cast.yuki.browser()).error_beside("id")
    assert not Address.objects.filter(kind="pending").exists()


def test_cancelled_and_mailed_again_and_five_an_hour(cast: Cast, post: PostOffice) -> None:
    browser, first = asked(cast, post)
    page = browser.press(browser.open("/account/"), "Mail it again")
    second = post.last_to(NEW)
    assert second.link != first.link
    assert "newer mail" in browser.open(first.link).text
    for _mail in range(3):
        page = browser.press(page, "Mail it again")
    assert "five links" in browser.press(page, "Mail it again").text
    assert "five links" in ask(browser, "another@hanbitsoft.co.kr").error_beside("id")
    assert Address.objects.get(kind="pending").canonical == NEW, "the refused one changed nothing"
    last = post.last_to(NEW)
    page = browser.press(browser.open("/account/"), "Cancel the change")
    assert "cancelled" in page.text and not Address.objects.filter(kind="pending").exists()
    assert browser.open(last.link).status == 410 and kinds(cast) == {OLD: "id"}


def test_another_address_takes_the_place_of_the_pending_one(cast: Cast, post: PostOffice) -> None:
    browser, first = asked(cast, post)
    ask(browser, "flake@hanbitsoft.co.kr")
    assert browser.open(first.link).status == 410
    press(browser, post.last_to("flake@hanbitsoft.co.kr"))
    assert kinds(cast) == {"flake@hanbitsoft.co.kr": "id", OLD: "alias"}


def test_the_link_works_once_and_for_a_day(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    _browser, mail = asked(cast, post)
    late = cast.visitor()
    page = late.open(mail.link)
    turn(monkeypatch, hours=24, minutes=1)
    assert late.press(page, "Make it my ID").status == 410
    assert "same as before" in late.open(mail.link).text
    assert "becomes your ID" not in late.open("/account/").text
    monkeypatch.undo()
    first, second = cast.visitor(), cast.visitor()
    pages = [one.open(mail.link) for one in (first, second)]
    assert first.press(pages[0], "Make it my ID").status == 200
    again = second.press(pages[1], "Make it my ID")
    assert again.status == 410 and "used already" in again.text


def test_somebody_elses_browser_changes_the_id_and_stays_what_it_was(cast: Cast, post: PostOffice) -> None:
    yukis, mail = asked(cast, post)
    eve = cast.eve.browser()
    page = press(eve, mail)
    assert NEW in page.text and "Every device is signed out" in page.text
    assert cast.eve.address in eve.open("/account/").text
    assert yukis.open(cast.at()).path.startswith("/sign-in/")


def test_a_browser_nobody_signed_in_with_is_not_signed_in_by_it(cast: Cast, post: PostOffice) -> None:
    _browser, mail = asked(cast, post)
    visitor = cast.visitor()
    press(visitor, mail)
    assert visitor.open(cast.at()).path.startswith("/sign-in/")


def test_it_needs_a_session_and_a_fresh_password(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cast.visitor().open("/account/id/").path.startswith("/sign-in/")
    browser = cast.yuki.browser()
    page = browser.open("/account/id/")
    turn(monkeypatch, minutes=16)
    assert browser.fill_in(page, id=NEW).path.startswith("/account/confirm/")
    assert not Address.objects.filter(kind="pending").exists()
    page = browser.fill_in(browser.open("/account/id/"), current_password=PASSWORD)
    assert browser.fill_in(page, id=NEW).path == "/account/"


def test_a_hundred_looks_change_nothing(cast: Cast, post: PostOffice) -> None:
    browser, mail = asked(cast, post)
    scanner = cast.visitor()
    for number in range(100):
        scanner.open(mail.link, method=("GET", "HEAD")[number % 2])
    assert kinds(cast) == {OLD: "id", NEW: "pending"} and browser.open(cast.at()).path == cast.at()
    press(browser, mail)
    undo = post.last_to(OLD)
    for number in range(100):
        scanner.open(undo.link, method=("GET", "HEAD")[number % 2])
    assert kinds(cast) == {NEW: "id", OLD: "alias"} and browser.open(cast.at()).path == cast.at()
    assert press(cast.visitor(), undo, "Undo the change").form_with("new_password")


def test_an_id_nobody_proved_is_told_and_takes_nothing_back(cast: Cast, post: PostOffice) -> None:
    Address.objects.filter(canonical=OLD).update(proven_at=None)
    notice = changed(cast, post)
    assert "/l/" not in notice.text and NEW not in notice.text and "ask an admin" in notice.text
    assert opens(cast, OLD)
    browser = cast.visitor()
    page = browser.open("/find/")
    form = page.form_with("id")
    form.fields.append(("way", "mail"))
    browser.submit(page, form, id=OLD)
    post.deliver()
    assert post.to(OLD)[-1].id == notice.id, "a stranger's mailbox learns nothing"


def test_a_slowed_owner_who_types_the_alias_gets_the_link_at_the_id(cast: Cast, post: PostOffice) -> None:
    changed(cast, post)
    counter = tries.Counter("id", OLD, timedelta(days=30))
    for _failure in range(tries.PASSWORD_ALONE):
        tries.count_failure([counter])
    visitor = cast.visitor()
    assert "mailed you a link" in visitor.sign_in(OLD, PASSWORD).text
    mail = post.last_to(NEW)
    assert visitor.press(visitor.open(mail.link), "Sign in").path == cast.at()
    assert opens(cast, OLD), "counted failures are forgotten"


def test_the_page_without_its_cookie_explains(cast: Cast, post: PostOffice) -> None:
    _browser, mail = asked(cast, post)
    handle = mail.link.rpartition("/")[2].partition(".")[0]
    page = cast.visitor().open(f"/link/{handle}/")
    assert "another browser" in page.text and NEW not in page.text


def test_a_suspended_member_changes_the_id_too(cast: Cast, post: PostOffice) -> None:
    """The account belongs to its owner (PRODUCT.md §4.1)."""
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    browser, mail = asked(cast, post)
    assert "Your ID is changed" in press(browser, mail).text


def test_a_new_password_ends_what_is_pending(cast: Cast, post: PostOffice) -> None:
    """Whoever asked for the change with the old password gets nothing any more."""
    _browser, mail = asked(cast, post)
    owner = cast.visitor()
    owner.fill_in(owner.open("/reset/"), id=OLD)
    owner.fill_in(open_link(owner, post.last_to(OLD).link), new_password=NEW_PASSWORD)
    assert kinds(cast) == {OLD: "id"} and "becomes your ID" not in owner.open("/account/").text
    assert cast.visitor().open(mail.link).status == 410


def test_the_worker_deletes_what_ended(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(cast, post)
    ask(cast.eve.browser(), "eve@home.example")
    erasure.purge_dead()
    assert Address.objects.filter(kind__in=["alias", "pending"]).count() == 2
    turn(monkeypatch, days=30, minutes=1)
    erasure.purge_dead()
    assert not Address.objects.filter(kind__in=["alias", "pending"]).exists()
