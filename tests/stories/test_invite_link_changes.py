"""An invite link is changed, paused, withdrawn and made anew; what ends is said before (K3, PRODUCT.md §4.7 b)."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.formats import date_format

from dure.accounts.actors import Operator
from dure.core import clock
from dure.core.errors import ChangedMeanwhile
from dure.erasure import erase_members
from dure.joining import funnel, ledger, links, ways
from dure.joining.actions import closing_links, linking
from dure.joining.actions.closing_links import AlreadyPaused, LinkExpired, NotPaused, RenewedMeanwhile
from dure.joining.actions.linking import InvalidUses, LinkWithdrawn, TooManyDomains
from dure.joining.models import InviteLink, InviteLinkUse
from dure.joining.rules import LinkState, link_state_of
from dure.members.actions.leaving import remove_all
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from dure.web.context import name_of
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.stories.link_steps import make, now
from tests.visitor import Page, Visitor


def open_link(cast: Cast, browser: Visitor, link: InviteLink) -> Page:
    """Open a link's page."""
    return browser.open(cast.at(f"admin/links/{link.uid}/"))


def take(cast: Cast, browser: Visitor, link: InviteLink, words: str, button: str) -> tuple[Page, Page]:
    """Go to a step and press its button; returns what was said before and after."""
    before = browser.follow(open_link(cast, browser, link), words)
    return before, browser.press(before, button)


def edit(cast: Cast, link: InviteLink, **typed: object) -> InviteLink:
    """Change a link as 소라, everything else as it is."""
    facts = {name: getattr(now(link), name) for name in linking.FIELDS}
    return linking.edit_link(cast.sora.actor, link_uid=link.uid, **{**facts, **typed})


def leave(cast: Cast, somebody: Person, taker: Member | None = None) -> None:
    """Remove somebody."""
    remove_all(cast.sora.actor, chosen=Member.objects.filter(pk=somebody.member.pk), taker=taker)


def erase(cast: Cast, somebody: Person) -> None:
    """Erase whom one removed."""
    Member.objects.filter(pk=somebody.member.pk).update(restorable_until=clock.now())
    assert erase_members(Operator(workspace_id=cast.hanbit.pk)) == 1


def test_a_pause_closes_it_and_resuming_opens_the_same_address(cast: Cast) -> None:
    link, browser = make(cast), cast.eve.browser()
    secret = ways.secret_of(link)
    before, after = take(cast, browser, link, "Pause…", "Pause")
    assert "What closes" in before.text and "What stays" in before.text
    assert "is paused" in after.text and link_state_of(now(link)) is LinkState.PAUSED
    assert after.text.count("It lets nobody in now") == 2, "beside the address to copy, and below the QR code"
    assert "lets nobody in until it is resumed" in browser.open(cast.at(f"admin/links/{link.uid}/poster/")).text
    _before, after = take(cast, browser, link, "Resume…", "Resume")
    assert "It lets nobody in now" not in after.text
    assert "lets people in again" in after.text and link_state_of(now(link)) is LinkState.OPEN
    assert ways.secret_of(now(link)) == secret


def test_a_withdrawn_link_opens_nothing_again(cast: Cast) -> None:
    link, browser = make(cast), cast.eve.browser()
    funnel.count(link, "opened", "joined")
    before, after = take(cast, browser, link, "Withdraw…", "Withdraw")
    assert "What ends" in before.text and "1 person" in before.text
    assert "for good" in after.text and ways.address_of(link) not in after.body and "data:image" not in after.body
    for path in ("qr.png", "qr.svg", "poster/"):
        assert browser.open(cast.at(f"admin/links/{link.uid}/{path}")).status == 404
    for step in (closing_links.pause_link, closing_links.resume_link, closing_links.withdraw_link,
                 closing_links.renew_link):  # fmt: skip
        with pytest.raises(LinkWithdrawn):
            step(cast.sora.actor, link_uid=link.uid)
    with pytest.raises(LinkWithdrawn):
        edit(cast, link, name="Again")
    page = browser.open(cast.at(f"admin/links/{link.uid}/edit/"))
    assert "withdrawn for good" in page.text and link_state_of(now(link)) is LinkState.WITHDRAWN


def test_the_page_of_a_withdrawn_link_says_when_and_by_whom(cast: Cast) -> None:
    link, other, browser = make(cast), make(cast, name="Another"), cast.sora.browser()
    assert "Withdrawn" not in open_link(cast, browser, link).text
    closing_links.withdraw_link(cast.eve.actor, link_uid=link.uid)
    closing_links.withdraw_link(cast.sora.actor, link_uid=other.uid)
    withdrawn_at, name = now(link).withdrawn_at, name_of(cast.eve.member)
    assert withdrawn_at
    day = date_format(withdrawn_at + timedelta(hours=9), "SHORT_DATETIME_FORMAT")
    page = open_link(cast, browser, link)
    assert f"Withdrawn {day} {name}" in page.text and "Open until" not in page.text
    leave(cast, cast.eve)
    erase(cast, cast.eve)
    page = open_link(cast, browser, link)
    assert f"Withdrawn {day}" in page.text and f"{day} {name}" not in page.text


def test_made_anew_the_old_address_and_code_open_nothing_from_that_moment(cast: Cast) -> None:
    link, browser = make(cast), cast.eve.browser()
    secret, code = ways.secret_of(link), ways.code_of(link)
    step = browser.follow(open_link(cast, browser, link), "Replace the link…")
    assert "wherever they hang or were sent" in step.text
    after = browser.press(step, "Replace it")
    assert "has a new address" in after.text
    assert ways.find(secret) is None and ways.by_code(code) is None
    renewed = now(link)
    assert ways.find(ways.secret_of(renewed)) is not None and ways.by_code(ways.code_of(renewed)) == renewed
    assert ways.address_of(renewed) in after.body
    again = browser.press(step, "Replace it")
    assert "was replaced a moment ago" in again.text and now(link).generation == renewed.generation, (
        "sent twice, made once"
    )


def test_what_was_made_anew_before_a_restore_is_not_made_once_more(people: Cast) -> None:
    """A backup from before brings the first generation back; the second one of then may hang on any wall."""
    link, actor = make(people), people.sora.actor
    lost = ways.secret_of(closing_links.renew_link(actor, link_uid=link.uid))
    InviteLink.objects.filter(pk=link.pk).update(generation=link.generation, code=bytes(link.code))
    assert ways.find(lost) is None
    closing_links.renew_link(actor, link_uid=link.uid)
    assert ways.find(lost) is None


def test_a_later_day_opens_an_expired_link_at_the_same_address(cast: Cast) -> None:
    link, browser = make(cast), cast.eve.browser()
    InviteLink.objects.filter(pk=link.pk).update(expires_at=clock.now() - timedelta(days=3))
    page = open_link(cast, browser, link)
    assert "Its time is over" in page.text and not page.has_link("Pause…")
    day = str((clock.now() + timedelta(days=5)).date())
    page = browser.fill_in(browser.follow(page, "Change settings"), expires_on=day)
    assert "Saved" in page.text and link_state_of(now(link)) is LinkState.OPEN
    assert ways.secret_of(now(link)) == ways.secret_of(link)


def test_an_expired_link_is_neither_paused_nor_resumed(people: Cast) -> None:
    link = make(people)
    InviteLink.objects.filter(pk=link.pk).update(expires_at=clock.now() - timedelta(days=3))
    for step in (closing_links.pause_link, closing_links.resume_link):
        with pytest.raises(LinkExpired):
            step(people.sora.actor, link_uid=link.uid)
    closing_links.renew_link(people.sora.actor, link_uid=link.uid)
    edit(people, link, name="Only the name")
    assert now(link).name == "Only the name" and link_state_of(now(link)) is LinkState.EXPIRED


def test_steps_twice_are_told_and_change_nothing(people: Cast) -> None:
    link, actor = make(people), people.sora.actor
    with pytest.raises(NotPaused):
        closing_links.resume_link(actor, link_uid=link.uid)
    paused_at = closing_links.pause_link(actor, link_uid=link.uid).paused_at
    with pytest.raises(AlreadyPaused):
        closing_links.pause_link(actor, link_uid=link.uid)
    assert now(link).paused_at == paused_at
    with pytest.raises(RenewedMeanwhile):
        closing_links.renew_link(actor, link_uid=link.uid, generation=4)


def test_there_are_never_fewer_uses_than_were_used(cast: Cast) -> None:
    link, browser = make(cast, most_uses=10), cast.eve.browser()
    InviteLink.objects.filter(pk=link.pk).update(uses=4)
    page = browser.open(cast.at(f"admin/links/{link.uid}/edit/"))
    assert "Uses taken so far: 4. Empty means no limit." in page.text
    refused = browser.fill_in(page, most_uses="3", domains="here, company.com, there")
    assert "Uses taken so far: 4. Write that number" in refused.error_beside("most_uses")
    assert "“here”, “there”" in refused.error_beside("domains") and now(link).most_uses == 10, "all at once"
    refused = browser.fill_in(refused, name="", most_uses="3", expires_on="2020-01-01")
    for field, said in {"name": "Fill this in", "most_uses": "so far: 4", "expires_on": "next year"}.items():
        assert said in refused.error_beside(field), field
    with pytest.raises(InvalidUses):
        edit(cast, link, most_uses=3)
    edit(cast, link, most_uses=4)
    assert link_state_of(now(link)) is LinkState.USED_UP
    edit(cast, link, most_uses=None)
    assert link_state_of(now(link)) is LinkState.OPEN


def test_an_expired_link_keeps_its_day_while_the_rest_is_judged(cast: Cast) -> None:
    link, browser = make(cast, most_uses=10), cast.eve.browser()
    InviteLink.objects.filter(pk=link.pk).update(expires_at=clock.now() - timedelta(days=9))
    page = browser.open(cast.at(f"admin/links/{link.uid}/edit/"))
    refused = browser.fill_in(page, name="", most_uses="0")
    assert "Fill this in" in refused.error_beside("name") and "from 1 to" in refused.error_beside("most_uses")
    assert not refused.error_beside("expires_on")
    assert "Saved" in browser.fill_in(refused, name="Spring intake", most_uses="9").text


def test_what_is_told_is_what_it_is_by_now(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when it changes between the page's look and the lock: nobody overwrites what they were not told of."""
    link, browser, edit_link = make(cast), cast.eve.browser(), linking.edit_link

    def late(*arguments: Any, **names: Any) -> Any:
        InviteLink.objects.filter(pk=link.pk).update(name="By another admin")
        return edit_link(*arguments, **names)

    monkeypatch.setattr(linking, "edit_link", late)
    told = browser.fill_in(browser.open(cast.at(f"admin/links/{link.uid}/edit/")), name="Mine")
    assert "By another admin" in told.error_beside("name")
    browser.fill_in(told, name="Mine")
    assert now(link).name == "Mine"


def test_two_admins_who_change_one_link_do_not_write_over_each_other(cast: Cast) -> None:
    link, hers, his = make(cast), cast.sora.browser(), cast.minjun.browser()
    path = cast.at(f"admin/links/{link.uid}/edit/")
    page = his.open(path)
    hers.fill_in(hers.open(path), name="Sora’s", domains="hanbitsoft.co.kr")
    told = his.fill_in(page, name="Minjun’s")
    assert "Sora’s" in told.error_beside("name") and now(link).name == "Sora’s"
    assert dict(told.form_with("name").fields)["name"] == "Minjun’s", "what was typed is kept"
    his.fill_in(told, name="Minjun’s")
    assert now(link).name == "Minjun’s" and now(link).domains == ["hanbitsoft.co.kr"], "the rest stays as it is by now"
    with pytest.raises(ChangedMeanwhile):
        edit(cast, link, name="Third", was={**linking.values_of(link), "name": "Winter intake"})


def test_no_domain_is_dropped_without_a_word(people: Cast) -> None:
    with pytest.raises(TooManyDomains):
        make(people, domains=[f"d{number}.example" for number in range(21)])
    link = make(people, domains=["@Hanbitsoft.co.kr", "hanbitsoft.co.kr", "회사.example"])
    assert link.domains == ["hanbitsoft.co.kr", "xn--vf4b27k.example"] or len(link.domains) == 2


def test_what_a_maker_made_stays_open_and_goes_to_whoever_takes_over(cast: Cast, post: PostOffice) -> None:
    link, browser = make(cast, cast.minjun), cast.sora.browser()
    step = browser.open(cast.at(f"admin/members/act/remove/?member={cast.minjun.member.uid}"))
    assert "Invite links they made" in step.text and "stay open until somebody withdraws them" in step.text
    leave(cast, cast.minjun, taker=cast.eve.member)
    assert "Eve Adler" in open_link(cast, browser, link).text and link_state_of(now(link)) is LinkState.OPEN
    erase(cast, cast.minjun)
    assert now(link).made_by_id == cast.eve.member.pk
    assert links.makers(cast.hanbit, [now(link)])[cast.eve.member.pk] == cast.eve.member


def test_the_numbers_of_a_link_and_the_days(cast: Cast) -> None:
    link, browser = make(cast), cast.eve.browser()
    assert "Nobody has pressed the button" in open_link(cast, browser, link).text
    for steps in (["opened"], ["opened", "started"], ["opened", "started", "verified", "joined"], ["refused"]):
        funnel.count(link, *steps)
    page = open_link(cast, browser, link)
    for said in ("Pressed the button", "Became a member", "33%", "1 person could not join", "at most 1 a day"):
        assert said in page.text, said
    assert "Asked to join" not in page.text, "it needs no approval"


def test_the_ledger_says_who_came_and_goes_on(cast: Cast, post: PostOffice) -> None:
    link = make(cast)
    for number in range(ledger.PAGE + 2):
        member = cast.yuki.member if number % 2 else cast.minjun.member
        ledger.enter(link, member, new_account=number == 1)
    browser = cast.sora.browser()
    page = open_link(cast, browser, link)
    for said in ("田中 雪", "yuki.tanaka@hanbitsoft.co.kr", "had an account", "active"):
        assert said in page.text, said
    older = browser.follow(page, "Older")
    assert "made an account" in older.text and not older.has_link("Older") and older.has_link("Newest")


def test_the_ledger_shows_no_more_of_people_than_the_reader_may_know(cast: Cast, post: PostOffice) -> None:
    link = make(cast)
    ledger.enter(link, cast.yuki.member, new_account=True)
    ledger.enter(link, cast.minjun.member, new_account=True)
    suspend(cast.sora.actor, member_uid=cast.yuki.member.uid)
    assert "suspended" in open_link(cast, cast.sora.browser(), link).text
    shown = open_link(cast, cast.eve.browser(), link)
    assert "Minjun Kim" in shown.text and "田中 雪" not in shown.text and "State now" not in shown.text
    assert cast.eve.browser().follow(shown, "Minjun Kim").status == 200


def test_the_ledger_of_somebody_erased_is_gone(people: Cast) -> None:
    link = make(people)
    ledger.enter(link, people.yuki.member, new_account=True)
    leave(people, people.yuki)
    erase(people, people.yuki)
    assert not InviteLinkUse.objects.exists()
    assert now(link).name == "Winter intake"
