"""Invitations to addresses: typed or pasted, mailed, followed up (PRODUCT.md §4.2, §4.3, §4.7 c, §5).

Whether somebody signs in with an address makes no difference to what an admin sees of it.
"""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dure.accounts.models import Account
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.joining import limits, queries
from dure.joining.actions import inviting
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import Invitation, InvitationToken
from dure.mail.models import Letter
from dure.members.actions.leaving import remove
from dure.members.models import Member
from dure.web.invited import shown
from tests.cast import Cast, Person
from tests.post import PostOffice
from tests.stories.steps import HARU, register
from tests.visitor import Page, Visitor

NEW, LIST = "admin/invitations/new/", "admin/invitations/"
THREE = '김하은 <haeun@example.com>\n"Carter, Emily" <emily@example.com>; ALEX@Fernweh.example'


def paste(cast: Cast, text: str, *, who: Person | None = None, **typed: str) -> Page:
    """Paste addresses into the form as Minjun, or somebody else."""
    browser = (who or cast.minjun).browser()
    return browser.fill_in(browser.open(cast.at(NEW)), text=text, **{"language": "en", **typed})


def rows() -> dict[str, Invitation]:
    """Return every invitation by its address."""
    return {one.address: one for one in Invitation.objects.order_by("id")}


def invite(cast: Cast, *addresses: str, message: str = "") -> list[Invitation]:
    """Invite addresses without a browser."""
    made = invite_many(cast.minjun.actor, text="\n".join(addresses), language="en", message=message, submission="")
    return [one.invitation for one in made.outcomes if one.invitation]


def page_of(cast: Cast, address: str) -> tuple[Visitor, Page]:
    """Open the page of the newest invitation to an address, as Minjun."""
    browser = cast.minjun.browser()
    return browser, browser.open(cast.at(f"{LIST}{rows()[address].uid}/"))


def kept(page: Page) -> str:
    """Return what stands in the field of addresses."""
    return page.body.partition('name="text"')[2].partition(">")[2].partition("</textarea>")[0].strip()


def turn(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    """Turn the clock forward."""
    later = clock.now() + timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: later)


def test_three_addresses_in_three_shapes_are_invited_and_mailed(cast: Cast, post: PostOffice) -> None:
    page = paste(cast, THREE, message="Hi!")
    assert page.path == cast.at(LIST) and "3 invitations are on their way." in page.text
    assert set(rows()) == {"haeun@example.com", "emily@example.com", cast.alex.address}
    haeun, emily = rows()["haeun@example.com"], rows()["emily@example.com"]
    assert (haeun.family_name, haeun.given_name, haeun.name_language) == ("김", "하은", "ko")
    assert (emily.family_name, emily.given_name) == ("Carter", "Emily")
    for address in rows():
        mail = post.last_to(address)
        assert mail.subject == "Minjun Kim invites you to 한빛소프트" and "> Hi!" in mail.text
    page = cast.alex.browser().open(post.last_to(cast.alex.address).link)
    assert "invites you to 한빛소프트" in page.text and "Hi!" in page.text
    events = AuditEvent.objects.filter(event="invitation.made", workspace_id=cast.hanbit.pk)
    assert events.count() == 3 and "example.com" not in str([vars(one) for one in events])


def test_whether_somebody_signs_in_with_an_address_makes_no_difference(cast: Cast, post: PostOffice) -> None:
    paste(cast, f"{cast.alex.address}\nnobody@fernweh.example")
    known, unknown = rows()[cast.alex.address], rows()["nobody@fernweh.example"]
    for name in ("family_name", "given_name", "language", "message", "invited_at", "expires_at", "remind_at"):
        assert getattr(known, name) == getattr(unknown, name), name
    first, second = (post.last_to(address) for address in (known.address, unknown.address))
    assert first.subject == second.subject
    assert first.text.replace(first.link, "").replace(known.address, "") == second.text.replace(
        second.link, ""
    ).replace(unknown.address, "")
    browser = cast.minjun.browser()
    pages = [browser.open(cast.at(f"{LIST}{one.uid}/")).text for one in (known, unknown)]
    assert pages[0].replace(known.address, "") == pages[1].replace(unknown.address, "")


def test_wrong_rows_stay_in_the_field_with_a_reason_and_the_good_ones_go(cast: Cast, post: PostOffice) -> None:
    text = "haeun@example.com\nno address here\nм@example.com\nemily@example.com\nHAEUN@example.com\nyuki@home@x"
    page = paste(cast, text, message="Welcome")
    assert page.status == 200 and "2 invitations are on their way." in page.text
    assert kept(page).splitlines() == ["no address here", "м@example.com", "yuki@home@x"]
    assert "Row 1 · There is no e-mail address in it." in page.text and "Row 2 · “м” looks like" in page.text
    assert "stands in the list twice" in page.text and "Welcome" in page.body
    assert set(rows()) == {"haeun@example.com", "emily@example.com"}
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(cast.at(NEW)), text="yuki@home.example", language="ja")
    assert page.path == cast.at(f"{LIST}{rows()['yuki@home.example'].uid}/"), "one alone leads to its page"


def test_members_removed_ones_and_those_who_wait_are_told_with_a_way_on(cast: Cast, post: PostOffice) -> None:
    invite(cast, "waits@example.com")
    gone = register(cast, cast.minjun, **HARU) and Member.objects.get(given_name="하은")
    remove(cast.sora.actor, member_uid=gone.uid)
    page = paste(cast, f"{cast.yuki.address}, {HARU['id']}, waits@example.com, new@example.com")
    assert "1 invitation is on its way." in page.text and kept(page) == ""
    for words in ("is a member already", "was removed, and can be restored", "is invited already"):
        assert words in page.text, words
    assert page.link(cast.yuki.address).endswith(f"/members/{cast.yuki.member.uid}/")
    assert page.link(HARU["id"]).endswith(f"/members/{gone.uid}/")
    assert page.link("waits@example.com").endswith(f"/invitations/{rows()['waits@example.com'].uid}/")
    assert page.form_with_button("Send those who wait another mail").inputs >= {"invitation"}
    assert len(rows()) == 2


def test_sending_those_who_wait_again_comes_from_the_same_page(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "waits@example.com")
    turn(monkeypatch, minutes=6)
    browser = cast.minjun.browser()
    page = browser.fill_in(browser.open(cast.at(NEW)), text="waits@example.com\nx", language="en")
    page = browser.press(page, "Send those who wait another mail")
    assert "1 more mail is on its way." in page.text
    post.deliver()
    assert len(post.to("waits@example.com")) == 1, "the one that had not gone yet is taken back"
    assert InvitationToken.objects.count() == 2


def test_an_empty_field_too_much_text_and_a_long_message_are_refused_beside_their_field(
    cast: Cast, post: PostOffice
) -> None:
    assert "at least one" in paste(cast, "  \n ").error_beside("text")
    assert "at most 1,000 addresses" in paste(cast, "a" * 200_001).error_beside("text")
    page = paste(cast, "a@example.com", message="x" * 501)
    assert page.error_beside("message") == "At most 500 characters." and kept(page) == "a@example.com"
    page = paste(cast, "", message="www.evil.example")
    assert "at least one" in page.error_beside("text") and "Leave web" in page.error_beside("message"), "both at once"
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("bait", ["see https://evil.example/x", "www.evil.example", "log in at evil-bank.com today"])
def test_a_message_or_a_name_is_no_bait(cast: Cast, post: PostOffice, bait: str) -> None:
    assert "Leave web addresses out" in paste(cast, "a@example.com", message=bait).error_beside("message")
    assert not Invitation.objects.exists()
    page = paste(cast, f'"{bait.replace(",", " ")}" <a@example.com>')
    assert "A name holds no web address." in page.text and not Invitation.objects.exists()


def test_markup_and_header_lines_in_names_and_messages_stay_words(cast: Cast, post: PostOffice) -> None:
    message = "<script>alert(1)</script>\nBcc: everybody"
    held = paste(cast, "<b>Eve</b>\tEve\tx@example.com", message=message)
    assert "“&lt;b&gt;Eve&lt;/b&gt;” is no name." in held.body and not rows()
    paste(cast, "Eve\tAdler & Sons\tx@example.com", message=message)
    mail = post.last_to("x@example.com")
    assert "&lt;script&gt;" in mail.part("html") and "<script>" not in mail.part("html")
    assert mail.message["Bcc"] is None and "> Bcc: everybody" in mail.text
    assert "Adler &amp; Sons" in mail.part("html") or "Adler" not in mail.part("html")
    Invitation.objects.update(family_name="<b>Eve</b>")
    browser, page = page_of(cast, "x@example.com")
    assert "<script>alert" not in page.body and "<b>Eve" not in page.body
    assert "&lt;b&gt;Eve" in browser.open(cast.at(LIST)).body
    link = cast.visitor().open(mail.link)
    assert "<script>alert" not in link.body and "alert(1)" in link.text


def test_a_form_sent_twice_or_gone_back_to_mails_everybody_once(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    form = browser.open(cast.at(NEW))
    typed = {"text": "a@example.com\nb@example.com", "language": "en"}
    first, second = browser.fill_in(form, **typed), browser.fill_in(form, **typed)
    assert "2 invitations are on their way." in first.text and "2 invitations are on their way." in second.text
    third = browser.fill_in(form, **{**typed, "text": "a@example.com\nc@example.com"})
    assert "2 invitations are on their way." in third.text
    post.deliver()
    assert sorted(mail.recipients[0] for mail in post.received) == ["a@example.com", "b@example.com", "c@example.com"]


def test_the_first_thousand_go_and_the_rest_stays_in_the_field(cast: Cast, post: PostOffice) -> None:
    page = paste(cast, "\n".join(f"p{number}@example.com" for number in range(1003)))
    assert "1,000 invitations are on their way." in page.text
    assert kept(page).splitlines() == ["p1000@example.com", "p1001@example.com", "p1002@example.com"]
    assert "comes after the first 1,000" in page.text and Invitation.objects.count() == 1000


def test_a_workspace_mails_no_more_than_it_may_within_an_hour_and_is_told_when(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HOURLY", 3)
    page = paste(cast, "a@example.com\nb@example.com\nc@example.com\nd@example.com")
    assert kept(page) == "d@example.com" and "3 invitations within an hour, and more may go from" in page.text
    assert "account on this server" not in register(cast, cast.minjun, id=cast.alex.address).text
    browser, page = page_of(cast, "a@example.com")
    browser.press(browser.follow(page, "Withdraw…"), "Withdraw")
    turn(monkeypatch, minutes=6)
    assert "more may go from" in browser.press(browser.open(page.path), "Invite again").text
    turn(monkeypatch, minutes=66)
    assert "is invited again" in browser.press(browser.open(page.path), "Invite again").text
    other = cast.alex.browser()
    page = other.fill_in(other.open(f"/w/{cast.fernweh.uid}/{NEW}"), text="z@example.com", language="en")
    assert "1 invitation is on its way." in page.text, "each workspace has its own"


def test_an_address_has_its_peace_for_five_minutes_also_when_withdrawn_and_invited_again(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "a@example.com")
    browser, page = page_of(cast, "a@example.com")
    page = browser.press(page, "Send again")
    assert "A mail went to this address a moment ago" in page.text and InvitationToken.objects.count() == 1
    page = browser.press(browser.follow(page, "Withdraw…"), "Withdraw")
    assert "A mail went to this address a moment ago" in browser.press(page, "Invite again").text
    again = browser.fill_in(browser.open(cast.at(NEW)), text="a@example.com", language="en")
    assert "within the last five minutes" in again.text and kept(again) == "a@example.com"
    assert Invitation.objects.count() == 1
    turn(monkeypatch, minutes=6)
    page = browser.press(browser.open(page.path), "Invite again")
    assert "is invited again" in page.text and Invitation.objects.count() == 2
    assert page.path == cast.at(f"{LIST}{rows()['a@example.com'].uid}/")


def test_registering_the_same_person_again_mails_nobody_twice_within_five_minutes(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"id": cast.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    one = inviting.invite(cast.minjun.actor, submission="one", known=known)
    inviting.withdraw(cast.minjun.actor, invitation_uid=one.uid)
    with pytest.raises(inviting.JustMailed):
        inviting.invite(cast.minjun.actor, submission="two", known=known)
    assert Invitation.objects.count() == 1
    turn(monkeypatch, minutes=6)
    assert inviting.invite(cast.minjun.actor, submission="three", known=known).ended_at is None


def test_the_list_finds_counts_and_pages(cast: Cast, post: PostOffice) -> None:
    invite(cast, *(f"p{number:02}@example.com" for number in range(60)), "김하은 <haeun@other.example>")
    browser = cast.minjun.browser()
    page = browser.open(cast.at(LIST))
    assert "All 61" in page.text and "waiting 61" in page.text and "accepted 0" in page.text
    assert page.has_link("p11@example.com") and not page.has_link("p10@example.com")
    page = browser.follow(page, "Next")
    assert page.has_link("p10@example.com") and not page.has_link("Next")
    assert browser.open(cast.at(f"{LIST}?q=OTHER.ex")).text.count("haeun@other.example") == 1
    assert "김하은" in browser.open(cast.at(f"{LIST}?q={quote('하은')}")).text
    assert "Try a part of the address" in browser.open(cast.at(f"{LIST}?q=%25")).text


def test_each_invitation_is_counted_in_one_state_alone(cast: Cast, post: PostOffice) -> None:
    made = invite(cast, *(f"p{number}@example.com" for number in range(6)))
    Invitation.objects.filter(pk__in=[one.pk for one in made[:2]]).update(opened_at=clock.now())
    lost = Letter.objects.filter(about__in=[one.uid for one in made[1:3]])
    lost.update(state=Letter.FAILED, ended_at=clock.now(), sealed=None)
    inviting.withdraw(cast.minjun.actor, invitation_uid=made[5].uid)
    browser = cast.minjun.browser()
    page = browser.open(cast.at(LIST))
    said = "All 6 waiting 2 opened 2 failed 1 accepted 0 declined 0 expired 0 withdrawn 1"
    assert said in page.text, page.text
    for chip in ("accepted", "expired"):
        assert re.search(rf'data-none><span class="state"[^>]*>{chip}<', page.body), "nobody: no mark of danger"
    assert not re.search(r'data-none><span class="state"[^>]*>(?:failed|withdrawn)<', page.body)
    for state, names in {"waiting": "34", "opened": "01", "failed": "2", "withdrawn": "5"}.items():
        listed = browser.open(cast.at(f"{LIST}?state={state}"))
        told = re.findall(r'<td><span class="state"[^>]*>([^<]*)', listed.body)
        assert told == [state] * len(names), "a row says its state in the words of the chip"
        assert {name for name in "012345" if listed.has_link(f"p{name}@example.com")} == set(names), state


def test_many_are_withdrawn_or_sent_again_in_one_step(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = invite(cast, "a@example.com", "b@example.com", "c@example.com")
    post.deliver()
    links = [post.to(one.address)[0].link for one in made]
    browser = cast.minjun.browser()
    chosen = "&".join(f"invitation={one.uid}" for one in made[:2])
    page = browser.open(cast.at(f"{LIST}act/again/?{chosen}"))
    assert "2 addresses get one more mail." in page.text
    told = browser.press(page, "Send again").text
    assert "2 had a mail within the last five minutes" in told and "on its way" not in told
    turn(monkeypatch, minutes=6)
    assert "2 more mails are on their way." in browser.press(page, "Send again").text
    page = browser.open(cast.at(f"{LIST}act/withdraw/?everybody=1&q=example"))
    assert "3 invitations that wait for an answer are withdrawn." in page.text
    assert "3 invitations are withdrawn." in browser.press(page, "Withdraw 3").text
    assert "3 are over already." in browser.press(page, "Withdraw 3").text
    post.deliver()
    assert all(cast.visitor().open(link).status == 410 for link in links)
    assert AuditEvent.objects.filter(event="invitation.withdrawn").count() == 3
    assert {len(post.to(one.address)) for one in made} == {1}, "the second letters were taken back in time"
    assert "Nobody is chosen" in browser.open(cast.at(f"{LIST}act/withdraw/?everybody=1")).text


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "1 invitation that waits for an answer is withdrawn.", "2 invitations that wait for an answer are"),
        ("ko", "답을 기다리는 초대 1건을 철회합니다.", "답을 기다리는 초대 2건을 철회합니다."),
        ("ja", "回答待ちの招待を1件取り消します。", "回答待ちの招待を2件取り消します。"),
    ],
)
def test_one_and_several_are_spoken_of_as_each_language_does(
    cast: Cast, post: PostOffice, language: str, one: str, two: str
) -> None:
    made = invite(cast, "a@example.com", "b@example.com", "c@example.com")
    inviting.withdraw(cast.minjun.actor, invitation_uid=made[2].uid)
    Account.objects.filter(pk=cast.minjun.account.pk).update(language=language)
    browser = cast.minjun.browser()
    chosen = [f"invitation={invitation.uid}" for invitation in made]
    single = browser.open(cast.at(f"{LIST}act/withdraw/?{chosen[0]}"))
    several = browser.open(cast.at(f"{LIST}act/withdraw/?{'&'.join(chosen)}"))
    assert one in single.text and two in several.text
    if language == "en":
        assert "Withdraw the invitation" in single.text and "Withdraw invitations" in several.text
        assert "1 of those chosen is over already and stays as it is." in several.text
        assert "of those chosen" not in single.text and "Withdraw 1" not in single.text


def test_one_is_withdrawn_after_a_page_that_says_what_is_deleted(cast: Cast, post: PostOffice) -> None:
    invite(cast, "Ha-eun Jung <a@example.com>", message="See you on Monday")
    browser, page = page_of(cast, "a@example.com")
    step = browser.follow(page, "Withdraw…")
    for said in ("Withdraw the invitation", "Ha-eun Jung", "Details and photo that were entered", "They are not told"):
        assert said in step.text, said
    assert "Name, address and message" in step.text and "for 30 days; then they are deleted" in step.text
    assert rows()["a@example.com"].withdrawn_at is None and step.link("Cancel") == page.path, "nothing has happened"
    after = browser.press(step, "Withdraw")
    assert after.path == page.path and "The invitation of Ha-eun Jung is withdrawn." in after.text
    assert "See you on Monday" in after.text and "Details and photo are deleted" in after.text
    assert "Nobody is chosen" in browser.open(step.path).text
    assert "This invitation is over." in browser.press(step, "Withdraw").text, "pressed twice"


def test_the_mail_server_down_refused_and_back_again_shows_in_the_list(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "a@example.com")
    post.handler.answer = lambda _number: "451 try later"
    post.deliver()
    browser = cast.minjun.browser()
    assert "asked us to try later (451)" in browser.open(cast.at(f"{LIST}?state=waiting")).text
    turn(monkeypatch, minutes=10)
    post.handler.answer = lambda _number: "550 no such user"
    post.deliver()
    page = browser.open(cast.at(f"{LIST}?state=failed"))
    assert "refused the address (550)" in page.text and "failed 1" in page.text
    page = browser.follow(page, "a@example.com")
    assert "refused the address (550)" in page.text
    post.handler.answer = lambda _number: None
    browser.press(page, "Send again")
    post.deliver()
    assert "The mail was sent." in browser.open(page.path).text and len(post.to("a@example.com")) == 1
    assert "a@example.com" not in browser.open(cast.at(f"{LIST}?state=failed")).text


def test_who_does_not_answer_is_reminded_once_and_the_older_link_still_works(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "a@example.com", "b@example.com", "c@example.com", message="See you")
    first = post.last_to("a@example.com")
    Letter.objects.filter(about=rows()["b@example.com"].uid).update(state=Letter.FAILED)
    browser, page = page_of(cast, "c@example.com")
    browser.press(browser.follow(page, "Withdraw…"), "Withdraw")
    turn(monkeypatch, days=4, hours=23)
    post.deliver()
    assert len(post.received) == 3
    turn(monkeypatch, hours=2)
    mail = post.last_to("a@example.com")
    assert mail.subject == "Your invitation to 한빛소프트 waits for an answer" and "> See you" in mail.text
    assert [len(post.to(f"{name}@example.com")) for name in "abc"] == [2, 1, 1], "failed or over: none"
    until = rows()["a@example.com"].expires_at
    for link in (first.link, mail.link):
        assert "invites you to 한빛소프트" in cast.visitor().open(link).text
    turn(monkeypatch, hours=20)
    post.deliver()
    assert len(post.to("a@example.com")) == 2 and rows()["a@example.com"].expires_at == until
    assert AuditEvent.objects.filter(event="invitation.reminded").count() == 1


def test_an_erased_inviter_leaves_the_workspace_to_invite(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    invite(cast, "a@example.com")
    Invitation.objects.update(invited_by_id=None)
    turn(monkeypatch, minutes=6)
    browser = cast.sora.browser()
    browser.press(browser.open(cast.at(f"{LIST}{rows()['a@example.com'].uid}/")), "Send again")
    mail = post.last_to("a@example.com")
    assert mail.subject == "You are invited to 한빛소프트"
    assert "You are invited to 한빛소프트" in cast.visitor().open(mail.link).text


def test_a_page_of_the_list_asks_as_much_for_fifty_as_for_one(people: Cast, post: PostOffice) -> None:
    """One query for the letters of a whole page, whoever invited."""
    invite(people, "one@example.com")

    def asked() -> int:
        with CaptureQueriesContext(connection) as queries_made:
            rows_found, _older = queries.page(people.hanbit)
            letters = queries.last_letters(rows_found)
            assert all(shown(people.hanbit.uid, row, letters.get(row.uid))["state"] == "waiting" for row in rows_found)
        return len(queries_made)

    first = asked()
    invite(people, *(f"p{number}@example.com" for number in range(60)))
    assert asked() == first == 2


def test_failed_letters_and_letters_about_something_are_found_by_their_indexes(people: Cast) -> None:
    about = Letter.objects.exclude(about="").filter(about__among=["a" * 22])
    failed = queries.listed(people.hanbit, state=queries.FAILED)
    for found, index in ((about, "letter_about"), (failed, "letter_failed")):
        assert connection.vendor != "sqlite" or index in found.explain(), found.explain()


def test_a_torn_address_is_no_invitation_to_somebody_else(cast: Cast, post: PostOffice) -> None:
    text = "q uinn@new1.example\n=cmd|' /C calc'!A0@new1.example\nfrank+tag@new1.example\tFrank\tOcean"
    page = paste(cast, text)
    assert "Is “q” the name? Then write q <uinn@new1.example>." in page.text
    assert kept(page).splitlines()[0] == "q uinn@new1.example"
    assert set(rows()) == {"frank+tag@new1.example"}
    assert "Frank Ocean" in page_of(cast, "frank+tag@new1.example")[1].text
    post.deliver()
    mailed = {one for mail in post.received for one in mail.recipients}
    assert mailed - {cast.minjun.address} == {"frank+tag@new1.example"}
