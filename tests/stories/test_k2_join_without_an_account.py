"""K2: the link opens a sign-up page → Create account → name, e-mail, password → get the app → sign in."""

import re
from datetime import timedelta
from typing import Any

import pytest

from dure import erasure
from dure.accounts.models import Account, Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.action import writing
from dure.core.events import Event
from dure.joining import funnel
from dure.joining.actions import sign_up_codes, sign_up_mails
from dure.joining.actions.registering import register_member
from dure.joining.models import InviteLink, JoinRequest, SignUp
from dure.mail.models import Letter
from dure.members.models import DeviceUse, Member
from dure.workspaces.models import Workspace
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice, free_port
from tests.stories.joining import BORAM, arrive, begin, code_to, confirm, fill, invite_link, sign_up


def test_boram_creates_an_account_and_is_in(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = arrive(browser, link)
    assert page.path == f"/join/{link.uid}/", "the secret has left the address bar"
    for words in ("Join the workspace 한빛소프트", "Eve Adler invites you", "At once", "Open until"):
        assert words in page.text, words
    page = browser.press(page, "Create account")
    assert "With it you join 한빛소프트" in page.text
    page = fill(browser, page)
    assert page.path == f"/join/{link.uid}/sign-up/" and BORAM["id"] in page.text
    assert not Address.objects.filter(canonical=BORAM["id"]).exists(), "the account exists only once it is proven"
    mail = post.last_to(BORAM["id"])
    assert mail.subject == f"{code_to(post, BORAM['id'])} is your code for 한빛소프트"
    page = confirm(browser, page, post)
    assert page.path == cast.at("?welcome") and "You are in: 한빛소프트" in page.text and "home screen" in page.text
    member = Member.objects.get(account__addresses__canonical=BORAM["id"])
    assert (member.state, member.family_name, member.given_name, member.is_super_admin) == (
        "active",
        "윤",
        "보람",
        False,
    )
    account = member.account
    assert account.origin_id is None and account.addresses.get().proven_at
    assert post.last_to(BORAM["id"]).subject == "You have joined 한빛소프트 as a workspace member"
    assert not SignUp.objects.exists()
    again = cast.visitor()
    assert again.sign_in(BORAM["id"], BORAM["password"]).path == cast.at()
    assert "윤보람" in cast.minjun.browser().open(cast.at("admin/members/?q=boram")).text
    link.refresh_from_db()
    assert link.uses == 1 and link.last_used_at


def test_the_funnel_counts_each_step_once_and_the_trail_holds_no_value(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    for _again in range(3):
        arrive(browser, link)
    assert set(funnel.totals(link).values()) == {0}, "opening counts nothing"
    browser.press(arrive(browser, link), "Create account")
    browser.press(arrive(browser, link), "Create account")
    page = fill(browser, browser.open(f"/join/{link.uid}/sign-up/"))
    assert funnel.totals(link) == {"opened": 1, "started": 1, "verified": 0, "asked": 0, "joined": 0, "refused": 0}
    confirm(browser, page, post)
    assert funnel.totals(link) == {"opened": 1, "started": 1, "verified": 1, "asked": 0, "joined": 1, "refused": 0}
    events = {event.event: event for event in AuditEvent.objects.filter(workspace_id=cast.hanbit.pk)}
    assert {"link.used", "sign_up.begun", "member.joined"} <= set(events)
    assert events["member.joined"].via == link.uid
    told = str([list(vars(event).values()) for event in AuditEvent.objects.all()])
    assert "boram" not in told and "보람" not in told


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"id": "boram"}, "id", "not an e-mail address"),
        ({"id": "bоram@hanbitsoft.co.kr"}, "id", "Latin letters"),
        ({"id": ""}, "id", "Fill this in"),
        ({"given_name": "", "family_name": ""}, "given_name", "Write a name"),
        ({"password": "short"}, "password", "12 characters"),
        ({"password": "password1234"}, "password", "leaks"),
        ({"password": "boram.yoon12"}, "password", "mostly"),
        ({"id": "boram@gmail.example"}, "id", "addresses at hanbitsoft.co.kr"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_rest_is_kept(
    cast: Cast, post: PostOffice, typed: dict[str, str], field: str, said: str
) -> None:
    link = invite_link(cast.eve, domains=["hanbitsoft.co.kr"])
    page = begin(cast.visitor(), link, **typed)
    assert page.status == 200 and said in page.error_beside(field), page.text
    kept = dict(page.form_with("password").fields)
    for name in ("family_name", "given_name", "id"):
        assert kept[name] == {**BORAM, **typed}[name], name
    assert BORAM["password"] not in page.body
    assert not SignUp.objects.exists() and not Letter.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["Boram.Yoon@HANBITSOFT.co.kr", "boram.yoon+join@hanbitsoft.co.kr", "b.o.ram@한빛소프트.example"],
)
def test_capitals_dots_plus_and_an_international_domain_are_one_address_each(
    cast: Cast, post: PostOffice, address: str
) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = begin(browser, link, id=address)
    row = SignUp.objects.get()
    assert row.address == row.address.lower() and row.address.isascii()
    page = confirm(browser, page, post, row.address)
    assert page.path == cast.at("?welcome")
    assert Address.objects.get(canonical=row.address).proven_at


def test_an_interrupted_sign_up_is_taken_up_again(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    begin(browser, link)
    page = arrive(browser, link)
    assert BORAM["id"] in page.text, "the joining page says so"
    assert BORAM["id"] not in arrive(cast.visitor(), link).text, "to this browser alone"
    page = browser.press(page, "Continue")
    assert "Type the code" in page.text and BORAM["id"] in page.text
    assert confirm(browser, page, post).path == cast.at("?welcome")


def test_another_address_begins_anew(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = browser.follow(begin(browser, link), "Use another address")
    typed = dict(page.form_with("password").fields)
    assert typed["id"] == BORAM["id"] and typed["given_name"] == BORAM["given_name"], "to be corrected"
    page = fill(browser, page, id="boram@elsewhere.example")
    assert SignUp.objects.get().address == "boram@elsewhere.example"
    assert AuditEvent.objects.filter(workspace_id=cast.hanbit.pk, event=Event.SIGN_UP_GIVEN_UP).exists()
    assert confirm(browser, page, post, "boram@elsewhere.example").path == cast.at("?welcome")


def test_a_wrong_code_five_times_and_only_a_new_one_works(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = begin(browser, link)
    right = code_to(post, BORAM["id"])
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for typed in ("12345", "1234567", "abcdef"):
        page = browser.submit(page, page.form_with("code"), code=typed, step="code")
        assert page.error_beside("code") == "The code has six digits.", "which costs no try"
    for left in ("4 tries are left", "3 tries are left", "2 tries are left", "One try is left", "tries for this code"):
        page = browser.submit(page, page.form_with("code"), code=wrong, step="code")
        assert left in page.error_beside("code")
    page = browser.submit(page, page.form_with("code"), code=right, step="code")
    assert "are used up" in page.error_beside("code") and not Account.objects.filter(origin_id=None).exclude(
        pk__in=Member.objects.values("account")
    )
    page = browser.press(page, "Mail a new code")
    assert "a moment ago" in page.error_beside("code")
    SignUp.objects.update(code_until=clock.now() + timedelta(minutes=5))
    page = browser.press(page, "Mail a new code")
    assert confirm(browser, page, post).path == cast.at("?welcome")


def test_the_code_of_another_browser_or_after_ten_minutes_is_none(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser, other = cast.visitor(), cast.visitor()
    page = begin(browser, link)
    begin(other, link, id="thief@elsewhere.example")
    handle = SignUp.objects.get(address=BORAM["id"]).uid
    theirs = other.open(f"/join/{link.uid}/sign-up/")
    assert handle not in theirs.body
    stolen = other.submit(theirs, theirs.form_with("code"), code=code_to(post, BORAM["id"]), step="code")
    assert "not the code" in stolen.error_beside("code")
    SignUp.objects.update(code_until=clock.now() - timedelta(seconds=1))
    late = confirm(browser, page, post)
    assert "time for this code is over" in late.error_beside("code")


@pytest.mark.parametrize("whose", ["active", "alias"])
def test_who_has_an_account_learns_it_after_the_code_alone_and_signs_in(
    cast: Cast, post: PostOffice, whose: str
) -> None:
    address = cast.alex.address
    if whose == "alias":
        address = "lexi@fernweh.example"
        Address.objects.create(
            account=cast.alex.account, canonical=address, kind="alias", proven_at=clock.now(),
            until=clock.now() + timedelta(days=3),
        )  # fmt: skip
    before = cast.alex.account.password
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = begin(browser, link, id=address)
    assert "Type the code" in page.text and "already" not in page.text
    page = confirm(browser, page, post, address)
    assert "You have an account already" in page.text and "password you typed is not kept" in page.text
    assert cast.alex.account.password == before
    page = browser.follow(page, "Sign in and go on")
    assert re.search(r'<input type="password"[^>]* autofocus', page.body), "the ID stands there already"
    assert dict(page.form_with("password").fields)["id"] == address
    page = browser.fill_in(page, password=PASSWORD)
    assert page.path == f"/join/{link.uid}/", "signed in, and back at the joining page"
    assert browser.press(page, "Join").path == cast.at("?welcome")


def test_an_account_nobody_proved_yields_to_whoever_proves_the_address(cast: Cast, post: PostOffice) -> None:
    register_member(
        cast.alex.actor, id=BORAM["id"], family_name="Yoon", given_name="Bo", language="en", submission="x" * 36
    )
    held = Account.objects.get(addresses__canonical=BORAM["id"])
    assert not held.has_own_password
    page = sign_up(cast, post, invite_link(cast.eve))
    assert page.path == cast.at("?welcome")
    held.refresh_from_db()
    assert held.has_own_password and held.addresses.get(kind="id").proven_at
    states = dict(held.members.values_list("workspace__name", "state"))
    assert states == {"한빛소프트": "active", "Fernweh": "active"}


def test_an_unproven_account_with_a_password_yields_with_all_its_sessions(cast: Cast, post: PostOffice) -> None:
    Address.objects.filter(canonical=cast.alex.address).update(proven_at=None)
    squatter = cast.alex.browser()
    assert sign_up(cast, post, invite_link(cast.eve), id=cast.alex.address).path == cast.at("?welcome")
    assert squatter.open("/workspaces/").path.startswith("/sign-in/")
    assert cast.visitor().sign_in(cast.alex.address, PASSWORD).path == "/sign-in/"
    assert cast.visitor().sign_in(cast.alex.address, BORAM["password"]).path == "/workspaces/"


def test_who_is_registered_here_already_becomes_active_and_spends_no_use(cast: Cast, post: PostOffice) -> None:
    register_member(
        cast.minjun.actor, id=BORAM["id"], family_name="윤", given_name="보람", language="ko", submission="y" * 36
    )
    link = invite_link(cast.eve, most_uses=1)
    page = sign_up(cast, post, link)
    assert page.path == cast.at("?welcome") and "한빛소프트에 들어왔습니다" in page.text
    link.refresh_from_db()
    assert link.uses == 0
    assert Member.objects.get(account__addresses__canonical=BORAM["id"]).state == "active"


def test_the_link_closes_while_somebody_types(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    form = browser.press(arrive(browser, link), "Create account")
    InviteLink.objects.update(paused_at=clock.now())
    assert (fill(browser, form).status, SignUp.objects.count()) == (410, 0)
    InviteLink.objects.update(paused_at=None)
    page = fill(browser, form)
    InviteLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    over = confirm(browser, page, post)
    assert over.status == 410 and "was open until" in over.text
    assert not Address.objects.filter(canonical=BORAM["id"]).exists(), "no account without a place"
    InviteLink.objects.update(expires_at=clock.now() + timedelta(days=1))
    page = browser.open(f"/join/{link.uid}/sign-up/")
    assert "Your address is confirmed" in page.text
    assert browser.press(page, "Join 한빛소프트").path == cast.at("?welcome"), (
        "what was typed was kept, and the code is not asked again"
    )


def test_without_a_mail_server_the_form_says_why_it_cannot(cast: Cast, no_post: None) -> None:
    page = begin(cast.visitor(), invite_link(cast.eve))
    assert "sends no mail" in page.text and "Ask an admin to register you" in page.text
    assert dict(page.form_with("password").fields)["id"] == BORAM["id"]


def test_one_mailbox_is_not_written_to_again_and_again(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    pages = {begin(cast.visitor(), link).text.replace(BORAM["id"], "") for _ in range(8)}
    assert len(pages) == 1, "the page says the same"
    post.deliver()
    assert len([mail for mail in post.received if BORAM["id"] in mail.recipients]) == 5


def test_a_code_that_was_not_mailed_fits_nothing(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """PRODUCT.md §4.2: an address is proven only by a secret that went to it."""
    monkeypatch.setattr(sign_up_mails.secrets, "randbelow", lambda _most: 19)
    link = invite_link(cast.eve)
    for _number in range(sign_up_mails.MAILS_AN_HOUR):
        begin(cast.visitor(), link)
    browser = cast.visitor()
    page = begin(browser, link)
    SignUp.objects.update(code_until=clock.now() + timedelta(minutes=5))
    for _again in range(2):
        page = browser.submit(page, page.form_with("code"), code="000019", step="code")
        assert "not the code" in page.error_beside("code")
        page = browser.press(page, "Mail a new code")
    assert not Address.objects.filter(canonical=BORAM["id"]).exists()


def test_wrong_codes_of_one_network_come_to_an_end_and_right_ones_do_not_count(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_up_codes, "WRONG_AN_HOUR", 2)
    link = invite_link(cast.eve)
    for number in range(3):
        sign_up(cast, post, link, id=f"boram{number}@hanbitsoft.co.kr")
    browser = cast.visitor()
    page = begin(browser, link)
    wrong = f"{(int(code_to(post, BORAM['id'])) + 1) % 1_000_000:06d}"
    said = []
    for _number in range(3):
        page = browser.submit(page, page.form_with("code"), code=wrong, step="code")
        said.append((page.status, "Too many wrong codes" in page.error_beside("code")))
    assert said == [(200, False), (200, False), (429, True)]
    assert confirm(browser, page, post).status == 429


def test_a_proof_that_is_too_old_is_renewed_by_a_new_code(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = begin(browser, link)
    InviteLink.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    assert confirm(browser, page, post).status == 410
    InviteLink.objects.update(expires_at=clock.now() + timedelta(days=1))
    SignUp.objects.update(proven_at=clock.now() - timedelta(hours=2), code_until=clock.now() - timedelta(hours=2))
    page = browser.open(f"/join/{link.uid}/sign-up/")
    late = confirm(browser, page, post)
    assert late.status == 200 and "time for this code is over" in late.error_beside("code")
    page = browser.press(late, "Mail a new code")
    assert confirm(browser, page, post).path == cast.at("?welcome")


def test_an_unfinished_sign_up_is_forgotten_after_a_week_and_with_its_address(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    begin(cast.visitor(), link)
    assert b"boram" in contents_of(SignUp)
    SignUp.objects.update(expires_at=clock.now() - timedelta(seconds=1))
    erasure.purge_dead()
    assert not SignUp.objects.exists()
    begin(cast.visitor(), link, id=cast.alex.address)
    with writing():
        erasure.erase_account(cast.alex.account)
    assert not SignUp.objects.exists()


def contents_of(model: type[SignUp]) -> bytes:
    """Return what the rows of a table say."""
    return str(list(model.objects.values_list())).encode()


def test_the_password_that_was_typed_waits_hashed_and_the_code_is_no_plain_one(cast: Cast, post: PostOffice) -> None:
    begin(cast.visitor(), invite_link(cast.eve))
    row, code = SignUp.objects.get(), code_to(post, BORAM["id"])
    assert row.password.startswith("argon2") and BORAM["password"] not in row.password
    assert code.encode() not in bytes(row.code)


def test_while_the_mail_server_is_down_the_page_says_so_and_the_sign_up_goes_on_afterwards(
    cast: Cast, post: PostOffice, settings: Any
) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    settings.DURE["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"
    begin(browser, link)
    post.deliver()
    page = browser.open(f"/join/{link.uid}/sign-up/")
    assert "does not take the mail at this moment" in page.text and BORAM["id"] in page.text
    settings.DURE["SMTP_URL"] = post.url
    SignUp.objects.update(code_until=clock.now() + timedelta(minutes=5))
    page = browser.press(page, "Mail a new code")
    assert "does not take the mail" not in page.text
    assert confirm(browser, page, post).path == cast.at("?welcome")


def test_where_another_workspace_asks_for_longer_passwords_only_a_mailed_link_takes_the_account_over(
    cast: Cast, post: PostOffice
) -> None:
    Workspace.objects.filter(pk=cast.fernweh.pk).update(password_minimum=30)
    register_member(
        cast.alex.actor, id=BORAM["id"], family_name="Yoon", given_name="Bo", language="en", submission="q" * 36
    )
    page = sign_up(cast, post, invite_link(cast.eve))
    assert "You have an account already" in page.text and page.has_link("I forgot my password")
    assert not Account.objects.get(addresses__canonical=BORAM["id"]).has_own_password


def test_where_an_admin_has_to_agree_a_newcomer_can_say_a_sentence(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve, needs_approval=True)
    browser = cast.visitor()
    page = browser.press(arrive(browser, link), "Create account")
    assert "A sentence for whoever decides" in page.text
    page = fill(browser, page, id="", message="  I start on Monday,\n in marketing.  ")
    assert "Fill this in" in page.text and "I start on Monday" in page.body, "nothing that was typed is lost"
    page = fill(browser, page, message="x" * 201)
    assert "at most 200" in page.text and "x" * 201 in page.body
    page = confirm(browser, fill(browser, page, message="I start on Monday, in marketing."), post)
    assert "Waiting for approval" in page.text and "I start on Monday, in marketing." in page.text
    asked = JoinRequest.objects.get()
    assert asked.message == "I start on Monday, in marketing."
    assert asked.message in cast.minjun.browser().open(cast.at(f"admin/join-requests/{asked.uid}/")).text
    without = cast.visitor()
    page = without.press(arrive(without, invite_link(cast.eve)), "Create account")
    assert "A sentence" not in page.text


def test_whoever_finished_in_another_tab_is_told_and_led_on(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = begin(browser, link)
    kept = list(browser.cookies)
    assert confirm(browser, page, post).path == cast.at("?welcome")
    page_again = browser.submit(page, page.form_with("code"), code="123456", step="code")
    assert page_again.path == cast.at() and "a member of 한빛소프트 already" in page_again.text
    other = cast.visitor()
    for cookie in kept:
        other.cookies.set_cookie(cookie)
    told = other.submit(page, page.form_with("code"), code="123456", step="code")
    assert "finished or given up in another tab" in told.text and told.has_link("Sign in")


def test_domains_that_are_set_while_somebody_signs_up_lead_to_another_address(cast: Cast, post: PostOffice) -> None:
    link, browser = invite_link(cast.eve), cast.visitor()
    page = begin(browser, link, id="boram@elsewhere.example")
    InviteLink.objects.filter(pk=link.pk).update(domains=["hanbitsoft.co.kr"])
    refused = confirm(browser, page, post, "boram@elsewhere.example")
    for page in (refused, browser.open(refused.path)):
        assert page.status == 200 and "for addresses at hanbitsoft.co.kr" in page.text
        assert not [form for form in page.forms if "finish" in form.buttons], "what cannot be done is not offered"
    assert not Account.objects.filter(addresses__canonical="boram@elsewhere.example").exists()
    again = browser.follow(refused, "Use another address")
    assert confirm(browser, fill(browser, again), post).path == cast.at("?welcome")


def test_loading_the_answer_to_a_wrong_code_again_costs_no_try(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = begin(browser, invite_link(cast.eve))
    wrong = f"{(int(code_to(post, BORAM['id'])) + 1) % 1_000_000:06d}"
    told = browser.submit(page, page.form_with("code"), code=wrong, step="code")
    said = told.error_beside("code")
    assert "4" in said and wrong not in told.body and told.path.endswith("?wrong")
    assert browser.open(told.path).error_beside("code") == said
    assert SignUp.objects.get().tries_left == 4
    assert confirm(browser, told, post).path == cast.at("?welcome")


def test_the_welcome_greets_for_a_day(cast: Cast, post: PostOffice) -> None:
    browser = cast.visitor()
    page = begin(browser, invite_link(cast.eve))
    assert "You are in" in confirm(browser, page, post).text
    DeviceUse.objects.filter(member__given_name=BORAM["given_name"]).update(first_at=clock.now() - timedelta(days=2))
    assert "You are in" not in browser.open(cast.at("?welcome")).text


def test_everything_that_is_wrong_at_sign_up_is_told_at_once(cast: Cast, post: PostOffice) -> None:
    wrong = {"family_name": "", "given_name": "", "id": "ji won@@x", "password": "short"}
    page = begin(cast.visitor(), invite_link(cast.eve), **wrong)
    assert "Write a name" in page.error_beside("given_name")
    assert "not an e-mail address" in page.error_beside("id") and "12" in page.error_beside("password")
    wrong = {"family_name": "", "given_name": "", "id": "ji won@@x", "password": ""}
    page = begin(cast.visitor(), invite_link(cast.eve, domains=["hanbitsoft.co.kr"]), **wrong)
    assert "Write a name" in page.error_beside("given_name"), "also when a field is empty"
    assert "not an e-mail address" in page.error_beside("id") and page.error_beside("password") == "Fill this in."
    page = begin(cast.visitor(), invite_link(cast.eve, domains=["hanbitsoft.co.kr"]), id="a@b.example", password="")
    assert "hanbitsoft.co.kr" in page.error_beside("id")
