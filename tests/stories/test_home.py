"""Home: what waits for the reader, what waits in the admin service, and who is new."""

from datetime import timedelta

from django.utils import timezone

from dure.accounts.models import Account, SpareCode
from dure.core import clock
from dure.members.actions.asking_to_leave import ask_to_leave
from dure.members.models import Grant, HandOver, HelpRequest, Member
from tests.cast import Cast, join
from tests.index import refresh
from tests.post import PostOffice
from tests.stories.steps import HARU, register


def test_a_member_finds_people_and_nothing_of_the_admin_service(cast: Cast) -> None:
    browser = cast.yuki.browser()
    home = browser.open(cast.at())
    assert cast.yuki.address in home.text and "Waiting for you" not in home.text and "Admin" not in home.text
    found = browser.fill_in(home, q="eve")
    assert found.path.startswith(cast.at("people/")) and "Eve Adler" in found.text


def test_newcomers_of_the_week_are_shown_once_they_are_in(cast: Cast) -> None:
    Member.objects.update(registered_at=clock.now() - timedelta(days=30))
    browser = cast.yuki.browser()
    assert "New this week" not in browser.open(cast.at()).text
    new = join(cast.hanbit, "nora@hanbitsoft.co.kr", "New", "Nora")
    late = join(cast.hanbit, "late@hanbitsoft.co.kr", "Late", "Lou").member
    Member.objects.filter(pk=late.pk).update(state="registered", activated_at=None)
    page = browser.open(cast.at())
    assert "New this week" in page.text and "Nora New" in page.text and "Lou" not in page.text
    assert browser.follow(page, "Nora New").path.startswith(cast.at(f"people/{new.member.uid}/"))


def test_what_waits_in_the_admin_service_is_counted_and_leads_there(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun)
    register(cast, cast.minjun, id="soon@hanbitsoft.co.kr", given_name="둘")
    at = clock.now()
    Member.objects.filter(given_name="하은").update(deadline_at=at - timedelta(hours=1))
    Member.objects.filter(given_name="둘").update(deadline_at=at + timedelta(hours=20))
    HelpRequest.objects.create(workspace=cast.hanbit, member=cast.yuki.member, address="a@b.example", asked_at=at)
    HelpRequest.objects.create(
        workspace=cast.hanbit, member=cast.yuki.member, address="a@b.example", asked_at=at, answered_at=at
    )
    ask_to_leave(cast.yuki.actor)
    browser = cast.minjun.browser()
    home = browser.open(cast.at())
    for words in ("deadline passed for 1 · ends within a day for 1", "1 question to answer", "1 asks to leave"):
        assert words in home.text, words
    for page in (home, browser.open(cast.at("admin/"))):
        assert "田中 雪" in browser.follow(page, "Leave requests").text, "also where there is no rail"
    page = browser.follow(home, "Not here yet")
    assert "state=expired" in page.path and HARU["id"] in page.text
    assert browser.follow(home, "Questions").path == cast.at("admin/help/")
    for somebody in (cast.eve, cast.yuki):
        text = somebody.browser().open(cast.at()).text
        assert "deadline passed" not in text and "question" not in text and "asks to leave" not in text
    assert "deadline passed" not in cast.alex.browser().open(f"/w/{cast.fernweh.uid}/").text


def test_invitations_that_wait_are_counted(cast: Cast, post: PostOffice) -> None:
    register(cast, cast.minjun, id=cast.alex.address)
    home = cast.minjun.browser().open(cast.at())
    assert "1 waits for an answer" in home.text
    alex = cast.alex.browser().open(f"/w/{cast.fernweh.uid}/")
    assert "A place in another workspace waits for your answer" in alex.text


def test_whoever_holds_rights_is_advised_to_a_second_factor(cast: Cast) -> None:
    assert "Set a second factor" in cast.eve.browser().open(cast.at()).text
    assert "Set a second factor" not in cast.yuki.browser().open(cast.at()).text


def test_few_spare_codes_are_told(cast: Cast) -> None:
    browser = cast.yuki.browser()
    Account.objects.filter(pk=cast.yuki.account.pk).update(has_factor=True)
    SpareCode.objects.bulk_create(SpareCode(account=cast.yuki.account, hash=bytes([n]) * 32) for n in range(3))
    assert "spare code" not in browser.open(cast.at()).text
    SpareCode.objects.filter(account=cast.yuki.account).update(used_at=timezone.now())
    SpareCode.objects.create(account=cast.yuki.account, hash=b"x" * 32)
    assert "1 spare code is left" in browser.open(cast.at()).text


def test_an_offered_role_and_rights_that_end_are_told(cast: Cast) -> None:
    at = clock.now()
    HandOver.objects.create(
        workspace=cast.hanbit, giver=cast.sora.member, taker=cast.eve.member, offered_at=at,
        expires_at=at + timedelta(days=1),
    )  # fmt: skip
    Grant.objects.filter(member=cast.eve.member).update(until=at + timedelta(days=3))
    browser = cast.eve.browser()
    home = browser.open(cast.at())
    assert "한소라 offers you the role of super admin" in home.text and "until" in home.text
    assert browser.follow(home, "한소라 offers you").status == 200
    HandOver.objects.update(expires_at=at - timedelta(days=1))
    assert "offers you" not in browser.open(cast.at()).text


def test_the_other_workspaces_are_in_the_switcher(cast: Cast) -> None:
    place = Member.objects.create(
        workspace=cast.fernweh, account=cast.yuki.account, family_name="Tanaka", given_name="Yuki",
        name_language="en", sort_key="tanaka yuki", state="active", registered_at=clock.now(),
        activated_at=clock.now(),
    )  # fmt: skip
    refresh(place)
    browser = cast.yuki.browser()
    assert f"/workspaces/others/?here={cast.hanbit.uid}" in browser.open(cast.at()).body
    part = browser.open(f"/workspaces/others/?here={cast.hanbit.uid}")
    assert part.has_link("Fernweh") and "한빛소프트" not in part.text
