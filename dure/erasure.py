"""What "erases everything" means, table by table (PRODUCT.md §4.18).

``RULES`` names every model; a test fails on one that is not here. A person's data hang on the account and go with it
(cascade), or hold its bare id and are deleted by ``erase_account``; the trail holds ids and names of fields only and
stays, and ids are never used again.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from dure.accounts.actors import Visitor
from dure.accounts.models import Account, Address, Device, ListingCode, RecoveryRequest, Session, SpentChallenge
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.database import empty_log
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.joining import queries as joining
from dure.joining import request_letters
from dure.joining.models import Invitation, InviteLink, JoinRequest, SignUp
from dure.joining.rules import KEPT
from dure.mail.models import Letter
from dure.members import indexing, photos, queries
from dure.members.actions.filters import forget_about
from dure.members.models import HandOver, Member, Profile
from dure.members.pending import Job
from dure.workspaces.models import Workspace

BATCH = 100
KEPT_ALONE = timedelta(days=30)
"""How long an account without any place is kept (PRODUCT.md §4.18)."""

RULES = {
    "Account": "with its last membership when managed there, else 30 days after it",
    "Address": "with the account",
    "Session": "with the account",
    "Device": "with the account",
    "SecondFactor": "with the account; its key is sealed",
    "Passkey": "with the account; only its public key",
    "SpareCode": "with the account; only a keyed hash",
    "ActivationCode": "with the account",
    "Member": "when its time for restoring is over, with the account, or with the workspace",
    "SearchTerm": "deleted by the member's own terms, first",
    "DeviceUse": "with the member, or with the device",
    "KeptFilter": "with the member who keeps it, or whom its name or search tells of",
    "Profile": "with the member; its photo's files are deleted first",
    "Change": "with the member",
    "Grant": "with the member",
    "OneTimeSecret": "deleted by the account's id",
    "Letter": "deleted by the account's id; its content was wiped before, at its end",
    "RecoveryRequest": "deleted when answered, within a day at the latest; sealed until then",
    "ListingCode": "deleted a day after its ten minutes; sealed until then",
    "HandOver": "with either member, or with the workspace",
    "RescueCode": "with the member; only a keyed hash",
    "HelpRequest": "with the member, or with the workspace",
    "Invitation": "30 days after its end, with whoever is invited, or with the workspace; its details go at its end",
    "InvitationToken": "with the invitation; only a keyed hash",
    "InviteLink": "with the workspace; nothing personal but the id of whoever made it",
    "InviteLinkDay": "with the link; numbers alone",
    "InviteLinkUse": "with the member who came, or with the link",
    "SignUp": "when it is finished, after 7 days, or when the account that proved the address is erased",
    "JoinRequest": "30 days after its end, with the member it made, with the account, or with the workspace",
    "LeaveRequest": "with the member, or with the workspace",
    "Job": "30 days after its end, with whoever began it, or with the workspace; what it says goes at its end",
    "SpentChallenge": "deleted when its five minutes are over; random, nobody's",
    "Tries": "deleted after 30 days; keyed hashes, nothing can be read back",
    "Workspace": "deleted; the files of its logo first",
    "WorkspaceChange": "with the workspace; nothing personal",
    "AuditEvent": "stays: ids and names of fields, nothing personal",
    "AuditHead": "stays: a number and two hashes",
    "Reading": "stays: numbers of the whole server, written anew all the time",
}


def erase_account(account: Account) -> None:
    """Delete an account and everything that is about it; part of an action or of the worker's purge.

    An ID that nobody proved may be anybody's: what other workspaces and people began with it stays.
    """
    members = list(Member.objects.filter(account=account))
    addresses = [one for one in joining.addresses_of(account) if one.proven_at or one.kind != Address.PRIVATE]
    proven = [one.canonical for one in addresses if one.proven_at]
    here = Q(workspace_id__in={account.origin_id or 0, *(member.workspace_id for member in members)})
    about = Q(address__in=[one.canonical for one in addresses]) & here
    _forget_invitations(Invitation.objects.filter(about | Q(address__in=proven)))
    _remove_photos(Profile.objects.filter(member__account=account))
    SignUp.objects.filter(address__in=proven).delete()
    request_letters.forget(JoinRequest.objects.filter(account=account))
    for member in members:
        _forget_made_and_asked(member)
    indexing.forget([member.pk for member in members])
    OneTimeSecret.objects.filter(account_id=account.pk).delete()
    Letter.objects.filter(account_id=account.pk).delete()
    account.delete()


def _remove_photos(rows: QuerySet[Any]) -> None:
    for name in rows.exclude(photo="").values_list("photo", flat=True):
        photos.remove(name)


def _forget_invitations(invitations: QuerySet[Invitation]) -> None:
    """Delete invitations, their photos, and the letters about them, sent or still on their way."""
    _remove_photos(invitations)
    Letter.objects.exclude(about="").filter(about__in=list(invitations.values_list("uid", flat=True))).delete()
    invitations.delete()


def _forget_made_and_asked(member: Member) -> None:
    """Hand on what a member made, and take back what is on its way to others and names them."""
    asked = [*member.help_requests.values_list("uid", flat=True), *member.leave_requests.values_list("uid", flat=True)]
    forget_about(member)
    offered = HandOver.objects.filter(Q(giver=member) | Q(taker=member)).values_list("uid", flat=True)
    Letter.objects.filter(about__in=[*asked, *offered]).delete()
    Invitation.objects.filter(workspace_id=member.workspace_id, invited_by_id=member.pk).update(
        invited_by_id=member.taker_id
    )
    InviteLink.objects.filter(workspace_id=member.workspace_id, made_by_id=member.pk).update(made_by_id=member.taker_id)


def erase_due() -> int:
    """Erase one batch of members whose time for restoring is over; returns how many. For the worker."""
    due = Member.objects.filter(state=Member.REMOVED, restorable_until__lte=clock.now())
    workspace_id = due.order_by("restorable_until", "id").values_list("workspace_id", flat=True).first()
    if workspace_id is None:
        return 0
    erased = erase_members(Visitor(door="worker", workspace_id=workspace_id))
    empty_log()
    return erased


@action(needs=None, records=Event.MEMBER_ERASED)
def erase_members(actor: Actor) -> int:
    """Erase members of the actor's workspace; a managed account that belongs nowhere else goes with its member.

    Any other account stays its owner's, and goes 30 days after its last membership (PRODUCT.md §4.18).
    """
    at = clock.now()
    Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    due = Member.objects.filter(workspace_id=actor.workspace_id, state=Member.REMOVED, restorable_until__lte=at)
    locked = due.select_related("account").select_for_update(of=("self", "account"))
    members = list(locked.order_by("id")[:BATCH])
    elsewhere = queries.elsewhere(members)
    for member in members:
        managed = member.account.origin_id == member.workspace_id and member.account_id not in elsewhere
        if managed and not _is_awaited(member):
            erase_account(member.account)
        else:
            _erase_member(member, alone=member.account_id not in elsewhere)
    subjects: dict[int | None, str] = dict.fromkeys([member.pk for member in members], "")
    record_many(actor, Event.MEMBER_ERASED, subject_kind="member", subjects=subjects)
    return len(subjects)


def _is_awaited(member: Member) -> bool:
    """Tell whether another workspace waits for this person's answer to an invitation, or they for any workspace's."""
    if JoinRequest.objects.filter(account_id=member.account_id, ended_at=None).exists():
        return True
    return joining.waiting_for(member.account).exclude(workspace_id=member.workspace_id).exists()


def _erase_member(member: Member, *, alone: bool) -> None:
    """Delete a membership and everything of this workspace about it; the account belongs to its owner.

    What its owner asked since, and nobody has answered yet, is no part of it.
    """
    own = [one.canonical for one in joining.addresses_of(member.account)]
    _forget_invitations(Invitation.objects.filter(workspace_id=member.workspace_id, address__in=own))
    _remove_photos(Profile.objects.filter(member=member))
    asked = JoinRequest.objects.filter(workspace_id=member.workspace_id, account_id=member.account_id)
    request_letters.forget(asked.exclude(ended_at=None))
    _forget_made_and_asked(member)
    OneTimeSecret.objects.filter(account_id=member.account_id, workspace_id=member.workspace_id).delete()
    Letter.objects.filter(account_id=member.account_id, workspace_id=member.workspace_id).delete()
    if alone:
        Account.objects.filter(pk=member.account_id).update(without_place_since=clock.now())
    indexing.forget([member.pk])
    member.delete()
    indexing.refresh_accounts([member.account_id])


def purge_alone() -> int:
    """Erase accounts that have been without a place for 30 days; one that came by sign-up only when it is unused.

    Whoever waits for an answer to a join request is kept until it ends, and thirty days from then.
    """
    at = clock.now()
    has_place = Exists(Member.objects.filter(account_id=OuterRef("pk")))
    waits = Exists(JoinRequest.objects.filter(account_id=OuterRef("pk"), ended_at=None))
    alone = Account.objects.filter(~has_place, ~waits, without_place_since__lte=at - KEPT_ALONE)
    due = alone.exclude(origin_id=None, signed_in_at__gt=at - KEPT_ALONE).order_by("without_place_since", "id")
    ids = list(due.values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    erased = erase_accounts(Visitor(door="worker"), account_ids=ids)
    empty_log()
    return erased


@action(needs=None, records=Event.ACCOUNT_ERASED)
def erase_accounts(actor: Actor, *, account_ids: Sequence[int]) -> int:
    """Erase those of these accounts that still have no place and wait for none."""
    locked = Account.objects.select_for_update().filter(pk__in=account_ids).order_by("id")
    alone = [account for account in locked if not account.members.exists()]
    accounts = [account for account in alone if not account.join_requests.filter(ended_at=None).exists()]
    subjects: dict[int | None, str] = dict.fromkeys([account.pk for account in accounts], "")
    for account in accounts:
        erase_account(account)
    record_many(actor, Event.ACCOUNT_ERASED, subject_kind="account", subjects=subjects)
    return len(subjects)


def purge_dead() -> int:
    """Delete what ended, or ended long ago: sessions, aliases, secrets, letters a year old, old devices, questions."""
    at = clock.now()
    deleted = Session.objects.filter(expire_date__lt=at).delete()[0]
    deleted += OneTimeSecret.objects.filter(expires_at__lt=at - timedelta(days=90)).delete()[0]
    deleted += Letter.objects.filter(ended_at__lt=at - timedelta(days=365)).delete()[0]
    deleted += Address.objects.filter(until__lt=at).delete()[0]
    deleted += Device.objects.filter(last_used_at__lt=at - timedelta(days=400)).delete()[0]
    deleted += Invitation.objects.filter(ended_at__lt=at - KEPT, photo="").delete()[0]
    deleted += SignUp.objects.filter(expires_at__lt=at).delete()[0]
    deleted += JoinRequest.objects.filter(ended_at__lt=at - KEPT).delete()[0]
    deleted += Job.objects.filter(ended_at__lt=at - KEPT).delete()[0]
    deleted += SpentChallenge.objects.filter(until__lt=at).delete()[0]
    deleted += ListingCode.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()[0]
    deleted += RecoveryRequest.objects.filter(asked_at__lt=at - timedelta(days=1)).delete()[0]
    return deleted
