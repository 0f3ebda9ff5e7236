"""*Ask my admin*: a question from somebody who proved an address and cannot get in (K10 K12)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Account, Address
from dure.accounts.queries import id_of, spellings_of
from dure.core import clock, links
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import readable
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import names, queries
from dure.members.letters import post_to_id
from dure.members.models import HelpRequest, Member

A_DAY = 3
LONGEST_QUESTION = 500
LONGEST_ANSWER = 1000
MOST_ADMINS = 50


class AskedEnough(DomainError):
    """Three questions a day."""

    code = "asked_enough"
    message = _("You have asked three times today. Your admins have your questions; please wait for their answer.")
    status = 429


class AlreadyAnswered(DomainError):
    """Another admin was faster."""

    code = "already_answered"
    message = _("Somebody has answered this question already.")
    status = 409


@action(needs=None, records=Event.HELP_ASKED)
def ask_admin(actor: Actor, *, address: str, member_uid: str, message: str) -> HelpRequest:
    """Ask the admins of one of the workspaces a proven address lists; they get a mail, at most one an hour each.

    :raises NotFound: when the address does not list this place.
    :raises AskedEnough: after three questions in a day, in all workspaces together.
    """
    places = [place for _id, listed in queries.listed_places(address) for place in listed]
    member = next((place for place in places if place.uid == member_uid), None)
    if member is None:
        raise NotFound
    Account.objects.select_for_update().get(pk=member.account_id)
    since = clock.now() - timedelta(days=1)
    if HelpRequest.objects.filter(member__account_id=member.account_id, asked_at__gt=since).count() >= A_DAY:
        raise AskedEnough
    request = HelpRequest.objects.create(
        workspace=member.workspace,
        member=member,
        address=address,
        message=" ".join(readable(message).split())[:LONGEST_QUESTION],
        asked_at=clock.now(),
    )
    _tell_admins(member, about=request.uid)
    record(
        actor, Event.HELP_ASKED, subject_kind="member", subject_id=member.pk, via=request.uid,
        workspace_id=member.workspace_id,
    )  # fmt: skip
    return request


def _tell_admins(member: Member, *, about: str) -> None:
    if not outbox.can_send():
        return
    admins = queries.managers(member.workspace)[:MOST_ADMINS]
    since = clock.now() - timedelta(hours=1)
    told = Letter.objects.filter(workspace_id=member.workspace_id, kind=Kind.HELP_ASKED, posted_at__gt=since)
    recently = set(told.values_list("account_id", flat=True))
    name = names.display_name(member.family_name, member.given_name, member.name_language)
    address = links.absolute(f"/w/{member.workspace.uid}/admin/help/")
    for admin in admins:
        if admin.account_id not in recently:
            post_to_id(admin, Kind.HELP_ASKED, {"asker": name, "address": address}, about=about)


@action(needs=Permission.MEMBERS_MANAGE, records=Event.HELP_ANSWERED)
def answer_help(actor: Actor, *, request_uid: str, answer: str) -> HelpRequest:
    """Answer a question; the answer is mailed to the address that was proven, and an empty one only closes it.

    :raises NotFound: no such question in this workspace.
    :raises AlreadyAnswered: as its name says.
    """
    asked = HelpRequest.objects.select_related("member__account", "member__workspace").select_for_update(of=("self",))
    request = asked.filter(workspace_id=actor.workspace_id, uid=request_uid).first()
    if request is None:
        raise NotFound
    if request.answered_at:
        raise AlreadyAnswered
    request.answer, request.answered_at = readable(answer)[:LONGEST_ANSWER], clock.now()
    request.answered_by_id = actor.id
    request.save(update_fields=["answer", "answered_at", "answered_by_id"])
    if request.answer:
        member = request.member
        outbox.post(
            Kind.HELP_ANSWERED,
            address=request.address,
            to=Address.ID if request.address in spellings_of(member.account_id) else Address.PRIVATE,
            language=member.account.language,
            account_id=member.account_id,
            workspace_id=member.workspace_id,
            context={
                "workspace_name": member.workspace.name,
                "zone": member.workspace.time_zone,
                "id_address": id_of(member.account_id).canonical,
                "answer": request.answer,
            },
        )
    record(actor, Event.HELP_ANSWERED, subject_kind="member", subject_id=request.member_id, via=request.uid)
    return request
