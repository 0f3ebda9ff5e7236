"""A member asks to leave; an admin removes them, or answers with a sentence (K6)."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dure.core import clock, links
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import readable
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import names, queries, rules
from dure.members.actions.asking import MOST_ADMINS
from dure.members.actions.keeping import last_super_admins
from dure.members.letters import post_to_id
from dure.members.models import Member
from dure.members.pending import LeaveRequest

LONGEST_MESSAGE = 500
LONGEST_ANSWER = 1000


class AlreadyAsked(DomainError):
    """A request waits for its answer, or the day of removal is set."""

    code = "already_asked"
    message = _("You have asked already. Your admins have your request.")
    status = 409


class LastOneCloses(DomainError):
    """The last super admin who can sign in leaves by closing the workspace, or after appointing another (K7)."""

    code = "last_one_closes"
    message = _(
        "You are the last super admin who can sign in. Appoint another one first, and then leave. "
        "If everybody is to leave, the workspace is closed instead."
    )
    status = 409


class RequestAnswered(DomainError):
    """Another admin was faster, or the member withdrew it."""

    code = "request_answered"
    message = _("This request is no longer open.")
    status = 409


class NoAnswer(DomainError):
    """Declining takes a sentence."""

    code = "no_answer"
    message = _("Write a sentence: it is mailed to the member.")
    field = "answer"


@action(needs=None, records=Event.LEAVE_ASKED)
def ask_to_leave(actor: Actor, *, message: str = "") -> LeaveRequest:
    """Ask the admins with *Member management* to be removed; they get a mail.

    :raises NotAllowed: unless the actor is a member.
    :raises LastOneCloses, AlreadyAsked: as their names say.
    """
    if actor.kind != "member":
        raise NotAllowed
    member = Member.objects.select_related("account", "workspace").get(pk=actor.id or 0)
    if last_super_admins(member.workspace_id, [member]):
        raise LastOneCloses
    if rules.is_leaving(member):
        raise AlreadyAsked
    plain = " ".join(readable(message).split())[:LONGEST_MESSAGE]
    asked = LeaveRequest(workspace=member.workspace, member=member, message=plain, asked_at=clock.now())
    try:
        with transaction.atomic():
            asked.save(force_insert=True)
    except IntegrityError:
        raise AlreadyAsked from None
    _tell_admins(member, asked)
    record(actor, Event.LEAVE_ASKED, subject_kind="member", subject_id=member.pk, via=asked.uid)
    return asked


def _tell_admins(member: Member, asked: LeaveRequest) -> None:
    if not outbox.can_send():
        return
    name = names.display_name(member.family_name, member.given_name, member.name_language)
    address = links.absolute(f"/w/{member.workspace.uid}/admin/leave-requests/")
    facts = {"asker": name, "message": asked.message, "address": address}
    for admin in queries.managers(member.workspace)[:MOST_ADMINS]:
        if admin.pk != member.pk:
            post_to_id(admin, Kind.LEAVE_ASKED, facts, about=asked.uid)


def open_of(member: Member) -> LeaveRequest | None:
    """Return a member's request that waits for its answer."""
    own = LeaveRequest.objects.filter(workspace_id=member.workspace_id, member=member)
    return own.filter(approved_at=None, declined_at=None, withdrawn_at=None).first()


@action(needs=None, records=Event.LEAVE_WITHDRAWN)
def withdraw_request(actor: Actor) -> None:
    """Think better of it.

    :raises RequestAnswered: when there is none any more.
    """
    own = LeaveRequest.objects.filter(workspace_id=actor.workspace_id, member_id=actor.id or 0)
    asked = own.filter(approved_at=None, declined_at=None, withdrawn_at=None).select_for_update().first()
    if asked is None:
        raise RequestAnswered
    LeaveRequest.objects.filter(pk=asked.pk).update(withdrawn_at=clock.now())
    outbox.withdraw_about([asked.uid])
    record(actor, Event.LEAVE_WITHDRAWN, subject_kind="member", subject_id=actor.id, via=asked.uid)


@action(needs=Permission.MEMBERS_MANAGE, records=Event.LEAVE_DECLINED)
def decline_request(actor: Actor, *, request_uid: str, answer: str) -> LeaveRequest:
    """Answer a request with a sentence, which is mailed; the member stays. Removing them is what approves it.

    :raises NotFound: no such request in this workspace.
    :raises NoAnswer, RequestAnswered: as their names say.
    """
    joined = LeaveRequest.objects.select_related("member__account", "member__workspace")
    own = joined.select_for_update(of=("self",)).filter(workspace_id=actor.workspace_id, uid=request_uid)
    asked = own.first()
    if asked is None:
        raise NotFound
    if asked.approved_at or asked.declined_at or asked.withdrawn_at:
        raise RequestAnswered
    asked.answer = readable(answer)[:LONGEST_ANSWER]
    if not asked.answer:
        raise NoAnswer
    asked.declined_at, asked.answered_by_id = clock.now(), actor.id if actor.kind == "member" else None
    asked.save(update_fields=["answer", "declined_at", "answered_by_id"])
    outbox.withdraw_about([asked.uid])
    post_to_id(asked.member, Kind.LEAVE_DECLINED, {"answer": asked.answer})
    record(actor, Event.LEAVE_DECLINED, subject_kind="member", subject_id=asked.member_id, via=asked.uid)
    return asked


def requests(workspace_id: int, *, answered: bool, older: str = "") -> tuple[list[LeaveRequest], str]:
    """Return a page of requests, the newest first, and where the next one begins; withdrawn ones are not shown."""
    found = LeaveRequest.objects.filter(workspace_id=workspace_id, withdrawn_at=None).select_related("member")
    is_open = found.filter(approved_at=None, declined_at=None)
    found = found.exclude(pk__in=is_open.values("pk")) if answered else is_open
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: queries.PAGE + 1])
    return rows[: queries.PAGE], str(rows[queries.PAGE - 1].pk) if len(rows) > queries.PAGE else ""
