"""Invitations of the sample company, one in each state that an admin may see."""

from datetime import timedelta

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.joining.actions.inviting import end, note_opened, withdraw
from dure.joining.actions.inviting_many import invite_many
from dure.joining.models import Invitation, InvitationToken
from dure.mail.models import Letter
from dure.members.actors import actor_for
from dure.members.models import Member

SENT = """\
이하준 <hajun.lee@sample.example>; 최유나 <yuna.choi@sample.example>
intern2027@sample.example
"Fischer, Lena" <lena.fischer@sample.example>
中島 葵 <aoi.nakajima@sample.example>"""
OPENED = "박시온 <sion.park@sample.example>"
DECLINED = "Tom Becker <tom.becker@sample.example>"
WITHDRAWN = "정다올 <daol.jung@sample.example>"
RUN_OUT = "長谷川 蓮 <ren.hasegawa@sample.example>"
FAILED = "윤하람 <haram.yoon@full.example>"
MESSAGE = "12월부터 함께 일하게 되어 반갑습니다. 궁금한 것은 언제든 물어보세요."


def make(inviter: Member) -> None:
    """Invite people as this admin, and let some of it have happened already."""
    actor = actor_for(inviter)
    text = "\n".join((SENT, OPENED, DECLINED, WITHDRAWN, RUN_OUT, FAILED))
    made = invite_many(actor, text=text, language="ko", message=MESSAGE, submission="")
    found = {one.invitation.address: one.invitation for one in made.outcomes if one.invitation}

    def of(entry: str) -> Invitation:
        return found[entry.partition("<")[2].rstrip(">")]

    note_opened(Visitor(), token=InvitationToken.objects.select_related("invitation").get(invitation=of(OPENED)))
    at = clock.now()
    Letter.objects.filter(about=of(DECLINED).uid).update(state=Letter.SENT, sealed=None, ended_at=at)
    end(of(DECLINED), "declined_at")
    withdraw(actor, invitation_uid=of(WITHDRAWN).uid)
    past = at - timedelta(days=9)
    Invitation.objects.filter(pk=of(RUN_OUT).pk).update(
        invited_at=past, expires_at=past + timedelta(days=7), ended_at=past + timedelta(days=7), remind_at=None
    )
    Letter.objects.filter(about=of(RUN_OUT).uid).update(state=Letter.EXPIRED, sealed=None, ended_at=at)
    failed = {"state": Letter.FAILED, "problem": "refused 550", "sealed": None, "ended_at": at, "attempts": 1}
    Letter.objects.filter(about=of(FAILED).uid).update(**failed)
