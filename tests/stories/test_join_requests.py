"""Join requests: who came by a link that needs approval waits, is answered, and is told (PRODUCT.md §4.3)."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils.formats import date_format

from dure.accounts.actors import Owner
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.events import Event
from dure.joining import funnel
from dure.joining.actions.accepting import accept
from dure.joining.actions.deciding import approve
from dure.joining.actions.entering import join
from dure.joining.actions.expiring_requests import close_requests_run_out
from dure.joining.actions.inviting import invite
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.pasted import LinkInName
from dure.joining.ways import address_of, secret_of
from dure.mail.models import Letter
from dure.members.actions.leaving import remove
from dure.members.actions.suspending import suspend
from dure.members.models import Member
from tests.cast import PASSWORD, Cast
from tests.joining.asking import NORA, asked_to_join, asks, crowd, invite_link, signed_up
from tests.post import PostOffice
from tests.visitor import Page, Visitor

LIST = "admin/join-requests/"
JOINED = "You have joined 한빛소프트 as a workspace member"


def nora(cast: Cast, *, language: str = "en") -> Visitor:
    """Return the browser in which Nora has just signed in."""
    browser = cast.visitor(language=language)
    page = browser.sign_in(NORA, PASSWORD)
    assert page.path == "/workspaces/", page.text
    return browser


def choose(browser: Visitor, page: Page, *uids: str, step: str) -> Page:
    """Tick requests in the list and press a button."""
    form = page.form_with("request", "step")
    return browser.submit(page, form, request=list(uids), step=step)


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    """Turn the clock ahead."""
    then = clock.now() + timedelta(**time)
    monkeypatch.setattr(clock, "now", lambda: then)


def uses(request: JoinRequest) -> int:
    """Return how many uses of its link are spent or held."""
    return InviteLink.objects.get(pk=request.link_id).uses


def test_somebody_asks_is_told_at_once_and_waits_without_anything_opening(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast, message="I start in marketing on Monday.")
    mail = post.last_to(NORA)
    assert mail.subject == "Your request to join 한빛소프트 is waiting for an answer"
    assert "/workspaces/" in mail.text and NORA in mail.text
    browser = nora(cast)
    page = browser.open("/workspaces/")
    assert "Your requests to join" in page.text and "waiting" in page.text
    page = browser.open(f"/workspaces/requests/{request.uid}/")
    assert page.status == 200 and "Waiting for approval" in page.text and "I start in marketing" in page.text
    assert "Put it on the home screen" in page.text and "data:image/svg+xml" in page.body
    assert browser.open(cast.at()).status == 404
    assert not Member.objects.filter(account=request.account).exists()


def test_an_admin_finds_it_in_the_list_approves_and_the_person_is_in(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast, message="I start in marketing on Monday.")
    minjun = cast.minjun.browser()
    assert "1 asks to join" in minjun.open(cast.at()).text
    page = minjun.follow(minjun.open(cast.at("admin/")), "Join requests")
    assert "Nora Lind" in page.text and NORA in page.text and "Winter hiring" in page.text
    page = choose(minjun, page, request.uid, step="approve")
    assert "Nora Lind is a member now." in page.text and "Nobody is waiting" in page.text
    mail = post.last_to(NORA)
    assert mail.subject == JOINED and "한빛소프트" in mail.text and NORA in mail.text
    browser = cast.visitor()
    page = browser.sign_in(NORA, PASSWORD)
    assert page.path == cast.at("?welcome"), "whoever was approved is welcomed like everybody else"
    page = browser.open(f"/workspaces/requests/{request.uid}/")
    assert "You are in: 한빛소프트" in page.text and browser.follow(page, "Start").path == cast.at()
    member = Member.objects.get(account=request.account)
    assert member.state == Member.ACTIVE and not member.is_super_admin and not member.grants.exists()
    request.refresh_from_db()
    assert request.member == member and request.decided_by_id == cast.minjun.member.pk and uses(request) == 1
    assert funnel.totals(request.link)["joined"] == 1
    told = AuditEvent.objects.filter(event__in=["member.joined", "join_request.approved"])
    assert {one.via for one in told} == {request.link.uid} and {one.workspace_id for one in told} == {cast.hanbit.pk}
    page = minjun.open(cast.at(f"{LIST}?state=approved"))
    assert "Nora Lind" in page.text
    assert minjun.open(cast.at(f"{LIST}{request.uid}/")).has_link("To the member")
    assert minjun.open(cast.at(f"admin/members/{member.uid}/")).status == 200


def test_refusing_many_with_one_reason_gives_the_uses_back(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast, most_uses=10)
    asked = crowd(cast, 3, link)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    assert "All that wait (3)" in page.text and "data-several" in page.body, "seen before anybody is chosen"
    page = choose(minjun, page, *(one.uid for one in asked[:2]), step="ask_reason")
    assert (
        "2 requests end" in page.text
        and "G0 Guest" in page.text
        and JoinRequest.objects.filter(ended_at=None).count() == 3
    )
    page = minjun.fill_in(page, reason="We are full this year.", step="refuse")
    assert "2 requests are refused." in page.text and "G2 Guest" in page.text
    assert "data-several" not in page.body, "one person needs no box that takes all"
    assert "waiting 1 approved 0 refused 2 taken back 0 expired 0" in page.text, "every chip has its number"
    link.refresh_from_db()
    assert link.uses == 1 and funnel.totals(link)["refused"] == 2
    mail = post.last_to("guest1@outside.example")
    assert mail.subject == "Your request to join 한빛소프트 was not approved" and "We are full this year." in mail.text
    day = date_format(clock.now() + timedelta(hours=9), "DATE_FORMAT")
    assert f"On {day}, the" in mail.text and "ask again by the invite link" in mail.text and "/workspaces/" in mail.text
    browser = cast.visitor()
    browser.sign_in("guest1@outside.example", PASSWORD)
    page = browser.open(f"/workspaces/requests/{asked[1].uid}/")
    assert "not approved" in page.text and "We are full this year." in page.text
    assert "Answered" in page.text and "ask again by the invite link" in page.text
    assert page.link("Ask again") == f"/join/{link.uid}/"
    listed = browser.open("/workspaces/").text
    day = date_format(clock.now() + timedelta(hours=9), "SHORT_DATE_FORMAT")
    assert f"refused · {day} · “We are full this year.”" in listed
    InviteLink.objects.update(paused_at=clock.now())
    closed = browser.open(page.path)
    assert "The invite link is closed by now" in closed.text and not closed.has_link("Ask again")
    InviteLink.objects.update(paused_at=None)
    other = cast.visitor()
    other.sign_in("guest0@outside.example", PASSWORD)
    page = other.open(urlsplit(address_of(link)).path)
    assert "earlier request to join was not approved on" in page.text and page.has_link("Read the answer")
    asks(asked[0].account, link)
    assert JoinRequest.objects.filter(account=asked[0].account).count() == 2, "who was refused may ask again"


def test_all_that_wait_restores_nobody_who_was_removed(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast)
    crowd(cast, 2, link)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    back = asks(cast.yuki.account, link, family_name="田中", given_name="雪")
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    assert "leaves them out of it" in page.text and "All that wait (3, removed before: 1)" in page.text
    assert "2 people are members now." in minjun.fill_in(page, everybody="1", step="approve").text
    back.refresh_from_db()
    assert back.ended_at is None and Member.objects.get(pk=cast.yuki.member.pk).state == "removed"


def test_everybody_who_waits_is_answered_at_once_but_nobody_who_came_since(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast)
    crowd(cast, 4, link)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    assert "All that wait (4)" in page.text and 'data-number="4"' in page.body, "the number stands there before"
    late = asks(signed_up(), link)
    page = minjun.fill_in(page, everybody="1", step="approve")
    assert "4 people are members now." in page.text
    late.refresh_from_db()
    assert (
        late.ended_at is None and Member.objects.filter(account__addresses__canonical__startswith="guest").count() == 4
    )
    post.deliver()
    assert all(post.to(f"guest{number}@outside.example")[-1].subject == JOINED for number in range(4))


def test_the_page_of_one_request_answers_it(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    minjun = cast.minjun.browser()
    page = minjun.follow(minjun.open(cast.at(LIST)), "Nora Lind")
    assert "Confirmed by mail" in page.text and "A request to join was received" in page.text
    page = minjun.fill_in(page, reason="Wrong company?", step="refuse")
    assert "The request of Nora Lind is refused." in page.text and "Wrong company?" in page.text
    assert "Kim" in page.text, "who answered"
    page = minjun.open(cast.at(f"{LIST}?state=refused"))
    assert "Nora Lind" in page.text
    again = minjun.open(cast.at(f"{LIST}{request.uid}/"))
    assert not any("step" in form.inputs for form in again.forms), "it is answered"


def test_whoever_asked_takes_it_back_and_the_use_returns(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    browser = nora(cast)
    page = browser.press(browser.open(f"/workspaces/requests/{request.uid}/"), "Take the request back")
    assert page.path == "/workspaces/" and "taken back" in page.text and uses(request) == 0
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(f"{LIST}?state=withdrawn"))
    assert "Nora Lind" in page.text
    approved = approve(cast.minjun.actor, request_uids=[request.uid])
    assert not approved.done and approved.refused[0][1].code == "join_request_ended"
    assert browser.open(f"/workspaces/requests/{request.uid}/").path == "/workspaces/"


def test_nobody_answering_for_thirty_days_ends_it_with_a_mail(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = asked_to_join(cast)
    assert close_requests_run_out() == 0
    later(monkeypatch, days=30, seconds=1)
    done = approve(cast.minjun.actor, request_uids=[request.uid])
    assert not done.done, "it opens nothing even before the worker comes by"
    assert close_requests_run_out() == 1 and close_requests_run_out() == 0
    assert uses(request) == 0
    mail = post.last_to(NORA)
    assert mail.subject == "Your request to join 한빛소프트 has ended without an answer"
    asks(request.account, InviteLink.objects.get(pk=request.link_id))


def test_asking_again_closes_the_one_that_ran_out_and_one_that_waits_is_kept(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dure.joining.actions.requesting import AlreadyAsked

    request = asked_to_join(cast)
    with pytest.raises(AlreadyAsked):
        asks(request.account, request.link)
    assert uses(request) == 1, "whoever called gives nothing away: it was rolled back"
    later(monkeypatch, days=30, seconds=1)
    asks(request.account, request.link)
    assert uses(request) == 1 and JoinRequest.objects.filter(ended_at=None).count() == 1


def test_a_link_that_closed_meanwhile_leaves_its_requests_waiting(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    InviteLink.objects.update(withdrawn_at=clock.now())
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(f"{LIST}{request.uid}/"))
    assert "withdrawn" in page.text and "this request came before" in page.text
    assert "is a member now" in minjun.press(page, "Approve").text


def test_a_member_who_was_removed_is_restored_and_one_who_came_otherwise_stays(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    back, other = asks(cast.yuki.account, link), asks(cast.eve.account, link)
    minjun = cast.minjun.browser()
    assert "Approving restores them" in minjun.open(cast.at(f"{LIST}{back.uid}/")).text
    assert "became a member meanwhile" in minjun.open(cast.at(f"{LIST}{other.uid}/")).text
    page = minjun.open(cast.at(LIST))
    assert page.body.count('data-state="removed">removed<') == 1, "seen before the press, also in the list"
    page = choose(minjun, minjun.open(cast.at(LIST)), back.uid, other.uid, step="approve")
    assert "2 people are members now." in page.text
    assert Member.objects.filter(account=cast.yuki.account).count() == 1
    assert Member.objects.filter(account=cast.eve.account).count() == 1
    assert cast.yuki.browser().open(cast.at()).status == 200
    shown = minjun.open(cast.at(f"admin/links/{link.uid}/"))
    assert "田中 雪" in shown.text and funnel.totals(link)["joined"] == link.ledger.count() == 1, "counted and entered"
    post.deliver()
    subjects = [mail.subject for mail in post.to(cast.yuki.address)]
    assert any("restored" in subject or "back" in subject for subject in subjects), subjects
    assert not [mail for mail in post.to(cast.eve.address) if mail.subject == JOINED]


def test_a_use_goes_back_to_the_link_when_its_request_is_answered_by_another_way(cast: Cast, post: PostOffice) -> None:
    link = invite_link(cast, most_uses=3)
    asked = asks(signed_up(), link)
    typed = {"id": NORA, "family_name": "Lind", "given_name": "Nora", "language": "en"}
    invitation = invite(cast.minjun.actor, submission="one", known=typed)
    accept(Owner(asked.account), invitation_uid=invitation.uid)
    second = asks(signed_up("second@outside.example"), link)
    open_link = invite_link(cast, needs_approval=False)
    join(Owner(second.account), link=secret_of(open_link), family_name="", given_name="Second")
    member = asks(cast.eve.account, link)
    approve(cast.sora.actor, request_uids=[member.uid])
    link.refresh_from_db()
    open_link.refresh_from_db()
    assert (link.uses, open_link.uses) == (0, 1)
    assert JoinRequest.objects.exclude(approved_at=None).count() == 3


def test_a_web_address_is_no_name_since_it_would_stand_in_a_mail_to_the_admins(cast: Cast, post: PostOffice) -> None:
    link, account = invite_link(cast), signed_up()
    with pytest.raises(LinkInName):
        join(Owner(account), link=secret_of(link), family_name="", given_name="Prize at www.bait.example")
    assert not JoinRequest.objects.exists()


def test_a_removed_super_admin_is_not_restored_by_an_admin(cast: Cast, post: PostOffice) -> None:
    Member.objects.filter(pk=cast.yuki.member.pk).update(is_super_admin=True)
    remove(cast.sora.actor, member_uid=cast.yuki.member.uid)
    link = invite_link(cast)
    back, other = asks(cast.yuki.account, link), asks(signed_up(), link)
    minjun = cast.minjun.browser()
    page = choose(minjun, minjun.open(cast.at(LIST)), back.uid, other.uid, step="approve")
    assert "Nora Lind is a member now." in page.text and "Only a super admin can do this" in page.text
    back.refresh_from_db()
    assert back.ended_at is None
    sora = cast.sora.browser()
    assert "is a member now" in choose(sora, sora.open(cast.at(LIST)), back.uid, step="approve").text
    assert approve(cast.sora.actor, request_uids=[back.uid]).refused[0][1].code == "join_request_ended"


def test_who_cannot_come_in_is_told_by_row_and_the_others_go_on(cast: Cast, post: PostOffice) -> None:
    asked = crowd(cast, 4)
    asked[0].account.addresses.update(proven_at=None)
    asked[1].account.addresses.all().delete()
    type(asked[2].account).objects.filter(pk=asked[2].account_id).update(password="")
    gone = asked_to_join(cast)
    gone.account.delete()
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    page = choose(minjun, page, *(one.uid for one in asked), gone.uid, step="approve")
    assert "G3 Guest is a member now." in page.text
    assert "2 people: The ID of this account is not confirmed" in page.text
    assert "G2 Guest: This account has no password of its own" in page.text
    assert "1 request is no longer there." in page.text
    assert JoinRequest.objects.filter(ended_at=None).count() == 3


def test_only_admins_with_member_management_of_this_workspace_answer(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    for somebody in (cast.eve, cast.yuki, cast.alex):
        browser = somebody.browser()
        for path in (LIST, f"{LIST}{request.uid}/"):
            page = browser.open(cast.at(path))
            assert page.status == (404 if somebody is cast.alex else 403), (somebody.address, path)
            refused = browser.send(browser.open("/account/"), cast.at(path), step="approve", request=request.uid)
            assert refused.status in (302, 403, 404)
    elsewhere = cast.alex.browser()
    page = elsewhere.open(f"/w/{cast.fernweh.uid}/{LIST}{request.uid}/")
    assert page.status == 404
    elsewhere.send(elsewhere.open("/account/"), f"/w/{cast.fernweh.uid}/{LIST}", step="approve", request=request.uid)
    assert not Member.objects.filter(account=request.account).exists()
    request.refresh_from_db()
    assert request.ended_at is None


def test_a_request_is_its_owners_alone(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    browser = cast.yuki.browser()
    path = f"/workspaces/requests/{request.uid}/"
    assert browser.open(path).status == 404
    assert browser.send(browser.open("/account/"), path).status == 404
    assert cast.visitor().open(path).path.startswith("/sign-in/")
    request.refresh_from_db()
    assert request.ended_at is None


def test_nothing_chosen_and_steps_nobody_offers_change_nothing(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    assert "Choose at least one request." in minjun.fill_in(page, step="approve").text
    assert "Choose at least one request." in minjun.fill_in(page, step="ask_reason").text
    assert "Choose at least one request." in minjun.fill_in(page, step="approve", everybody="1", newest="x").text
    request.refresh_from_db()
    assert request.ended_at is None


def test_a_suspended_admin_decides_nothing(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast)
    minjun = cast.minjun.browser()
    page = minjun.open(cast.at(LIST))
    suspend(cast.sora.actor, member_uid=cast.minjun.member.uid)
    choose(minjun, page, request.uid, step="approve")
    request.refresh_from_db()
    assert request.ended_at is None


def test_the_invitation_of_the_same_person_ends_with_the_approval_and_the_other_way_round(
    cast: Cast, post: PostOffice
) -> None:
    from dure.accounts.actors import Owner
    from dure.joining.actions import accepting, inviting
    from dure.joining.models import Invitation

    typed = {"id": cast.alex.address, "family_name": "Meyer", "given_name": "Alex", "language": "en"}
    first = inviting.invite(cast.minjun.actor, submission="one", known=typed)
    request = asks(cast.alex.account, invite_link(cast), family_name="Meyer", given_name="Alex")
    approve(cast.minjun.actor, request_uids=[request.uid])
    first.refresh_from_db()
    assert first.accepted_at and first.member == Member.objects.get(workspace=cast.hanbit, account=cast.alex.account)
    assert AuditEvent.objects.get(event=Event.INVITATION_SETTLED).subject_id == first.pk
    nora_asks = asked_to_join(cast)
    inviting.invite(cast.minjun.actor, submission="two", known={**typed, "id": NORA})
    accepting.accept(Owner(nora_asks.account), invitation_uid=Invitation.objects.get(address=NORA).uid)
    nora_asks.refresh_from_db()
    assert nora_asks.approved_at and nora_asks.member, "who came by the invitation waits no longer"
    settled = AuditEvent.objects.get(event=Event.JOIN_SETTLED, workspace_id=cast.hanbit.pk)
    assert (settled.subject_id, settled.actor_kind) == (nora_asks.pk, "account")


@pytest.mark.parametrize(
    ("language", "received", "approved"),
    [
        ("ko", "한빛소프트 가입 신청이 승인을 기다리고 있습니다", "한빛소프트 워크스페이스 멤버로 가입했습니다"),
        ("ja", "한빛소프트への参加申請は承認待ちです", "한빛소프트のワークスペースメンバーになりました"),
    ],
)
def test_the_letters_are_in_the_accounts_language(
    cast: Cast, post: PostOffice, language: str, received: str, approved: str
) -> None:
    account = signed_up(language=language)
    request = asks(account, invite_link(cast))
    assert post.last_to(NORA).subject == received
    approve(cast.minjun.actor, request_uids=[request.uid])
    assert post.last_to(NORA).subject == approved


def test_without_a_mail_server_it_works_and_the_page_says_where_to_look(cast: Cast, no_post: None) -> None:
    request = asked_to_join(cast)
    page = nora(cast).open(f"/workspaces/requests/{request.uid}/")
    assert "look here at any time" in page.text and "a mail comes" not in page.text
    approve(cast.minjun.actor, request_uids=[request.uid])
    assert not Letter.objects.exists()


def test_the_page_of_a_link_counts_those_who_wait_by_it(cast: Cast) -> None:
    first, second = invite_link(cast), invite_link(cast, name="Partners")
    crowd(cast, 3, first)
    asks(signed_up(), second)
    nobody = invite_link(cast, name="Workshop")
    browser = cast.sora.browser()
    said = {link: browser.open(cast.at(f"admin/links/{link.uid}/")) for link in (first, second, nobody)}
    assert "3 waiting now" in said[first].text and "1 waiting now" in said[second].text
    assert said[second].has_link("Join requests") and "waiting now" not in said[nobody].text
