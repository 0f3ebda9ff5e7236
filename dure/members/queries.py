"""Reading members; every query starts from the workspace."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import F, OuterRef, Q, QuerySet, Subquery, prefetch_related_objects

from dure.accounts.addresses import living
from dure.accounts.models import Account, Address
from dure.core import clock, rows
from dure.core.actor import Actor
from dure.core.permissions import Permission
from dure.members.models import Grant, HelpRequest, Member
from dure.members.rules import State
from dure.workspaces.models import Workspace

PAGE = 50
COUNTED = 1000


def of(workspace: Workspace | int) -> QuerySet[Member]:
    """Return the members of a workspace: where every query starts."""
    return Member.objects.filter(workspace_id=workspace if isinstance(workspace, int) else workspace.pk)


def among(workspace_id: int, ids: Iterable[int]) -> QuerySet[Member]:
    """Return those of these members who are of this workspace, found by their ids.

    The sum keeps SQLite from taking an index of the workspace, and reading all of it to find fifty.
    """
    return Member.objects.alias(here=F("workspace_id") + 0).filter(pk__among=ids, here=workspace_id)


def workspace_of(actor: Actor) -> Workspace:
    """Return the workspace an actor acts in; a member's own is at hand already."""
    member = getattr(actor, "member", None)
    return member.workspace if member else Workspace.objects.get(pk=actor.workspace_id)


@cache
def _present() -> str:
    return f"""
SELECT {rows.columns(Member, "member")}, {rows.columns(Workspace, "workspace")}
FROM dure_member member JOIN dure_workspace workspace ON workspace.id = member.workspace_id
WHERE member.account_id = %s AND workspace.uid = %s AND (member.removed_at IS NULL OR member.removed_at > %s)
"""  # noqa: S608 - the models' own names


def present(account: Account | int, workspace_uid: str) -> Member | None:
    """Return an account's membership of a workspace, both joined, a removed one is none.

    An account at hand is not read once more. Plain SQL, because every page of every member asks.
    """
    account_id = account if isinstance(account, int) else account.pk
    with connection.cursor() as cursor:
        cursor.execute(_present(), [account_id, workspace_uid, connection.ops.adapt_datetimefield_value(clock.now())])
        found = cursor.fetchone()
    if found is None:
        return None
    member = rows.read(Member, found[: rows.width(Member)])
    member.workspace = rows.read(Workspace, found[rows.width(Member) :])
    member.account = Account.objects.get(pk=account) if isinstance(account, int) else account
    return member


def here(at: datetime | None = None) -> Q:
    """Return what a row must be to be a member: not removed by now."""
    return Q(removed_at=None) | Q(removed_at__gt=at or clock.now())


def places_of(account_id: int) -> QuerySet[Member]:
    """Return all memberships of an account for *My workspaces*."""
    places = Member.objects.filter(here(), account_id=account_id).select_related("workspace", "account")
    return places.order_by("workspace__name", "id")


def holders(address: str) -> list[Address]:
    """Return every ID, living alias and private address with this spelling, IDs first, accounts joined.

    An earlier ID that nobody ever proved may be a stranger's mailbox: it signs in, and learns nothing.
    """
    order = [Address.ID, Address.ALIAS, Address.PRIVATE]
    found = Address.objects.filter(living(), canonical=address, kind__in=order)
    found = found.exclude(kind=Address.ALIAS, proven_at=None)
    return sorted(found.select_related("account").order_by("id")[:20], key=lambda one: order.index(one.kind))


def listed_places(address: str) -> list[tuple[str, list[Member]]]:
    """Return what a proven address lists: each ID with its places; nothing for an unproven private one (§4.15)."""
    listed = [one for one in holders(address) if one.kind != Address.PRIVATE or one.proven_at]
    accounts = list(dict.fromkeys(one.account_id for one in listed))
    ids = Address.objects.filter(account_id__among=accounts, kind=Address.ID)
    places = Member.objects.filter(here(), account_id__among=accounts).select_related("workspace", "account")
    by_account: dict[int, list[Member]] = {account_id: [] for account_id in accounts}
    for place in places.order_by("workspace__name", "id")[:200]:
        by_account[place.account_id].append(place)
    canonical = dict(ids.values_list("account_id", "canonical"))
    return [(canonical[account_id], by_account[account_id]) for account_id in accounts]


DIRECTORY = "directory"
"""Not a state: those whom every member may know of, to be asked for like one (``in_state``)."""


def known_to_all(members: QuerySet[Member], at: datetime | None = None) -> QuerySet[Member]:
    """Keep those whom the directory shows: active ones, and those on leave (PRODUCT.md §4.17)."""
    at = at or clock.now()
    return members.filter(here(at), Q(starts_at=None) | Q(starts_at__lte=at), state=Member.ACTIVE)


def in_state(members: QuerySet[Member], state: str, at: datetime | None = None) -> QuerySet[Member]:
    """Keep the members in one state, by the dates; no state means everybody who is not removed."""
    at = at or clock.now()
    if state == State.REMOVED:
        return members.filter(removed_at__lte=at)
    members = members.filter(here(at))
    started = Q(starts_at=None) | Q(starts_at__lte=at)
    if state == DIRECTORY:
        return known_to_all(members, at)
    if state == State.SCHEDULED:
        return members.filter(state__in=[Member.REGISTERED, Member.ACTIVE], starts_at__gt=at)
    if state == State.EXPIRED:
        return members.filter(started, state=Member.REGISTERED, deadline_at__lte=at)
    if state == State.REGISTERED:
        return members.filter(started, Q(deadline_at=None) | Q(deadline_at__gt=at), state=Member.REGISTERED)
    if state == State.ACTIVE:
        works = Q(leave_from=None) | Q(leave_from__gt=at) | Q(leave_until__lte=at)
        return members.filter(started, works, state=Member.ACTIVE)
    if state == State.ON_LEAVE:
        return members.filter(started, state=Member.ACTIVE, leave_from__lte=at, leave_until__gt=at)
    return members.filter(state=state) if state else members


def pieces(members: QuerySet[Member], state: str, at: datetime | None = None) -> list[QuerySet[Member]]:
    """Return the members in one state in pieces that an index finds each, without reading those who are too late."""
    at = at or clock.now()
    found = in_state(members, state, at)
    if state == State.REGISTERED:
        return [found.filter(deadline_at=None), found.filter(deadline_at__gt=at)]
    return [found]


def _beyond(members: QuerySet[Member], cursor: str) -> QuerySet[Member]:
    members = members.order_by("sort_key", "id")
    if not cursor.isdecimal() or len(cursor) > 18:
        return members
    anchor = members.filter(pk=int(cursor)).values_list("sort_key", flat=True).first()
    if anchor is None:
        return members
    return members.filter(Q(sort_key__gt=anchor) | Q(sort_key=anchor, id__gt=int(cursor)))


def with_id(members: QuerySet[Member]) -> QuerySet[Member]:
    """Add each member's ID as ``id_address`` and their account."""
    ids = Address.objects.filter(account_id=OuterRef("account_id"), kind=Address.ID)
    return members.select_related("account").annotate(
        id_address=Subquery(ids.values("canonical")[:1]), id_proven_at=Subquery(ids.values("proven_at")[:1])
    )


def one(workspace: Workspace | int, uid: str, *, lock: bool = False) -> Member | None:
    """Return one member of this workspace, its account and workspace joined, or None."""
    found = of(workspace).select_related("account", "workspace").filter(uid=uid)
    return (found.select_for_update(of=("self",)) if lock else found).first()


def some(workspace_id: int, uids: Sequence[str], *, lock: bool = False) -> list[Member]:
    """Return those of these members who are of this workspace, in the order of their rows, or locked in it."""
    found = of(workspace_id).select_related("account").filter(uid__among=uids).order_by("id")
    return _within(workspace_id, found.select_for_update(of=("self",)) if lock else found)


def some_waiting(workspace_id: int, uids: Sequence[str]) -> list[Member]:
    """Return them locked, with ``origin_id`` and ``password`` of their accounts alone.

    A thousand whole accounts cost more than what is written for them; whoever needs them asks ``with_accounts``.
    """
    found = of(workspace_id).annotate(origin_id=F("account__origin_id"), password=F("account__password"))
    found = found.filter(uid__among=uids).order_by("id")
    return _within(workspace_id, found.select_for_update(of=("self",)))


def with_accounts(members: Sequence[Member]) -> Sequence[Member]:
    """Read the accounts of members in one query, where they were not read yet."""
    prefetch_related_objects(members, "account")
    return members


def _within(workspace_id: int, found: QuerySet[Member]) -> list[Member]:
    members = list(found)
    if members:
        workspace = Workspace.objects.get(pk=workspace_id)
        for member in members:
            member.workspace = workspace
    return members


def named(workspace: Workspace, ids: Sequence[int], fields: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return these fields of those of these rows that are of this workspace.

    The workspace is compared here: asked to, SQLite would look for a few rows by reading all of the workspace.
    """
    found = Member.objects.filter(pk__among=ids).values_list("workspace_id", *fields)
    return [tuple(row[1:]) for row in found if row[0] == workspace.pk]


def elsewhere(members: Sequence[Member]) -> set[int]:
    """Return those of the members' accounts that are also in another workspace."""
    accounts = [member.account_id for member in members]
    here = {member.workspace_id for member in members}
    return set(
        Member.objects.filter(account_id__among=accounts)
        .exclude(workspace_id__in=here)
        .values_list("account_id", flat=True)
    )


def able_super_admins(workspace_id: int, *, without: int | None = None) -> bool:
    """Tell whether a super admin who can sign in is left (PRODUCT.md §4.10); lock the workspace first."""
    return able_super_admins_without(workspace_id, [] if without is None else [without])


def able_super_admins_without(workspace_id: int, members: Sequence[int]) -> bool:
    """Tell whether a super admin who can sign in, and has no dated leave or removal, is left beside these members."""
    stays = Q(leave_until=None) | Q(leave_until__lte=clock.now())
    active = in_state(among(workspace_id, super_admins(workspace_id)), State.ACTIVE).filter(stays, removed_at=None)
    return active.exclude(account__password="").exclude(pk__in=members).exists()


def roles(members: list[Member]) -> Callable[[Member], str]:
    """Return a function that tells ``super_admin``, ``admin`` or ``member``, in one query for all of them."""
    living = Grant.objects.filter(
        Q(until=None) | Q(until__gt=clock.now()), member_id__among=[member.pk for member in members]
    )
    workspaces = {member.workspace_id for member in members}
    admins = set(living.filter(workspace__in=workspaces).values_list("member_id", flat=True))
    return lambda member: "super_admin" if member.is_super_admin else "admin" if member.pk in admins else "member"


def is_managed(account: Account, workspace_id: int) -> bool:
    """Tell whether the account was created by this workspace and is a member of no other (PRODUCT.md §4.1)."""
    elsewhere = Member.objects.filter(account=account).exclude(workspace_id=workspace_id)
    return account.origin_id == workspace_id and not elsewhere.exists()


def managers(workspace: Workspace) -> QuerySet[Member]:
    """Return the active members who hold *Member management*, super admins first."""
    living = Grant.objects.filter(Q(until=None) | Q(until__gt=clock.now()), workspace=workspace, unit_id=None)
    enter, manage = (
        set(living.filter(permission=code).values_list("member_id", flat=True))
        for code in (Permission.ADMIN_ENTER, Permission.MEMBERS_MANAGE)
    )
    able = among(workspace.pk, (enter & manage) | super_admins(workspace))
    return in_state(able, State.ACTIVE).select_related("account", "workspace").order_by("-is_super_admin", "id")


def super_admins(workspace: Workspace | int) -> set[int]:
    """Return the rows of the super admins, in whatever state."""
    return set(of(workspace).filter(is_super_admin=True).values_list("pk", flat=True))


def admins(workspace: Workspace, *, after: str = "") -> tuple[list[Member], str]:
    """Return a page of super admins and admins in name order, their grants at hand, and where the next one begins."""
    granted = set(Grant.objects.filter(workspace=workspace).values_list("member_id", flat=True))
    found = among(workspace.pk, granted | super_admins(workspace)).filter(here())
    rows = list(_beyond(with_id(found), after).prefetch_related("grants")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def help_requests(workspace: Workspace, *, answered: bool, older: str = "") -> tuple[list[HelpRequest], str]:
    """Return a page of questions, the newest first, and where the next one begins; empty at the end."""
    found = HelpRequest.objects.filter(workspace=workspace, answered_at__isnull=not answered).select_related("member")
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""
