"""Who is told that somebody asks to join, and how often; and who that a link is wanted again (PRODUCT.md §7)."""

from datetime import timedelta

import pytest

from dure.accounts.actors import Owner, Visitor
from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.permissions import Permission
from dure.joining.actions.requesting import withdraw
from dure.joining.actions.wanting import ask_for_link
from dure.joining.models import InviteLink, JoinRequest
from dure.mail.models import Letter
from dure.members import queries
from dure.members.actions.administering import grant
from dure.members.actions.leaving import remove_all
from tests.cast import Cast
from tests.joining.asking import NORA, asked_to_join, asks, crowd, invite_link, signed_up
from tests.post import Mail, PostOffice


def later(monkeypatch: pytest.MonkeyPatch, **time: int) -> None:
    """Turn the clock ahead."""
    then = clock.now() + timedelta(**time)
    monkeypatch.setattr(clock, "now", lambda: then)


def told(post: PostOffice, address: str) -> list[Mail]:
    """Let the worker work, and return what an admin was told about those who ask."""
    post.deliver()
    return [mail for mail in post.to(address) if "to join" in mail.subject]


def test_the_first_is_told_at_once_to_every_admin_who_can_answer(cast: Cast, post: PostOffice) -> None:
    request = asked_to_join(cast, message="We met at the fair <b>in Busan</b>.")
    for somebody in (cast.sora, cast.minjun):
        mail = told(post, somebody.address)[0]
        assert mail.subject == "Nora Lind asks to join 한빛소프트"
        assert f"/w/{cast.hanbit.uid}/admin/join-requests/{request.uid}/" in mail.text
        assert f"Their ID (e-mail address): {NORA}" in mail.text and "Invite link: Winter hiring" in mail.text
        assert "> We met at the fair" in mail.text and "&lt;b&gt;in Busan" in mail.part("html")
        assert somebody.address not in mail.text and somebody.address not in mail.part("html")
    assert not told(post, cast.eve.address) and not told(post, cast.yuki.address)
    assert told(post, cast.sora.address) == told(post, cast.sora.address), "once"


@pytest.mark.parametrize("bait", ["Open https://evil.example now", "see evil.com", "www.evil.example"])
def test_a_strangers_web_address_does_not_travel_in_our_mail(cast: Cast, post: PostOffice, bait: str) -> None:
    request = asked_to_join(cast, message=bait)
    mail = told(post, cast.minjun.address)[0]
    assert "evil" not in mail.text and "evil" not in mail.part("html")
    assert "holds a web address" in mail.text and NORA in mail.text
    page = cast.minjun.browser().open(cast.at(f"admin/join-requests/{request.uid}/"))
    assert bait in page.text, "the page has it"


def test_a_burst_of_two_hundred_is_two_letters(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    link = invite_link(cast)
    asks(signed_up(), link)
    assert len(told(post, cast.minjun.address)) == 1
    crowd(cast, 199, link)
    assert len(told(post, cast.minjun.address)) == 1, "the others wait a quarter of an hour"
    later(monkeypatch, minutes=14)
    assert len(told(post, cast.minjun.address)) == 1
    later(monkeypatch, minutes=2)
    first, second = told(post, cast.minjun.address)
    assert second.subject == "199 people ask to join 한빛소프트"
    assert "G0 Guest" in second.text and "G4 Guest" in second.text and "G5 Guest" not in second.text
    assert "and 194 more" in second.text and "G4 Guest (guest4@outside.example)" in second.text
    assert f"/w/{cast.hanbit.uid}/admin/join-requests/\r\n" in second.text
    assert cast.minjun.address not in second.text and "ID (e-mail" not in second.text
    later(monkeypatch, hours=5)
    assert len(told(post, cast.minjun.address)) == 2 and first.subject.startswith("Nora Lind")


def test_who_took_it_back_is_not_told_of(cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    request = asked_to_join(cast)
    withdraw(Owner(request.account), request_uid=request.uid)
    assert not told(post, cast.minjun.address)
    assert JoinRequest.objects.get().told_at is None


def test_workspaces_are_told_each_of_their_own(cast: Cast, post: PostOffice) -> None:
    asked_to_join(cast)
    assert not told(post, cast.alex.address)


def closed(cast: Cast, **how: object) -> InviteLink:
    """Make a link and close it."""
    link = invite_link(cast)
    InviteLink.objects.filter(pk=link.pk).update(**how)
    return link


def wanted(post: PostOffice, address: str) -> list[Mail]:
    """Let the worker work, and return what an admin was told about links."""
    post.deliver()
    return [mail for mail in post.to(address) if "opened again" in mail.subject]


def test_a_paused_link_is_asked_for_and_its_maker_is_told_at_most_once_an_hour(
    cast: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = closed(cast, paused_at=clock.now())
    for _press in range(20):
        ask_for_link(Visitor(), link_uid=link.uid)
    (mail,) = wanted(post, cast.minjun.address)
    assert "Winter hiring" in mail.text and "paused" in mail.text and "the same address works again" in mail.text
    assert f"/w/{cast.hanbit.uid}/admin/links/{link.uid}/" in mail.text
    assert not wanted(post, cast.sora.address)
    assert cast.minjun.address not in mail.text + mail.part("html") and "ID (e-mail" not in mail.text
    assert "Asked for" in cast.minjun.browser().open(cast.at("admin/links/")).text
    assert AuditEvent.objects.filter(event="link.wanted", workspace_id=cast.hanbit.pk).count() == 1
    later(monkeypatch, minutes=59)
    ask_for_link(Visitor(), link_uid=link.uid)
    assert len(wanted(post, cast.minjun.address)) == 1
    later(monkeypatch, minutes=2)
    ask_for_link(Owner(cast.alex.account), link_uid=link.uid)
    assert len(wanted(post, cast.minjun.address)) == 2
    assert cast.alex.address not in post.received[-1].text and "Alex" not in post.received[-1].text


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"withdrawn_at": clock.now()}, "found it withdrawn"),
        ({"expires_at": clock.now() - timedelta(days=1)}, "When you prolong it"),
        ({"most_uses": 1, "uses": 1}, "When you allow more uses"),
    ],
)
def test_the_letter_says_why_nobody_comes_in(cast: Cast, post: PostOffice, how: dict[str, object], says: str) -> None:
    ask_for_link(Visitor(), link_uid=closed(cast, **how).uid)
    assert says in wanted(post, cast.minjun.address)[0].text


def test_an_open_link_and_one_that_never_was_tell_nobody(cast: Cast, post: PostOffice) -> None:
    assert ask_for_link(Visitor(), link_uid=invite_link(cast).uid) is None
    assert ask_for_link(Visitor(), link_uid="n" * 22) is None
    assert not Letter.objects.exists() and not AuditEvent.objects.filter(event="link.wanted").exists()


def test_when_its_maker_may_no_longer_make_one_those_who_may_are_told(cast: Cast, post: PostOffice) -> None:
    link = closed(cast, paused_at=clock.now())
    grant(cast.sora.actor, member_uid=cast.minjun.member.uid, permissions=[])
    ask_for_link(Visitor(), link_uid=link.uid)
    assert wanted(post, cast.sora.address) and wanted(post, cast.eve.address)
    assert not wanted(post, cast.minjun.address) and not wanted(post, cast.yuki.address)


def test_who_took_over_from_a_removed_maker_is_told(cast: Cast, post: PostOffice) -> None:
    link = closed(cast, paused_at=clock.now())
    grant(cast.sora.actor, member_uid=cast.yuki.member.uid, permissions=[Permission.ADMIN_ENTER])
    chosen = queries.of(cast.hanbit).filter(pk=cast.minjun.member.pk)
    remove_all(cast.sora.actor, chosen=chosen, taker=cast.yuki.member)
    ask_for_link(Visitor(), link_uid=link.uid)
    assert wanted(post, cast.yuki.address) and not wanted(post, cast.sora.address)
