"""K1: join by invite link with an account one has; sign in with the e-mail address, and one is in."""

from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import pytest

from dure.accounts.models import Account, Address
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.events import Event
from dure.joining import funnel, ways
from dure.joining.actions import entering
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import Invitation, InviteLink, InviteLinkDay, JoinRequest
from dure.members.actions.leaving import remove
from dure.members.actions.suspending import suspend
from dure.members.models import Grant, Member
from tests.cast import PASSWORD, Cast
from tests.post import PostOffice
from tests.stories.joining import arrive, invite_link
from tests.tables import contents
from tests.visitor import Page, Visitor


def place(cast: Cast) -> Member | None:
    """Return Alex's place in 한빛소프트."""
    return Member.objects.filter(workspace=cast.hanbit, account_id=cast.alex.member.account_id).first()


def test_alex_signs_in_from_the_link_and_is_in(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    page = browser.press(arrive(browser, link), "Sign in and join")
    assert "Then you go on to the invitation." in page.text
    assert page.path.startswith("/sign-in/")
    page = browser.fill_in(page, id=cast.alex.address, password=PASSWORD)
    assert page.path == f"/join/{link.uid}/" and cast.alex.address in page.text
    assert place(cast) is None, "signing in joins nothing"
    typed = dict(page.form_with("given_name").fields)
    assert (typed["family_name"], typed["given_name"]) == ("Meyer", "Alex"), "the name one goes by elsewhere"
    page = browser.press(page, "Join")
    assert page.path == cast.at("?welcome") and "You are in: 한빛소프트" in page.text
    member = place(cast)
    assert member and (member.state, member.is_super_admin) == ("active", False)
    assert not Grant.objects.filter(member=member).exists()
    assert post.last_to(cast.alex.address).subject == "You have joined 한빛소프트 as a workspace member"
    totals = funnel.totals(link)
    assert totals == {"opened": 1, "started": 1, "verified": 1, "asked": 0, "joined": 1, "refused": 0}
    assert browser.open(f"/w/{cast.fernweh.uid}/").status == 200, "the other workspace stays as it was"


def test_signed_in_already_one_press_joins_under_another_name(cast: Cast, post: PostOffice) -> None:
    browser = cast.alex.browser()
    page = arrive(browser, invite_link(cast.sora))
    assert "You join with this ID" in page.text
    page = browser.submit(page, page.form_with("given_name"), family_name="Meyer", given_name="Alexandra", step="join")
    member = place(cast)
    assert member and member.given_name == "Alexandra"
    fernweh = Member.objects.get(workspace=cast.fernweh, account=member.account)
    assert fernweh.given_name == "Alex", "names are of the place"


def test_pressed_twice_and_with_the_back_button_it_is_one_place(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve, most_uses=5)
    browser = cast.alex.browser()
    page = arrive(browser, link)
    browser.press(page, "Join")
    again = browser.press(page, "Join")
    assert again.path == cast.at() and "You are a member of 한빛소프트 already" in again.text
    assert "You are a member of 한빛소프트 already" in arrive(browser, link).text
    link.refresh_from_db()
    assert link.uses == 1 and Member.objects.filter(account=cast.alex.account).count() == 2


def test_a_forged_role_gives_none(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve)
    browser = cast.alex.browser()
    page = arrive(browser, link)
    answer = browser.send(
        page, f"/join/{link.uid}/", step="join", given_name="Alex", is_super_admin="1", role="super_admin",
        permissions="admins.manage", workspace=cast.fernweh.uid,
    )  # fmt: skip
    assert answer.status == 302
    member = place(cast)
    assert member and not member.is_super_admin and not Grant.objects.filter(member=member).exists()


def over(link: InviteLink, **facts: Any) -> None:
    """Bring a link to its end."""
    InviteLink.objects.filter(pk=link.pk).update(**facts)


ENDS = {
    "expired": ({"expires_at": clock.now() - timedelta(days=1)}, "was open until"),
    "used up": ({"most_uses": 3, "uses": 3}, "used up"),
    "paused": ({"paused_at": clock.now()}, "is paused"),
    "withdrawn": ({"withdrawn_at": clock.now()}, "was withdrawn"),
    "made by a clock ahead": ({"expires_at": clock.now() + timedelta(days=4000)}, "was open until"),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("who", ["visitor", "alex"])
def test_a_link_that_is_over_says_why_lets_nobody_in_and_offers_to_ask(
    cast: Cast, post: PostOffice, end: str, who: str
) -> None:
    link = invite_link(cast.eve)
    browser = cast.alex.browser() if who == "alex" else cast.visitor()
    page = arrive(browser, link)
    facts, said = ENDS[end]
    over(link, **facts)
    later = browser.press(page, "Join" if who == "alex" else "Create account")
    asking = "Ask for a new one" if end == "withdrawn" else "Ask to open it again"
    assert later.status == 410 and said in later.text and asking in later.text
    opened = arrive(browser, link)
    assert opened.status == 410 and said in opened.text
    assert browser.open(f"/join/{link.uid}/sign-up/").status in (410, 200)
    assert place(cast) is None
    assert InviteLink.objects.get().uses == (3 if end == "used up" else 0)
    assert funnel.totals(link)["refused"] == 1, "once for a browser"


def test_a_member_is_led_in_even_when_the_link_is_over(cast: Cast) -> None:
    link = invite_link(cast.eve)
    over(link, withdrawn_at=clock.now())
    page = arrive(cast.yuki.browser(), link)
    assert "You are a member of 한빛소프트 already" in page.text and page.has_link("Open")


def test_another_domain_is_told_before_the_press_and_refused_with_it(cast: Cast) -> None:
    link = invite_link(cast.eve, domains=["hanbitsoft.co.kr"])
    browser = cast.alex.browser()
    page = arrive(browser, link)
    assert "for addresses at hanbitsoft.co.kr" in page.text
    assert not [form for form in page.forms if "given_name" in form.inputs]
    browser.send(page, f"/join/{link.uid}/", step="join", given_name="Alex")
    assert place(cast) is None
    assert (InviteLink.objects.get().uses, funnel.totals(link)["refused"]) == (0, 1)


@pytest.mark.parametrize("domain", ["sub.fernweh.example", "example", "xfernweh.example", "fernweh.example.org"])
def test_a_domain_that_only_looks_alike_is_another_one(cast: Cast, domain: str) -> None:
    link = invite_link(cast.eve, domains=[domain] if "." in domain else ["a.example"])
    assert "for addresses at" in arrive(cast.alex.browser(), link).text


def test_an_account_whose_id_nobody_proved_accepts_nothing(cast: Cast, post: PostOffice) -> None:
    Address.objects.filter(canonical=cast.alex.address).update(proven_at=None)
    link = invite_link(cast.eve)
    browser = cast.alex.browser()
    page = arrive(browser, link)
    assert "not confirmed by mail yet" in page.text
    browser.send(page, f"/join/{link.uid}/", step="join", given_name="Alex")
    assert place(cast) is None and InviteLink.objects.get().uses == 0


def test_who_was_suspended_is_told_and_stays_so(cast: Cast, post: PostOffice) -> None:
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    link = invite_link(cast.eve)
    browser = cast.yuki.browser()
    page = arrive(browser, link)
    assert "does not open for you now" in page.text
    browser.send(page, f"/join/{link.uid}/", step="join", given_name="Yuki")
    assert Member.objects.get(pk=cast.yuki.member.pk).state == "suspended"
    assert InviteLink.objects.get().uses == 0


def removed(cast: Cast) -> None:
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)


def test_who_was_removed_can_only_ask_to_come_back(cast: Cast, post: PostOffice) -> None:
    removed(cast)
    link = invite_link(cast.eve)
    browser = cast.yuki.browser()
    page = arrive(browser, link)
    assert "were removed" in page.text
    page = browser.press(page, "Ask to come back")
    assert JoinRequest.objects.get().account_id == cast.yuki.member.account_id
    assert Member.objects.get(pk=cast.yuki.member.pk).state == "removed"
    assert browser.open(cast.at()).status == 404, "asking opens nothing"


def test_with_approval_one_asks_and_nothing_opens(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast.eve, needs_approval=True, most_uses=1)
    browser = cast.alex.browser()
    page = arrive(browser, link)
    assert "After an admin has agreed" in page.text
    page = browser.submit(page, page.form_with("message"), message="I am the new designer.", step="join")
    asked = JoinRequest.objects.get()
    assert page.path == f"/workspaces/requests/{asked.uid}/" and asked.message == "I am the new designer."
    assert place(cast) is None and browser.open(cast.at()).status == 404
    link.refresh_from_db()
    assert link.uses == 1, "it holds the place"
    assert arrive(browser, link).path == f"/workspaces/requests/{asked.uid}/", "and is led back to it"
    assert funnel.totals(link) == {"opened": 1, "started": 1, "verified": 1, "asked": 1, "joined": 0, "refused": 0}


def test_an_invitation_to_the_same_person_is_answered_with_it(cast: Cast, post: PostOffice) -> None:
    from tests.stories.test_accepting_a_place import invite

    invite(cast)
    browser = cast.alex.browser()
    browser.press(arrive(browser, invite_link(cast.eve)), "Join")
    assert Invitation.objects.get().accepted_at and Invitation.objects.get().member == place(cast)
    told = AuditEvent.objects.get(event=Event.INVITATION_SETTLED, workspace_id=cast.hanbit.pk)
    assert told.subject_id == Invitation.objects.get().pk


def test_who_is_invited_already_is_led_to_the_invitation_and_may_still_ask(cast: Cast, post: PostOffice) -> None:
    invite_many(cast.minjun.actor, text=cast.alex.address, language="en", message="", submission="one")
    link = invite_link(cast.eve, needs_approval=True)
    said = "You are invited to 한빛소프트 already"
    assert said not in arrive(cast.visitor(), link).text, "nothing is told before somebody is known"
    browser = cast.alex.browser()
    page = arrive(browser, link)
    assert said in page.text and "without anybody’s approval" in page.text
    waiting = browser.submit(page, page.form_with("given_name"), step="join")
    assert "Waiting for approval" in waiting.text and said in waiting.text
    page = browser.follow(waiting, "See the invitation")
    assert browser.fill_in(page, family_name="Meyer", given_name="Alex", step="accept").path == cast.at("?welcome")
    assert JoinRequest.objects.get().ended_at is not None and place(cast)


def test_an_invitation_of_another_workspace_is_not_told_of_there(cast: Cast, post: PostOffice) -> None:
    invite_many(cast.alex.actor, text=cast.yuki.address, language="en", message="", submission="one")
    browser = cast.yuki.browser()
    assert "invited" not in arrive(browser, invite_link(cast.eve)).text
    page = arrive(browser, invite_link(cast.alex))
    assert "You are invited to" in page.text


def test_a_link_made_anew_opens_nothing_under_its_old_address(cast: Cast) -> None:
    link = invite_link(cast.eve)
    browser = cast.alex.browser()
    page, old = arrive(browser, link), ways.address_of(link)
    InviteLink.objects.update(generation=2)
    assert browser.press(page, "Join").status == 410
    assert browser.open(old).status == 410 and "It was replaced" in browser.open(old).text
    assert place(cast) is None
    link.refresh_from_db()
    assert "Join the workspace" in arrive(cast.visitor(), link).text


def test_the_secret_of_one_link_is_worth_nothing_at_another(cast: Cast) -> None:
    ours, theirs = invite_link(cast.eve), invite_link(cast.alex)
    key = ways.secret_of(theirs).partition(".")[2]
    forged = cast.visitor().open(f"/j/{ours.uid}.{key}")
    assert forged.status == 410 and "한빛" not in forged.text
    for broken in ("x", f"{ours.uid}.", f"{ours.uid}.{'A' * 22}", "no"):
        page = cast.visitor().open(f"/j/{broken}")
        assert page.status in (404, 410), broken


def cookies_off(cast: Cast) -> Visitor:
    """Return a browser that keeps no cookie."""
    browser = cast.visitor()
    browser.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return browser


def test_with_cookies_off_or_in_another_browser_the_page_explains(cast: Cast) -> None:
    link = invite_link(cast.eve)
    for browser in (cookies_off(cast), cast.visitor()):
        page = browser.open(f"/join/{link.uid}/")
        assert page.status == 200 and "another browser" in page.text and "allow cookies" in page.text
        assert "한빛" not in page.text, "the handle alone tells nothing"
        assert page.text.index("cookies are off") < page.text.index("another browser"), "plainly and early"
    assert "another browser" in arrive(cookies_off(cast), link).text


def short_code(browser: Visitor, typed: str) -> Page:
    page = browser.open("/join/")
    form = next(form for form in page.forms if form.action == "/join/")
    return browser.submit(page, form, code=typed)


@pytest.mark.parametrize("spelling", ["{}", "{lower}", "{spaced}"])
def test_the_short_code_leads_to_the_same_page(cast: Cast, spelling: str) -> None:
    link = invite_link(cast.eve)
    code = ways.code_of(link)
    assert len(code) == 9 and code[4] == "-"
    typed = spelling.format(code, lower=code.lower(), spaced=" ".join(code.replace("-", "")))
    page = short_code(cast.visitor(), typed)
    assert page.path == f"/join/{link.uid}/" and "Join the workspace 한빛소프트" in page.text


@pytest.mark.parametrize("ceiling", ["WRONG_CODES_AN_HOUR", "WRONG_CODES_OF_ALL"])
def test_a_wrong_short_code_is_told_and_after_many_in_an_hour_none_is_looked_up(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, ceiling: str
) -> None:
    monkeypatch.setattr(entering, ceiling, 3)
    link = invite_link(cast.eve)
    browser = cast.visitor()
    for _try in range(3):
        assert "No link has this code" in short_code(browser, "ABCD-EFGH").error_beside("code")
    page = short_code(browser, ways.code_of(link))
    assert page.status == 429 and "Too many wrong codes" in page.error_beside("code")
    assert "Join the workspace" in arrive(browser, link).text, "the link itself still works"


def test_whoever_guesses_from_many_networks_does_not_shut_the_others_out(
    people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entering, "MANY_CODES_OF_ALL", 20)
    link = invite_link(people.eve)
    for guess in range(30):
        with pytest.raises(entering.WrongShortCode if guess < 20 else entering.TooManyCodes):
            entering.link_of_code("ABCD-EFGH", network="198.51.100.0/24")
    for _slip in range(5):
        with pytest.raises(entering.WrongShortCode):
            entering.link_of_code("ABCD-EFGH", network="203.0.113.0/24")
    assert entering.link_of_code(ways.code_of(link), network="203.0.113.0/24") == link


def test_right_short_codes_do_not_count(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "WRONG_CODES_AN_HOUR", 1)
    link = invite_link(cast.eve)
    for _person in range(5):
        assert short_code(cast.visitor(), ways.code_of(link)).path == f"/join/{link.uid}/"


def test_the_page_speaks_the_language_of_the_link_to_a_browser_that_asks_for_none_of_ours(cast: Cast) -> None:
    link = invite_link(cast.eve, language="ja")
    assert arrive(Visitor(cast.server, language="fi"), link).headers["content-language"] == "ja"
    assert arrive(Visitor(cast.server, language="ko,en;q=0.5"), link).headers["content-language"] == "ko"


SCANNERS = (
    "Mozilla/5.0 (compatible; Microsoft Office; Microsoft Outlook 16.0)", "Microsoft-Exchange-SafeLinks/1.0",
    "Barracuda Sentinel (EE)", "Mimecast-URL-Protect", "ProofPoint URL Defense", "Google-Safety; GoogleImageProxy",
    "facebookexternalhit/1.1; kakaotalk-scrap/1.0", "Line/13.0 (PreviewBot)", "Slackbot-LinkExpanding 1.0",
    "Twitterbot/1.0", "Mozilla/5.0 AppleWebKit/537.36 (prefetch)", "WhatsApp/2.23", "",
)  # fmt: skip


def test_a_dozen_scanners_change_nothing(cast: Cast) -> None:
    link = invite_link(cast.eve, most_uses=1)
    before = contents()
    for agent in SCANNERS:
        for method in ("GET", "HEAD"):
            browser = cast.visitor()
            browser._opener.addheaders = [("User-Agent", agent), ("Purpose", "prefetch")]
            assert browser.open(ways.address_of(link), method=method).status == 200
            assert browser.open(f"/join/{link.uid}/sign-up/", method=method).status == 200
    assert contents() == before and not InviteLinkDay.objects.exists()
    browser = cast.alex.browser()
    assert browser.press(arrive(browser, link), "Join").status == 200 and place(cast)


def test_the_secret_leaves_the_address_at_once_and_no_page_leaks_it(cast: Cast) -> None:
    link = invite_link(cast.eve)
    browser = cast.visitor()
    first = browser.open(ways.address_of(link), follow=False)
    assert first.status == 302 and first.headers["referrer-policy"] == "no-referrer"
    assert first.headers["location"] == f"/join/{link.uid}/"
    assert "httponly" in first.headers["set-cookie"].lower()
    page = arrive(browser, link)
    assert ways.secret_of(link).partition(".")[2] not in page.body
    assert Account.objects.count() == 5
