"""Answering an invitation that was typed or pasted: names, copied links, other accounts, odd addresses.

PRODUCT.md §4.2 (a copied link proves nothing), §4.3, §4.7 c, §4.15.
"""

from http.cookiejar import DefaultCookiePolicy

import pytest

from dure.accounts.actions.changing_id import ask_for_new_id
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Account, Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.joining import queries
from dure.joining.actions import accepting, inviting
from dure.joining.models import Invitation, InvitationToken
from dure.members.models import Member
from dure.members.names import InvalidName
from tests.cast import PASSWORD, Cast, join
from tests.index import renew
from tests.post import PostOffice
from tests.stories.steps import register
from tests.stories.test_invitations import LIST, invite, page_of, paste, rows, turn
from tests.visitor import Page


def copied(cast: Cast, address: str) -> tuple[Page, str]:
    """Copy a link of the invitation to an address as Minjun, and return it."""
    browser, page = page_of(cast, address)
    page = browser.press(page, "Copy a link")
    link = page.body.partition('id="invitation-link">')[2].partition("<")[0]
    assert "/l/" in link
    return page, link


def place(cast: Cast) -> Member | None:
    """Return Alex's place in 한빛소프트."""
    return Member.objects.filter(workspace=cast.hanbit, account_id=cast.alex.member.account_id).first()


def test_whoever_was_invited_without_a_name_gives_one_when_accepting(cast: Cast, post: PostOffice) -> None:
    invite(cast, cast.alex.address, message="Good to have you")
    browser = cast.alex.browser()
    assert "A place in another workspace waits for your answer." in browser.open(f"/w/{cast.fernweh.uid}/").text
    page = browser.follow(browser.open("/workspaces/"), "한빛소프트")
    assert "Good to have you" in page.text and "Your name in this workspace" not in page.text
    assert dict(page.form_with("given_name").fields)["given_name"] == "Alex", (
        "the name one goes by elsewhere stands there"
    )
    page = browser.fill_in(page, family_name="", given_name="", step="accept")
    assert "Write a name" in page.error_beside("given_name") and place(cast) is None
    page = browser.fill_in(page, family_name="Meyer", given_name="x" * 80, step="accept")
    assert "at most 80 characters" in page.error_beside("given_name") and 'value="Meyer"' in page.body
    page = browser.fill_in(page, family_name="Meyer", given_name="evil.com", step="accept")
    assert "no web address" in page.body and place(cast) is None
    page = browser.fill_in(page, family_name="Meyer", given_name="Alex", step="accept")
    member = place(cast)
    assert member and page.path == cast.at("?welcome") and (member.family_name, member.given_name) == ("Meyer", "Alex")
    assert "Alex Meyer" in cast.minjun.browser().open(cast.at("admin/members/?q=meyer")).text


def test_a_name_that_was_written_counts_and_no_other(people: Cast, post: PostOffice) -> None:
    (one,) = invite(people, f"Alexandra Meyer <{people.alex.address}>")
    owner = Owner(people.alex.account)
    accepting.accept(owner, invitation_uid=one.uid, family_name="Boss", given_name="Big")
    member = place(people)
    assert member and (member.family_name, member.given_name) == ("Meyer", "Alexandra")


def test_declining_needs_no_name_and_the_letter_says_the_address(cast: Cast, post: PostOffice) -> None:
    invite(cast, cast.alex.address)
    browser = cast.alex.browser()
    browser.press(browser.follow(browser.open("/workspaces/"), "한빛소프트"), "Decline")
    assert cast.alex.address in post.last_to(cast.minjun.address).subject and place(cast) is None


def test_a_nameless_invitation_shows_its_address_everywhere(cast: Cast, post: PostOffice) -> None:
    invite(cast, "nobody@example.com")
    post.deliver()
    browser = cast.sora.browser()
    for path in (LIST, "admin/audit/", "admin/mail/", f"{LIST}{rows()['nobody@example.com'].uid}/"):
        assert "nobody@example.com" in browser.open(cast.at(path)).text, path


def test_a_copied_link_is_shown_once_and_recorded(cast: Cast, post: PostOffice) -> None:
    invite(cast, "a@example.com")
    mailed = post.last_to("a@example.com").link
    page, link = copied(cast, "a@example.com")
    assert "It is shown only now" in page.text and "no-store" in page.headers["cache-control"]
    _browser, again = page_of(cast, "a@example.com")
    assert "/l/" not in again.body
    for one in (mailed, link):
        assert "invites you to 한빛소프트" in cast.visitor().open(one).text
    token = InvitationToken.objects.get(proves_address=False)
    event = AuditEvent.objects.get(event="invitation.link_copied")
    assert (event.via, event.actor_id) == (token.uid, cast.minjun.member.pk)
    browser, page = page_of(cast, "a@example.com")
    browser.press(browser.follow(page, "Withdraw…"), "Withdraw")
    assert {cast.visitor().open(one).status for one in (mailed, link)} == {410}


def test_a_copied_link_works_without_a_mail_server_and_proves_no_address(cast: Cast, no_post: None) -> None:
    page = paste(cast, cast.alex.address)
    assert "1 person is invited." in page.text and "No mail was sent." in page.text
    assert "Copy a link and hand it over" in page.text and "Send again" not in page.text
    Address.objects.filter(canonical=cast.alex.address).update(proven_at=None)
    _page, link = copied(cast, cast.alex.address)
    browser = cast.alex.browser()
    refused = browser.fill_in(browser.open(link), given_name="Alex", family_name="", step="accept")
    assert "Confirm your own ID first" in refused.text and place(cast) is None
    assert Address.objects.get(canonical=cast.alex.address).proven_at is None
    Address.objects.filter(canonical=cast.alex.address).update(proven_at=clock.now())
    accepted = browser.fill_in(browser.open(link), given_name="Alex", family_name="", step="accept")
    assert accepted.path == cast.at("?welcome") and place(cast)


def test_a_copied_link_lets_nobody_in_with_another_address(cast: Cast, post: PostOffice) -> None:
    invite(cast, "new@example.com")
    _page, link = copied(cast, "new@example.com")
    browser = cast.alex.browser()
    page = browser.open(link)
    assert "passed on to you" in page.text
    assert browser.send(page, page.path, step="accept", given_name="Alex").status == 200
    assert place(cast) is None
    mailed = post.last_to("new@example.com").link
    page = browser.fill_in(browser.open(mailed), given_name="Alex", family_name="", step="accept")
    assert page.path == cast.at("?welcome") and place(cast), (
        "whoever reads the mailbox may answer with the account they have"
    )


def test_an_id_one_only_wishes_for_answers_nothing_that_waits_for_it(cast: Cast, post: PostOffice) -> None:
    bo = join(cast.fernweh, "bo@example.com", "Bo", "B")
    invite(cast, bo.address)
    link = post.last_to(bo.address).link
    mallory, owner = cast.alex.browser(), Owner(cast.alex.account)
    ask_for_new_id(owner, address=bo.address)
    page = mallory.open(link)
    assert "sign in as bo@example.com" in page.text
    assert "is for another account" in mallory.send(page, page.path, step="accept", given_name="Alex").text
    assert place(cast) is None
    assert not Address.objects.filter(account=owner.account, kind=Address.PENDING).exclude(proven_at=None).exists()
    assert not queries.waiting_for(owner.account).exists() and queries.waiting_for(bo.account).count() == 1


def test_whoever_is_signed_in_as_somebody_else_may_go_on_as_the_invited_address(cast: Cast, post: PostOffice) -> None:
    invite(cast, "alex.private@example.com")
    browser = cast.alex.browser()
    page = browser.open(post.last_to("alex.private@example.com").link)
    typed = dict(page.form_with("family_name", "given_name").fields)
    assert (typed["family_name"], typed["given_name"]) == ("Meyer", "Alex") and "Decline" in page.text
    out = browser.press(page, "Sign out and go on as alex.private@example.com")
    assert out.path == page.path and "You are signed in as" not in out.text
    form = browser.press(out, "Create account")
    assert "alex.private@example.com" in form.text and form.form_with("password") and place(cast) is None
    again = cast.alex.browser()
    page = again.open(post.last_to("alex.private@example.com").link)
    page = again.press(page, f"Accept as {cast.alex.address}")
    member = place(cast)
    assert member and (member.family_name, member.given_name) == ("Meyer", "Alex"), "nothing had to be typed"


def test_with_cookies_off_the_page_of_an_invitation_and_its_button_say_so(cast: Cast, post: PostOffice) -> None:
    invite(cast, "nobody@example.com")
    link, browser = post.last_to("nobody@example.com").link, cast.visitor()
    browser.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    page = browser.open(link)
    assert page.status == 200 and "If cookies are off in this browser, allow cookies" in page.text
    refused = browser.press(page, "Send me a new mail")
    assert refused.status == 403 and "Cookies are off in this browser." in refused.text
    kept = cast.visitor()
    asked = kept.press(kept.open(page.path), "Send me a new mail")
    assert "Look into your mailbox" in asked.text, "in another browser that keeps them a mail can be had"


def test_a_member_does_not_use_up_the_invitation_of_somebody_else(cast: Cast, post: PostOffice) -> None:
    (one,) = invite(cast, "aoi@example.com")
    browser = cast.yuki.browser()
    page = browser.open(post.last_to("aoi@example.com").link)
    assert "You are a member of 한빛소프트 already, but" in page.text and "Accept" not in page.text
    assert "for somebody else" in browser.send(page, page.path, step="accept").text
    one.refresh_from_db()
    assert one.accepted_at is None and one.ended_at is None
    out = browser.press(page, "Sign out and go on")
    assert "Create account" in out.text, "and whoever was invited goes on"


def test_whoever_accepts_with_another_account_keeps_their_own_name(cast: Cast, post: PostOffice) -> None:
    invite(cast, "Lena Fischer <lena@example.com>")
    browser = cast.alex.browser()
    page = browser.open(post.last_to("lena@example.com").link)
    assert "Your name in this workspace" not in page.text
    browser.press(page, f"Accept as {cast.alex.address}")
    member = place(cast)
    assert member and (member.family_name, member.given_name) == ("Meyer", "Alex")


def test_opening_is_noted_once_by_a_button_and_not_by_a_look(people: Cast, post: PostOffice) -> None:
    (one,) = invite(people, "a@example.com")
    token = InvitationToken.objects.select_related("invitation").get()
    stale = InvitationToken.objects.select_related("invitation").get()
    inviting.note_opened(Visitor(), token=token)
    inviting.note_opened(Visitor(), token=token)
    inviting.note_opened(Visitor(), token=stale)
    one.refresh_from_db()
    assert one.opened_at and AuditEvent.objects.filter(event="invitation.opened").count() == 1
    assert queries.page(people.hanbit, state=queries.OPENED)[0] == [one]


def test_one_invitation_opened_in_two_tabs_makes_one_place(cast: Cast, post: PostOffice) -> None:
    invite(cast, f"Alex Meyer <{cast.alex.address}>")
    link = post.last_to(cast.alex.address).link
    browser = cast.alex.browser()
    first, second = browser.open(link), browser.open(link)
    assert browser.press(first, "Accept").path == cast.at("?welcome")
    assert browser.press(second, "Accept").path == cast.at()
    assert browser.press(second, "Decline").path == cast.at(), "too late to decline: it leads to the place"
    assert Member.objects.filter(workspace=cast.hanbit, account=cast.alex.account).count() == 1


def test_an_invitation_is_worth_nothing_in_another_workspace(cast: Cast, post: PostOffice) -> None:
    (one,) = invite(cast, "a@example.com")
    stranger = cast.alex.browser()
    base = f"/w/{cast.fernweh.uid}/"
    assert stranger.open(f"{base}{LIST}{one.uid}/").status == 404
    assert "Nobody is chosen" in stranger.open(f"{base}{LIST}act/withdraw/?invitation={one.uid}").text
    source = stranger.open("/account/password/")
    form = source.form_with("csrfmiddlewaretoken")
    for path, typed in (
        (f"{LIST}act/withdraw/", {"invitation": one.uid}),
        (f"{LIST}act/again/", {"invitation": one.uid}),
        (f"{LIST}{one.uid}/", {"step": "copy"}),
        (f"{LIST}{one.uid}/", {"step": "anew"}),
    ):
        form.action, form.fields = base + path, [*form.fields[:1], *typed.items()]
        stranger.submit(source, form)
    one.refresh_from_db()
    assert one.ended_at is None and InvitationToken.objects.count() == 1 and Invitation.objects.count() == 1
    page = stranger.fill_in(stranger.open(f"{base}admin/invitations/new/"), text="a@example.com", language="en")
    assert "1 invitation is on its way." in page.text, "it has an invitation of its own"
    assert Invitation.objects.filter(address="a@example.com", ended_at=None).count() == 2


@pytest.mark.parametrize("who", ["eve", "yuki"])
def test_without_member_management_nobody_invites(cast: Cast, post: PostOffice, who: str) -> None:
    (one,) = invite(cast, "a@example.com")
    browser = getattr(cast, who).browser()
    for path in ("new/", "act/withdraw/", f"{one.uid}/"):
        assert browser.open(cast.at(f"{LIST}{path}")).status == 403, path


def test_registering_somebody_who_is_invited_ends_the_invitation(cast: Cast, post: PostOffice) -> None:
    invite(cast, "haeun.jung@hanbitsoft.co.kr")
    link = post.last_to("haeun.jung@hanbitsoft.co.kr").link
    assert "has been added" in register(cast, cast.minjun).text
    assert cast.visitor().open(link).status == 410 and rows()["haeun.jung@hanbitsoft.co.kr"].withdrawn_at


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("ALEX@FERNWEH.EXAMPLE", "alex@fernweh.example"),
        ("  alex@fernweh.example.  ", "alex@fernweh.example"),
        ("mailto:Alex@fernweh.example", "alex@fernweh.example"),
        ("a.l.e.x@fernweh.example", "a.l.e.x@fernweh.example"),
        ("alex+work@fernweh.example", "alex+work@fernweh.example"),
        ("민수@example.com", None),
        ("аlex@fernweh.example", None),
        ("alex@fernwеh.example", None),
        ("yuki@日本語.example", "yuki@xn--wgv71a119e.example"),
        ("a\u200blex@fernweh.example", None),
        ("=?utf-8?q?a?=@fernweh.example", None),
        ("alex@[127.0.0.1]", None),
        ("alex@fernweh", None),
    ],
)
def test_odd_addresses_are_one_spelling_or_refused(
    people: Cast, post: PostOffice, typed: str, address: str | None
) -> None:
    made = invite(people, typed)
    assert [one.address for one in made] == ([address] if address else [])
    waits = queries.waiting_for(people.alex.account).exists()
    assert waits == (address == people.alex.address), "only byte by byte the same address is Alex's"


def test_no_name_at_all_is_refused_by_the_action(people: Cast, post: PostOffice) -> None:
    (one,) = invite(people, people.alex.address)
    with pytest.raises(InvalidName):
        accepting.accept(Owner(people.alex.account), invitation_uid=one.uid)
    one.refresh_from_db()
    assert one.ended_at is None


def test_invited_before_there_was_an_account_one_finds_it_after_signing_up_elsewhere(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "late@fernweh.example")
    late = join(cast.fernweh, "late@fernweh.example", "Late", "Luis")
    late.server = cast.server
    renew(late.account.pk)
    Account.objects.filter(pk=late.account.pk).update(language="ja")
    turn(monkeypatch, minutes=6)
    browser, page = page_of(cast, "late@fernweh.example")
    browser.press(page, "Send again")
    assert post.last_to(late.address).subject == "Minjun Kimさんから한빛소프트への招待", "in their own language by now"
    own = cast.visitor()
    own.sign_in(late.address, PASSWORD)
    assert "한빛소프트" in own.open("/workspaces/").text
    turn(monkeypatch, **{"days": 7, "hours": 1})
    assert "한빛소프트" not in own.open("/workspaces/").text
