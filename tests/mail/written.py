"""One real letter of each kind: how it comes about, and to whom it goes."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dure.accounts.actions import changing_id, recovering
from dure.accounts.actions.private_address import set_private_address
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Address
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.core.permissions import Permission
from dure.core.secrets import Purpose
from dure.joining.actions import accepting, announcing, deciding, wanting
from dure.joining.models import Invitation, InviteLink
from dure.mail.kinds import Kind
from dure.members import queries
from dure.members.actions import asking, asking_to_leave, handing_on, leaving, pausing, suspending
from dure.members.actions.administering import grant
from dure.members.actions.handing import Method
from dure.members.actions.moving import take_new_id
from dure.members.actions.proving import prove_again
from dure.members.actions.rescuing import make_rescue_codes
from dure.members.actions.sending_again import send_again
from dure.members.models import Member
from tests.accounts.factor import with_app
from tests.cast import PASSWORD, Cast
from tests.joining.asking import asked_to_join, invite_link
from tests.post import PostOffice
from tests.stories.joining import begin
from tests.stories.steps import NEW_PASSWORD, handed_a_password, invited, open_link, register

Maker = Callable[[Cast, PostOffice, pytest.MonkeyPatch], None]


def _asked(cast: Cast) -> dict[str, str]:
    return {"address": cast.yuki.address, "network": "192.0.2.0/24", "language": "en"}


def temporary_password(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    handed_a_password(cast)
    haeun = Member.objects.get(given_name="하은")
    send_again(cast.minjun.actor, member_uids=[haeun.uid], method=Method.GENERATE, to="id")


def reminder(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    handed_a_password(cast)
    near = clock.now() + timedelta(hours=49)
    turn.setattr(clock, "now", lambda: near)


def joined(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    browser = cast.visitor()
    browser.fill_in(open_link(browser, invited(cast, post).link), new_password=NEW_PASSWORD)


def sign_up_code(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    begin(cast.visitor(), invite_link(cast))


def reset(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    recovering.ask_for_reset(**_asked(cast))


def proof(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    Address.objects.filter(canonical=cast.yuki.address).update(proven_at=None)
    prove_again(cast.yuki.actor)


def sign_in_link(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    for password in ["wrong"] * 5 + [PASSWORD]:
        cast.visitor().sign_in(cast.yuki.address, password)


def changed(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    browser = cast.yuki.browser()
    browser.fill_in(browser.open("/account/password/"), current_password=PASSWORD, new_password=NEW_PASSWORD)


def new_device(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    cast.yuki.browser()
    cast.yuki.browser()


def offered(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    handing_on.offer_role(cast.sora.actor, member_uid=cast.yuki.member.uid, keeps=[])


def accepted(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    offer = handing_on.offer_role(cast.sora.actor, member_uid=cast.yuki.member.uid, keeps=[])
    handing_on.accept_role(cast.yuki.actor, offer_uid=offer.uid)


def asked(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    place = cast.yuki.member.uid
    asking.ask_admin(Visitor(), address=cast.yuki.address, member_uid=place, message="My phone is lost.")


def answered(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    asked(cast, post, turn)
    request = cast.yuki.member.help_requests.get()
    asking.answer_help(cast.minjun.actor, request_uid=request.uid, answer="Come to the third floor.")


def invitation(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    register(cast, cast.minjun, id=cast.alex.address)


def invitation_reminder(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    invitation(cast, post, turn)
    post.deliver()
    near = clock.now() + timedelta(days=5, minutes=1)
    turn.setattr(clock, "now", lambda: near)


def declined(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    invitation(cast, post, turn)
    accepting.decline(Owner(cast.alex.account), invitation_uid=Invitation.objects.get().uid)


def new_id(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    changing_id.ask_for_new_id(Owner(cast.yuki.account), address="snow@hanbitsoft.co.kr")


def id_changed(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    new_id(cast, post, turn)
    take_new_id(Visitor(), secret=OneTimeSecret.objects.get(purpose=Purpose.TAKE_ID))


def private_address(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    set_private_address(Owner(cast.yuki.account), address="yuki@home.example")


def request_approved(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    deciding.approve(cast.minjun.actor, request_uids=[asked_to_join(cast).uid])


def request_refused(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    deciding.refuse(cast.minjun.actor, request_uids=[asked_to_join(cast).uid], reason="We do not know you.")


def admins_told(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    asked_to_join(cast)
    announcing.tell_admins()


def link_wanted(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    link = invite_link(cast)
    InviteLink.objects.update(paused_at=clock.now())
    wanting.ask_for_link(Visitor(), link_uid=link.uid)


def _yuki(cast: Cast) -> dict[str, str]:
    return {"member_uid": cast.yuki.member.uid}


def resumed(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    suspending.suspend(cast.sora.actor, **_yuki(cast))
    suspending.resume(cast.sora.actor, **_yuki(cast))


def on_leave(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    chosen = Member.objects.filter(pk=cast.yuki.member.pk)
    pausing.put_on_leave(cast.sora.actor, chosen=chosen, leave_until=clock.now() + timedelta(days=9))
    pausing.end_leave(cast.sora.actor, chosen=chosen)


def restored(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    leaving.remove(cast.sora.actor, **_yuki(cast))
    leaving.restore(cast.sora.actor, **_yuki(cast))


def leave_declined(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    asked = asking_to_leave.ask_to_leave(cast.yuki.actor)
    asking_to_leave.decline_request(cast.minjun.actor, request_uid=asked.uid, answer="Let us talk first.")


def leave_approved(cast: Cast, post: PostOffice, turn: pytest.MonkeyPatch) -> None:
    asking_to_leave.ask_to_leave(cast.yuki.actor)
    chosen = queries.of(cast.hanbit).filter(pk=cast.yuki.member.pk)
    leaving.date_removal(cast.minjun.actor, chosen=chosen, on=clock.now() + timedelta(days=3))


MAKERS: dict[Kind, Maker] = {
    Kind.SET_PASSWORD: lambda cast, _post, _turn: register(cast, cast.minjun) and None,
    Kind.TEMPORARY_PASSWORD: temporary_password,
    Kind.DEADLINE_REMINDER: reminder,
    Kind.YOU_HAVE_JOINED: joined,
    Kind.RESET_PASSWORD: reset,
    Kind.PROVE_ADDRESS: proof,
    Kind.SIGN_IN_LINK: sign_in_link,
    Kind.PASSWORD_CHANGED: changed,
    Kind.NEW_DEVICE: new_device,
    Kind.FACTOR_CHANGED: lambda cast, _post, _turn: with_app(cast.yuki.account) and None,
    Kind.SIGN_UP_CODE: sign_up_code,
    Kind.EMAIL_CODE: lambda cast, _post, _turn: recovering.ask_for_code(**_asked(cast)) and None,
    Kind.YOUR_IDS: lambda cast, _post, _turn: recovering.ask_for_ids(**_asked(cast)),
    Kind.RIGHTS_GIVEN: lambda cast, _post, _turn: _grant(cast, "yuki", Permission.MEMBERS_MANAGE),
    Kind.RIGHTS_TAKEN: lambda cast, _post, _turn: _grant(cast, "minjun"),
    Kind.HAND_OVER: offered,
    Kind.HAND_OVER_DONE: accepted,
    Kind.RESCUE_CODES_MADE: lambda cast, _post, _turn: make_rescue_codes(cast.sora.actor) and None,
    Kind.HELP_ASKED: asked,
    Kind.HELP_ANSWERED: answered,
    Kind.INVITATION: invitation,
    Kind.INVITATION_REMINDER: invitation_reminder,
    Kind.INVITATION_DECLINED: declined,
    Kind.ID_PROOF: new_id,
    Kind.ID_CHANGED: id_changed,
    Kind.PRIVATE_PROOF: private_address,
    Kind.PRIVATE_CHANGED: private_address,
    Kind.SUSPENDED: lambda cast, _post, _turn: suspending.suspend(cast.sora.actor, **_yuki(cast)) and None,
    Kind.RESUMED: resumed,
    Kind.ON_LEAVE: on_leave,
    Kind.REMOVED: lambda cast, _post, _turn: leaving.remove(cast.sora.actor, **_yuki(cast)) and None,
    Kind.RESTORED: restored,
    Kind.LEAVE_ASKED: lambda cast, _post, _turn: asking_to_leave.ask_to_leave(cast.yuki.actor, message="Hi") and None,
    Kind.LEAVE_APPROVED: leave_approved,
    Kind.LEAVE_DECLINED: leave_declined,
    Kind.JOIN_RECEIVED: lambda cast, _post, _turn: asked_to_join(cast) and None,
    Kind.JOIN_ASKED: admins_told,
    Kind.JOIN_APPROVED: request_approved,
    Kind.JOIN_REFUSED: request_refused,
    Kind.LINK_WANTED: link_wanted,
}
"""Every kind of letter; the tests fail for a kind that is missing here."""


def _grant(cast: Cast, name: str, *permissions: Permission) -> None:
    grant(cast.sora.actor, member_uid=getattr(cast, name).member.uid, permissions=permissions)
