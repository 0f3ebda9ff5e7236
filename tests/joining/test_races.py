"""One place for one person, whatever happens at once (PRODUCT.md §4.8): real threads, on both databases."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Address
from dure.audit.models import AuditEvent
from dure.audit.proof import prove
from dure.core import clock, keys
from dure.joining import limits
from dure.joining.actions import accepting, inviting
from dure.joining.actions.accepting import Accepted
from dure.joining.actions.inviting import AlreadyInvited, InvitationEnded
from dure.joining.actions.inviting_again import Done, send_again_many, withdraw_many
from dure.joining.actions.inviting_many import Invited as InvitedMany
from dure.joining.actions.inviting_many import Verdict, invite_many
from dure.joining.actions.registering import Invited, register_member
from dure.joining.models import Invitation, InvitationToken
from dure.joining.people import AlreadyMember
from dure.mail.models import Letter
from dure.members.models import Member
from tests.cast import Cast, assemble, join
from tests.members.test_races import at_once
from tests.post import PostOffice

ENDED = ("accepted_at", "declined_at", "withdrawn_at")


@pytest.fixture
def crowd(transactional_db: Any) -> Cast:
    return assemble()


def registering(actor: Any, address: str, *, submission: str = "") -> Callable[[], Any]:
    """Return the step that registers, and so invites, somebody with an account."""
    return lambda: register_member(
        actor, id=address, family_name="Race", given_name="Rita", language="en",
        submission=submission or str(uuid.uuid4()),
    )  # fmt: skip


def invited(cast: Cast) -> Invitation:
    """Invite Alex."""
    return registering(cast.minjun.actor, cast.alex.address)().invitation


def places(cast: Cast) -> int:
    """Count Alex's places in 한빛소프트."""
    return Member.objects.filter(workspace=cast.hanbit, account=cast.alex.account).count()


def how_it_ended() -> list[str]:
    """Return every end that is written on the only invitation."""
    return [name for name in ENDED if getattr(Invitation.objects.get(), name)]


def test_two_admins_inviting_one_address_at_once_make_one_invitation(crowd: Cast, post: PostOffice) -> None:
    actors = [crowd.sora.actor, crowd.minjun.actor] * 3
    outcome = at_once(*(registering(actor, crowd.alex.address) for actor in actors))
    assert sum(isinstance(result, Invited) for result in outcome) == 1, outcome
    assert sum(isinstance(result, AlreadyInvited) for result in outcome) == len(actors) - 1, outcome
    assert Invitation.objects.count() == InvitationToken.objects.count() == Letter.objects.count() == 1


def test_one_form_sent_six_times_at_once_is_one_invitation(crowd: Cast, post: PostOffice) -> None:
    number = str(uuid.uuid4())
    outcome = at_once(
        *(registering(crowd.minjun.actor, crowd.alex.address, submission=number) for _ in range(6))
    )  # fmt: skip
    assert {result.invitation.uid for result in outcome} == {Invitation.objects.get().uid}, outcome
    assert Letter.objects.count() == 1


def test_accepting_six_times_at_once_makes_one_place(crowd: Cast, post: PostOffice) -> None:
    uid, owner = invited(crowd).uid, Owner(crowd.alex.account)
    outcome = at_once(*(lambda: accepting.accept(owner, invitation_uid=uid) for _ in range(6)))
    assert sum(isinstance(result, Accepted) for result in outcome) == 1, outcome
    assert sum(isinstance(result, InvitationEnded) for result in outcome) == 5, outcome
    assert places(crowd) == 1 and Letter.objects.filter(kind="you_have_joined").count() == 1
    assert AuditEvent.objects.filter(event="member.joined").count() == 1
    assert prove(crowd.hanbit.pk, keys=keys.derive_all("audit")).broken is None


def test_accepting_and_withdrawing_at_once_end_one_way(crowd: Cast, post: PostOffice) -> None:
    uid, owner = invited(crowd).uid, Owner(crowd.alex.account)
    accepted, withdrawn = at_once(
        lambda: accepting.accept(owner, invitation_uid=uid),
        lambda: inviting.withdraw(crowd.minjun.actor, invitation_uid=uid),
    )
    assert isinstance(accepted, Accepted) != isinstance(withdrawn, Invitation), (accepted, withdrawn)
    assert isinstance(accepted if not isinstance(accepted, Accepted) else withdrawn, InvitationEnded)
    assert places(crowd) == isinstance(accepted, Accepted)
    assert how_it_ended() == ["accepted_at" if isinstance(accepted, Accepted) else "withdrawn_at"]


def test_accepting_and_declining_at_once_end_one_way(crowd: Cast, post: PostOffice) -> None:
    uid, owner = invited(crowd).uid, Owner(crowd.alex.account)
    accepted, declined = at_once(
        lambda: accepting.accept(owner, invitation_uid=uid),
        lambda: accepting.decline(owner, invitation_uid=uid),
    )
    assert isinstance(accepted, Accepted) != isinstance(declined, Invitation), (accepted, declined)
    assert places(crowd) == isinstance(accepted, Accepted) and len(how_it_ended()) == 1


def test_two_invitations_of_one_person_accepted_at_once_make_one_place(crowd: Cast, post: PostOffice) -> None:
    at = clock.now()
    Address.objects.create(
        account=crowd.alex.account, canonical="old@fernweh.example", kind=Address.ALIAS, proven_at=at,
        until=at + timedelta(days=30),
    )  # fmt: skip
    for address in (crowd.alex.address, "old@fernweh.example"):
        registering(crowd.minjun.actor, address)()
    owner, uids = Owner(crowd.alex.account), list(Invitation.objects.values_list("uid", flat=True))
    outcome = at_once(*(lambda uid=uid: accepting.accept(owner, invitation_uid=uid) for uid in uids))
    assert sum(isinstance(result, Accepted) for result in outcome) >= 1, outcome
    assert all(isinstance(result, Accepted | InvitationEnded) for result in outcome), outcome
    assert places(crowd) == 1 and not Invitation.objects.filter(accepted_at=None).exists()


def test_inviting_while_the_place_is_accepted_never_leaves_a_member_invited(crowd: Cast, post: PostOffice) -> None:
    uid, owner = invited(crowd).uid, Owner(crowd.alex.account)
    accepted, again = at_once(
        lambda: accepting.accept(owner, invitation_uid=uid), registering(crowd.sora.actor, crowd.alex.address)
    )
    assert isinstance(accepted, Accepted) and isinstance(again, AlreadyInvited | AlreadyMember), (accepted, again)
    assert places(crowd) == 1 and Invitation.objects.filter(ended_at=None).count() == 0


def test_two_accounts_with_one_link_make_one_place(crowd: Cast, post: PostOffice) -> None:
    """The address signs nobody in any more, so whoever has the link may answer, once."""
    late = join(crowd.fernweh, "late@fernweh.example", "Late", "Luis")
    invitation = invited(crowd)
    Address.objects.filter(canonical=crowd.alex.address).update(canonical="alex.new@fernweh.example")
    key = "k" * 43
    InvitationToken.objects.update(hash=keys.keyed_hash("invitation-token", key))
    link = f"{InvitationToken.objects.get().uid}.{key}"
    owners = [Owner(crowd.alex.account), Owner(late.account)] * 2
    outcome = at_once(
        *(lambda owner=owner: accepting.accept_by_link(owner, link=link) for owner in owners),
        lambda: accepting.decline_by_link(Visitor(), link=link),
    )
    assert sum(not isinstance(result, Exception) for result in outcome) == 1, outcome
    joined = Member.objects.filter(workspace=crowd.hanbit, family_name="Race").count()
    invitation.refresh_from_db()
    assert joined == bool(invitation.accepted_at) and len(how_it_ended()) == 1


FIFTY = "\n".join(f"p{number}@example.com" for number in range(50))


def pasting(actor: Any, text: str, *, submission: str = "") -> Callable[[], Any]:
    """Return the step that invites everybody in a text."""
    return lambda: invite_many(actor, text=text, language="en", message="", submission=submission)


def test_two_admins_pasting_the_same_fifty_invite_each_once(crowd: Cast, post: PostOffice) -> None:
    outcome = at_once(*(pasting(actor, FIFTY) for actor in [crowd.sora.actor, crowd.minjun.actor] * 3))
    assert all(isinstance(result, InvitedMany) for result in outcome), outcome
    numbers = [result.numbers for result in outcome]
    assert sum(one[Verdict.INVITED] for one in numbers) == 50 and sum(one[Verdict.WAITING] for one in numbers) == 250
    assert Invitation.objects.count() == InvitationToken.objects.count() == Letter.objects.count() == 50
    assert prove(crowd.hanbit.pk, keys=keys.derive_all("audit")).broken is None


def test_one_paste_sent_six_times_at_once_tells_everybody_the_same(crowd: Cast, post: PostOffice) -> None:
    number = str(uuid.uuid4())
    outcome = at_once(*(pasting(crowd.minjun.actor, FIFTY, submission=number) for _ in range(6)))
    assert [result.numbers[Verdict.INVITED] for result in outcome] == [50] * 6, outcome
    assert Invitation.objects.count() == Letter.objects.count() == 50


def test_pasting_and_registering_one_address_at_once_make_one_invitation(crowd: Cast, post: PostOffice) -> None:
    outcome = at_once(
        *(pasting(crowd.sora.actor, crowd.alex.address), registering(crowd.minjun.actor, crowd.alex.address)) * 3
    )
    assert not [one for one in outcome if not isinstance(one, InvitedMany | Invited | AlreadyInvited)], outcome
    assert Invitation.objects.count() == Letter.objects.count() == 1


def test_the_hours_limit_holds_when_everybody_invites_at_once(
    crowd: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "HOURLY", 70)
    texts = ["\n".join(f"q{part}.{number}@example.com" for number in range(20)) for part in range(6)]
    outcome = at_once(*(pasting(crowd.minjun.actor, text) for text in texts))
    assert all(isinstance(result, InvitedMany) for result in outcome), outcome
    assert Invitation.objects.count() == Letter.objects.count() == 70
    assert sum(result.numbers[Verdict.NO_ROOM] for result in outcome) == 50


def test_accepting_while_all_are_withdrawn_ends_each_one_way(crowd: Cast, post: PostOffice) -> None:
    pasting(crowd.minjun.actor, f"{FIFTY}\nAlex Meyer <{crowd.alex.address}>")()
    uids, owner = list(Invitation.objects.values_list("uid", flat=True)), Owner(crowd.alex.account)
    mine = Invitation.objects.get(address=crowd.alex.address)
    accepted, withdrawn, again = at_once(
        lambda: accepting.accept(owner, invitation_uid=mine.uid),
        lambda: withdraw_many(crowd.minjun.actor, invitation_uids=uids),
        lambda: withdraw_many(crowd.sora.actor, invitation_uids=uids[::-1]),
    )
    assert isinstance(withdrawn, Done) and isinstance(again, Done), (withdrawn, again)
    assert withdrawn.done + again.done == 51 - isinstance(accepted, Accepted)
    assert isinstance(accepted, Accepted | InvitationEnded) and places(crowd) == isinstance(accepted, Accepted)
    mine.refresh_from_db()
    assert len([name for name in ENDED if getattr(mine, name)]) == 1


def test_sending_again_twice_at_once_mails_once(crowd: Cast, post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    pasting(crowd.minjun.actor, FIFTY)()
    later = clock.now() + timedelta(minutes=6)
    monkeypatch.setattr(clock, "now", lambda: later)
    uids = list(Invitation.objects.values_list("uid", flat=True))
    outcome = at_once(*(lambda: send_again_many(crowd.minjun.actor, invitation_uids=uids) for _ in range(4)))
    assert sorted(result.done for result in outcome) == [0, 0, 0, 50], outcome
    assert InvitationToken.objects.count() == 100 and Letter.objects.filter(state="waiting").count() == 50
