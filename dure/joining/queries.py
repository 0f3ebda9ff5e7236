"""Reading invitations: a workspace's own, and those that wait for somebody."""

from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from dure.accounts import addresses as spelling
from dure.accounts.models import Account, Address
from dure.core import clock, keys, rows
from dure.joining.models import Invitation, InvitationToken, InviteLink, JoinRequest
from dure.joining.rules import BETWEEN_MAILS, LASTS, State, longest
from dure.mail.models import Letter
from dure.members.models import Member
from dure.members.succession import taker_of, takers_of
from dure.workspaces.models import Workspace

PAGE = 50
TOKEN = "invitation-token"


def invitations(workspace: Workspace | int) -> QuerySet[Invitation]:
    """Return the invitations of a workspace: where every query of an admin starts."""
    return Invitation.objects.filter(workspace_id=workspace if isinstance(workspace, int) else workspace.pk)


def living(found: QuerySet[Invitation]) -> QuerySet[Invitation]:
    """Keep those that can still be answered."""
    at = clock.now()
    return found.filter(ended_at=None, expires_at__gt=at, expires_at__lte=longest(at))


def run_out() -> Q:
    """Return what an invitation must be to have passed its time, whether the worker has closed it or not."""
    at = clock.now()
    return Q(expires_at__lte=at) | Q(expires_at__gt=longest(at))


def in_state(found: QuerySet[Invitation], state: str) -> QuerySet[Invitation]:
    """Keep those in one state, by the dates."""
    answered = {
        State.ACCEPTED: Q(accepted_at__isnull=False),
        State.DECLINED: Q(declined_at__isnull=False),
        State.WITHDRAWN: Q(withdrawn_at__isnull=False),
    }
    if state == State.WAITING:
        return living(found)
    if state == State.RUN_OUT:
        over = Q(ended_at__isnull=False) | run_out()
        return found.filter(over, accepted_at=None, declined_at=None, withdrawn_at=None)
    return found.filter(answered[State(state)]) if state else found


OPENED, FAILED = "opened", "failed"
"""What the list keeps apart among those that wait: somebody pressed a button; no mail reaches them."""


def listed(workspace: Workspace, *, state: str = "", search: str = "") -> QuerySet[Invitation]:
    """Keep those in a state, or ``OPENED`` or ``FAILED``, with this part of an address or of a name.

    Each is in one of them alone, as its row says; ``waiting`` is what is neither opened nor undelivered.
    """
    own = invitations(workspace)
    unopened = living(own).filter(opened_at=None)
    if state == OPENED:
        found = living(own).filter(opened_at__isnull=False)
    elif state == FAILED:
        found = unopened.filter(uid__in=_unreached())
    elif state == State.WAITING:
        found = unopened.exclude(uid__in=_unreached())
    else:
        found = in_state(own, state)
    part = search.strip().lower()
    if not part:
        return found
    named = Q(family_name__icontains=part) | Q(given_name__icontains=part)
    return found.filter(named | Q(address__contains=spelling.sought_part(part)))


def _unreached() -> QuerySet[Letter, str]:
    """Return what the last letter about it failed; a letter that failed is no older than what it is about."""
    since = clock.now() - LASTS - clock.SKEW
    letters = Letter.objects.exclude(about="")
    failed = letters.filter(state=Letter.FAILED, ended_at__gt=since)  # few, of whatever workspace
    newer = letters.filter(about=OuterRef("about"), pk__gt=OuterRef("pk"))
    return failed.exclude(Exists(newer)).values_list("about", flat=True)


def last_letters(found: Iterable[Invitation]) -> dict[str, Letter]:
    """Return the last letter about each of these, by their uids, in one query."""
    about = Letter.objects.exclude(about="").filter(about__among=[one.uid for one in found])
    return {letter.about: letter for letter in about.order_by("id")}


def page(workspace: Workspace, *, state: str = "", search: str = "", older: str = "") -> tuple[list[Invitation], str]:
    """Return a page of invitations, the newest first, and where the next one begins; empty at the end."""
    found = listed(workspace, state=state, search=search).select_related("member")
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def by_uids(workspace: Workspace, uids: set[str]) -> dict[str, Invitation]:
    """Return those invitations of a workspace by their uids."""
    return {one.uid: one for one in invitations(workspace).filter(uid__in=uids)} if uids else {}


def inviter(invitation: Invitation) -> Member | None:
    """Return who invited, or took it over, as long as they are of the workspace; account and workspace joined."""
    found = Member.objects.filter(workspace_id=invitation.workspace_id, pk=invitation.invited_by_id or 0)
    return taker_of(found.select_related("account", "workspace").first())


def inviters(found: Iterable[Invitation]) -> dict[int, Member]:
    """Return who invited, or took it over, by the id each invitation holds; whoever is erased or gone is missing."""
    ids = {one.invited_by_id for one in found if one.invited_by_id}
    joined = Member.objects.select_related("account", "workspace").filter(pk__among=list(ids))
    return takers_of(joined)


def sent_by(workspace_id: int, sent: QuerySet[Member]) -> QuerySet[Invitation]:
    """Return the invitations that wait for an answer and were sent by these members."""
    own = living(Invitation.objects.filter(workspace_id=workspace_id))
    return own.filter(invited_by_id__in=sent.values("pk"))


def just_mailed(found: QuerySet[Invitation]) -> list[Invitation]:
    """Return those of these invitations that were mailed within the time in which an address has its peace."""
    since = clock.now() - BETWEEN_MAILS
    recent = InvitationToken.objects.filter(invitation=OuterRef("pk"), proves_address=True, issued_at__gt=since)
    return list(found.filter(Exists(recent)))


def addresses_of(account: Account) -> list[Address]:
    """Return the addresses at which an account is invited: ID, living alias, and a private one nobody signs in with.

    One that is only wished for as the next ID may be anybody's.
    """
    at = clock.now()
    living_ones = account.addresses.filter(Q(until=None) | Q(until__gt=at))
    own = list(living_ones.exclude(kind=Address.PENDING).order_by("id"))
    private = [one.canonical for one in own if one.kind == Address.PRIVATE]
    taken = set(signing_in(private).values_list("canonical", flat=True)) if private else set()
    return [one for one in own if one.kind != Address.PRIVATE or one.canonical not in taken]


def signing_in(addresses: list[str]) -> QuerySet[Address]:
    """Return those of these addresses that sign somebody in now, accounts joined."""
    found = Address.objects.filter(canonical__among=addresses, kind__in=[Address.ID, Address.ALIAS])
    return found.filter(Q(until=None) | Q(until__gt=clock.now())).select_related("account")


def has_proven_id(account: Account) -> bool:
    """Tell whether the ID is proven; without that, nothing of other workspaces is accepted (PRODUCT.md §4.2)."""
    return account.addresses.filter(kind=Address.ID, proven_at__isnull=False).exists()


def waiting_for(account: Account) -> QuerySet[Invitation]:
    """Return what waits for an account's answer, as ``sent_to`` tells it."""
    return living(sent_to(account))


def sent_to(account: Account) -> QuerySet[Invitation]:
    """Return invitations to any of an account's proven addresses, living or not; workspaces joined.

    Nothing for an account without an own password or a proven ID.
    """
    own = addresses_of(account)
    is_proven = any(one.kind == Address.ID and one.proven_at for one in own)
    if not account.has_own_password or not is_proven:
        return Invitation.objects.none()
    proven = [one.canonical for one in own if one.proven_at]
    return Invitation.objects.filter(address__in=proven).select_related("workspace").order_by("-id")


def invited_to(workspace_id: int, account: Account) -> Invitation | None:
    """Return the invitation of a workspace that waits for an account's answer."""
    return waiting_for(account).filter(workspace_id=workspace_id).first()


def waiting_at(address: str) -> QuerySet[Invitation]:
    """Return the invitations to an address that was proven a moment ago, by whoever; workspaces joined."""
    return living(Invitation.objects.filter(address=address)).select_related("workspace").order_by("-id")


def token(value: str) -> InvitationToken | None:
    """Return the row a mailed link belongs to, its invitation and workspace joined, living or not."""
    uid, _dot, key = value.partition(".")
    row = by_handle(uid)
    return row if row is not None and keys.fits(TOKEN, key, row.hash) else None


def by_handle(uid: str) -> InvitationToken | None:
    """Return the link with this handle, its invitation and workspace joined; the handle opens nothing."""
    joined = InvitationToken.objects.select_related("invitation__workspace")
    return joined.filter(uid=uid).first() if len(uid) == 22 else None


class Standing(NamedTuple):
    """How an account stands to a workspace: its ID, its place, and whether it is invited or has asked."""

    address: str
    is_proven: bool
    member_id: int | None
    asked: bool
    invited: bool


STANDING = """
SELECT own.canonical, own.proven_at IS NOT NULL,
  (SELECT id FROM dure_member WHERE workspace_id = %s AND account_id = own.account_id),
  EXISTS (SELECT 1 FROM dure_joinrequest WHERE workspace_id = %s AND account_id = own.account_id AND ended_at IS NULL),
  EXISTS (SELECT 1 FROM dure_invitation invited JOIN dure_address to_them ON to_them.canonical = invited.address
    WHERE invited.workspace_id = %s AND invited.ended_at IS NULL AND to_them.account_id = own.account_id)
FROM dure_address own WHERE own.account_id = %s AND own.kind = 'id'
"""


def standing(account_id: int, workspace_id: int) -> Standing:
    """Return how an account stands to a workspace, in one plain query: everybody who comes by a link asks."""
    with connection.cursor() as cursor:
        cursor.execute(STANDING, [workspace_id, workspace_id, workspace_id, account_id])
        address, is_proven, member_id, asked, invited = cursor.fetchone()
    return Standing(address, bool(is_proven), member_id, bool(asked), bool(invited))


@cache
def _maker() -> str:
    own = rows.columns(Member, "own")
    return f"SELECT {own} FROM dure_member own WHERE own.workspace_id = %s AND own.id = %s"  # noqa: S608


def maker(link: InviteLink) -> Member | None:
    """Return who made a link, or took it over, as long as they are of the workspace."""
    return taker_of(rows.first(Member, _maker(), [link.workspace_id, link.made_by_id or 0]))


def names_of(account: Account) -> tuple[str, str]:
    """Return family and given name somebody goes by in the place they came to last, or asked for; empty without."""
    for kept in (Member.objects, JoinRequest.objects):
        found = kept.filter(account=account).order_by("-id").values_list("family_name", "given_name").first()
        if found:
            return found
    return "", ""
