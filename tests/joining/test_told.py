"""What ends, is mailed again or is given back on the way: told to the trail of its workspace, and done once."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from dure.accounts.actors import Owner, Visitor
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.events import Event
from dure.joining import links, queries, ways
from dure.joining.actions import deciding, entering, inviting, inviting_again
from dure.joining.actions.inviting_many import invite_many
from dure.joining.actions.linking import InvalidDomain, TooManyDomains
from dure.joining.models import Invitation, InviteLink, InviteLinkDay, JoinRequest, SignUp
from dure.members.actions.leaving import remove_all
from dure.members.models import Member
from tests.cast import PASSWORD, Cast, join
from tests.joining.asking import asks, invite_link, signed_up
from tests.post import PostOffice


def invite(cast: Cast, *addresses: str, submission: str = "") -> list[Invitation]:
    text = "\n".join(addresses)
    made = invite_many(cast.minjun.actor, text=text, language="en", message="", submission=submission)
    return [one.invitation for one in made.outcomes if one.invitation]


def told(cast: Cast, event: Event) -> list[int | None]:
    """Return what the trail of 한빛소프트 tells of."""
    found = AuditEvent.objects.filter(workspace_id=cast.hanbit.pk, event=event).order_by("number")
    return list(found.values_list("subject_id", flat=True))


def turn(monkeypatch: pytest.MonkeyPatch, **ahead: float) -> None:
    later = clock.now() + timedelta(**ahead)
    monkeypatch.setattr(clock, "now", lambda: later)


def test_an_invitation_that_ran_out_is_told_when_a_newer_one_takes_its_place(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    (pasted,) = invite(people, "bo@example.com")
    known = {"id": people.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    typed = inviting.invite(people.minjun.actor, submission="one", known=known)
    turn(monkeypatch, days=9)
    invite(people, "bo@example.com")
    inviting.invite(people.minjun.actor, submission="two", known=known)
    assert told(people, Event.INVITATION_RAN_OUT) == [pasted.pk, typed.pk]


def test_asking_for_a_new_mail_is_told_when_one_goes_and_comes_to_an_end(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = invite(people, "bo@example.com")
    handle, visitor = one.tokens.get().uid, Visitor(door="web")
    inviting.ask_again(visitor, handle=handle)
    inviting.ask_again(visitor, handle="x" * 22)
    assert told(people, Event.INVITED_AGAIN) == [], "one had been mailed a moment ago"
    for _number in range(15):
        turn(monkeypatch, minutes=6)
        inviting.ask_again(visitor, handle=handle)
    assert one.tokens.count() == inviting.LINKS_BY_THEMSELVES
    assert told(people, Event.INVITED_AGAIN) == [one.pk] * (inviting.LINKS_BY_THEMSELVES - 1)
    assert not AuditEvent.objects.filter(workspace_id=0, event=Event.INVITED_AGAIN).exists()


def test_inviting_anew_keeps_the_day_on_which_it_opens(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = invite(people, "bo@example.com")
    opens = clock.now() + timedelta(days=60)
    Invitation.objects.filter(pk=one.pk).update(starts_at=opens)
    turn(monkeypatch, days=9)
    again = inviting_again.invite_anew(people.minjun.actor, invitation_uid=one.uid)
    assert Invitation.objects.get(pk=again.pk).starts_at == opens
    turn(monkeypatch, days=60)
    later = inviting_again.invite_anew(people.minjun.actor, invitation_uid=again.uid)
    assert Invitation.objects.get(pk=later.pk).starts_at is None


def test_whoever_holds_the_last_use_comes_in_when_approval_is_needed_no_more(people: Cast, post: PostOffice) -> None:
    link, account = invite_link(people, most_uses=1), signed_up()
    asked = asks(account, link)
    InviteLink.objects.update(needs_approval=False)
    came = entering.join(Owner(account), link=ways.secret_of(link), family_name="", given_name="Nora")
    link.refresh_from_db()
    assert isinstance(came.place, Member) and link.uses == 1
    assert JoinRequest.objects.get(pk=asked.pk).approved_at and told(people, Event.JOIN_SETTLED) == [asked.pk]


def test_too_much_text_is_told_beside_its_field_and_not_dropped(people: Cast, post: PostOffice) -> None:
    link, browser = invite_link(people), Client()
    join(people.fernweh, "bo@example.com", "Bo", "B")
    browser.post("/sign-in/", {"id": "bo@example.com", "password": PASSWORD})
    to = browser.get(ways.address_of(link).partition("testserver")[2]).headers["Location"]
    for field, length in (("message", 201), ("family_name", 201)):
        typed = {"step": "join", "family_name": "Bo", "given_name": "B", "message": "Hi", field: "x" * length}
        page = browser.post(to, typed)
        assert page.status_code == 200 and f'id="id_{field}_error"' in page.content.decode()
    assert not JoinRequest.objects.exists()


def test_looking_at_the_form_of_a_link_that_is_over_counts_nobody(people: Cast) -> None:
    link, browser = invite_link(people, needs_approval=False), Client()
    to = browser.get(ways.address_of(link).partition("testserver")[2]).headers["Location"]
    InviteLink.objects.update(most_uses=1, uses=1)
    assert browser.get(f"{to}sign-up/").status_code == browser.head(f"{to}sign-up/").status_code == 410
    assert not InviteLinkDay.objects.exists()
    assert browser.post(f"{to}sign-up/", {"step": "begin"}).status_code == 410
    assert InviteLinkDay.objects.get().refused == 1


def test_approving_thirty_asks_no_more_of_the_database_than_three(people: Cast, post: PostOffice) -> None:
    def approve(number: int, name: str) -> int:
        link = invite_link(people, name=name)
        accounts = [signed_up(f"{name}{place}@example.com") for place in range(number)]
        invite(people, *(f"{name}{place}@example.com" for place in range(number)))
        uids = [asks(account, link).uid for account in accounts]
        with CaptureQueriesContext(connection) as asked:
            deciding.approve(people.minjun.actor, request_uids=uids)
        return len(asked)

    assert approve(30, "many") <= approve(3, "few") + 10
    assert len(told(people, Event.INVITATION_SETTLED)) == 33


def test_makers_who_left_are_looked_up_together(people: Cast) -> None:
    made = []
    for place in range(12):
        gone = join(people.hanbit, f"gone{place}@hanbitsoft.co.kr", "Gone", f"G{place}")
        made.append(InviteLink(workspace=people.hanbit, made_by_id=gone.member.pk))
        taker = people.sora.member if place % 2 else people.eve.member
        remove_all(people.sora.actor, chosen=Member.objects.filter(pk=gone.member.pk), taker=taker)
    with CaptureQueriesContext(connection) as asked:
        makers = links.makers(people.hanbit, made)
    assert {one.pk for one in makers.values()} == {people.sora.member.pk, people.eve.member.pk} and len(makers) == 12
    assert len(asked) == 2
    found = [Invitation(invited_by_id=link.made_by_id) for link in made]
    with CaptureQueriesContext(connection) as asked:
        assert len(queries.inviters(found)) == 12
    assert len(asked) == 2


def test_an_invitation_deleted_a_moment_ago_is_mailed_to_nobody(
    people: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = invite(people, "bo@example.com")
    token = one.tokens.get()
    Invitation.objects.all().delete()
    monkeypatch.setattr(queries, "by_handle", lambda _handle: token)
    inviting.ask_again(Visitor(door="web"), handle=token.uid)
    assert told(people, Event.INVITED_AGAIN) == []


def test_all_domains_of_a_link_are_judged_and_none_is_stored_that_was_not(people: Cast) -> None:
    twenty = [f"d{number}.example" for number in range(20)]
    assert invite_link(people, domains=["A.example", "a.example ", "@a.example", ""]).domains == ["a.example"]
    with pytest.raises(TooManyDomains):
        invite_link(people, domains=[*twenty, "x.example"])
    with pytest.raises(InvalidDomain):
        invite_link(people, domains=["a.example"] * 45 + ["!!!"])
    assert invite_link(people, domains=twenty * 3).domains == twenty


def test_a_step_nobody_offers_finishes_no_sign_up(people: Cast, post: PostOffice) -> None:
    link, browser = invite_link(people, needs_approval=False), Client()
    to = browser.get(ways.address_of(link).partition("testserver")[2]).headers["Location"]
    typed = {"step": "begin", "id": "bo@example.com", "given_name": "B", "family_name": "", "password": PASSWORD}
    browser.post(f"{to}sign-up/", typed)
    SignUp.objects.update(proven_at=clock.now())
    answer = browser.post(f"{to}sign-up/", {"step": "over"})
    assert answer.status_code == 302 and answer.headers["Location"].endswith("/sign-up/?another")
    assert SignUp.objects.exists() and not Member.objects.filter(given_name="B").exists()
