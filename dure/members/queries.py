"""Reading members; every query starts from the workspace."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, prefetch_related_objects
from django.db.models.functions import StrIndex

from dure.accounts.addresses import living
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.actor import Actor
from dure.core.permissions import Permission
from dure.members import names
from dure.members.models import Grant, HelpRequest, Member, Profile
from dure.members.rules import State
from dure.workspaces.models import Workspace

PAGE = 50
COUNTED = 1000


def of(workspace: Workspace | int) -> QuerySet[Member]:
    """Return the members of a workspace: where every query starts."""
    return Member.objects.filter(workspace_id=workspace if isinstance(workspace, int) else workspace.pk)


def totals() -> dict[str, int]:
    """Count the members of the whole server by stored state, for the operator; the worker asks, never a page."""
    return dict(Member.objects.order_by().values_list("state").annotate(Count("pk")))


def workspace_of(actor: Actor) -> Workspace:
    """Return the workspace an actor acts in; a member's own is at hand already."""
    member = getattr(actor, "member", None)
    return member.workspace if member else Workspace.objects.get(pk=actor.workspace_id)


def present(account_id: int, workspace_uid: str) -> Member | None:
    """Return an account's membership of a workspace, both joined."""
    joined = Member.objects.select_related("workspace", "account")
    return joined.filter(account_id=account_id, workspace__uid=workspace_uid).first()


def places_of(account_id: int) -> QuerySet[Member]:
    """Return all memberships of an account for *My workspaces*."""
    places = Member.objects.filter(account_id=account_id).select_related("workspace", "account")
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
    places = Member.objects.filter(account_id__among=accounts).select_related("workspace", "account")
    by_account: dict[int, list[Member]] = {account_id: [] for account_id in accounts}
    for place in places.order_by("workspace__name", "id")[:200]:
        by_account[place.account_id].append(place)
    canonical = dict(ids.values_list("account_id", "canonical"))
    return [(canonical[account_id], by_account[account_id]) for account_id in accounts]


def in_state(members: QuerySet[Member], state: str) -> QuerySet[Member]:
    """Keep the members in one state, by the dates."""
    at = clock.now()
    started = Q(starts_at=None) | Q(starts_at__lte=at)
    if state == State.SCHEDULED:
        return members.filter(state__in=[Member.REGISTERED, Member.ACTIVE], starts_at__gt=at)
    if state == State.EXPIRED:
        return members.filter(started, state=Member.REGISTERED, deadline_at__lte=at)
    if state == State.REGISTERED:
        return members.filter(started, Q(deadline_at=None) | Q(deadline_at__gt=at), state=Member.REGISTERED)
    if state == State.ACTIVE:
        return members.filter(started, state=Member.ACTIVE)
    return members.filter(state=state) if state else members


def counts(workspace: Workspace) -> dict[str, str]:
    """Return how many members are in each state and in all (key ``""``), counted as far as ``1,000+``."""
    return counts_of(workspace, ("", *State))


def counts_of(workspace: Workspace, states: Sequence[str]) -> dict[str, str]:
    """Return how many members are in each of these states, counted as far as ``1,000+``."""
    return {state: _count(in_state(of(workspace), state)) for state in states}


def _count(members: QuerySet[Member]) -> str:
    counted = members.order_by().values("pk")[: COUNTED + 1].count()
    return f"{COUNTED:,}+" if counted > COUNTED else str(counted)


@dataclass(frozen=True)
class Page:
    """One page of a list; the cursors are empty at its ends."""

    rows: list[Member]
    previous: str
    next: str


def page(workspace: Workspace, *, state: str = "", search: str = "", after: str = "", before: str = "") -> Page:
    """Return a page of members in name order, by keyset: the same cost at any depth."""
    found = matching(in_state(of(workspace), state), search) if search else in_state(of(workspace), state)
    cursor = after or before
    backwards = bool(before) and not after
    rows = list(_beyond(with_id(found), cursor, backwards)[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    has_previous, has_next = (more, True) if backwards else (bool(cursor), more)
    return Page(
        rows=rows,
        previous=str(rows[0].pk) if rows and has_previous else "",
        next=str(rows[-1].pk) if rows and has_next else "",
    )


def _beyond(members: QuerySet[Member], cursor: str, backwards: bool) -> QuerySet[Member]:
    order = ("-sort_key", "-id") if backwards else ("sort_key", "id")
    if not cursor.isdecimal() or len(cursor) > 18:
        return members.order_by(*order)
    anchor = members.filter(pk=int(cursor)).values_list("sort_key", flat=True).first()
    if anchor is None:
        return members.order_by(*order)
    if backwards:
        beyond = Q(sort_key__lt=anchor) | Q(sort_key=anchor, id__lt=int(cursor))
    else:
        beyond = Q(sort_key__gt=anchor) | Q(sort_key=anchor, id__gt=int(cursor))
    return members.filter(beyond).order_by(*order)


def with_id(members: QuerySet[Member]) -> QuerySet[Member]:
    """Add each member's ID as ``id_address`` and their account."""
    ids = Address.objects.filter(account_id=OuterRef("account_id"), kind=Address.ID)
    return members.select_related("account").annotate(
        id_address=Subquery(ids.values("canonical")[:1]), id_proven_at=Subquery(ids.values("proven_at")[:1])
    )


def matching(members: QuerySet[Member], search: str) -> QuerySet[Member]:
    """Keep the members whose name, initial consonants or ID contain the text; the ID's domain counts from the @ on."""
    folded = names.fold(search[:100].replace("\x00", ""))
    if not folded:
        return members
    by_id = Address.objects.filter(account_id=OuterRef("account_id"), kind=Address.ID, canonical__contains=folded)
    if "@" not in folded:
        before_at = StrIndex("canonical", Value("@")) - StrIndex("canonical", Value(folded))
        by_id = by_id.alias(before_at=before_at).filter(before_at__gt=0)
    return members.filter(Q(search__contains=folded) | Q(Exists(by_id)))


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
    active = in_state(of(workspace_id), State.ACTIVE)
    able = active.filter(is_super_admin=True).exclude(account__password="")
    return (able if without is None else able.exclude(pk=without)).exists()


def roles(members: list[Member]) -> Callable[[Member], str]:
    """Return a function that tells ``super_admin``, ``admin`` or ``member``, in one query for all of them."""
    living = Grant.objects.filter(Q(until=None) | Q(until__gt=clock.now()), member__in=members)
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
    able = _few(workspace, (enter & manage) | _super_admins(workspace))
    return in_state(able, State.ACTIVE).select_related("account", "workspace").order_by("-is_super_admin", "id")


def _super_admins(workspace: Workspace) -> set[int]:
    return set(of(workspace).filter(is_super_admin=True).values_list("pk", flat=True))


def _few(workspace: Workspace, ids: set[int]) -> QuerySet[Member]:
    """Return these of a workspace's members; by the sum, SQLite reads them and not the whole workspace."""
    return Member.objects.alias(here=F("workspace_id") + 0).filter(here=workspace.pk, pk__among=ids)


def admins(workspace: Workspace, *, after: str = "") -> tuple[list[Member], str]:
    """Return a page of super admins and admins in name order, their grants at hand, and where the next one begins."""
    granted = set(Grant.objects.filter(workspace=workspace).values_list("member_id", flat=True))
    found = _few(workspace, granted | _super_admins(workspace))
    rows = list(_beyond(with_id(found), after, backwards=False).prefetch_related("grants")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def photos(workspace: Workspace, members: Sequence[Member]) -> dict[int, str]:
    """Return the names of the photos of those members who have one."""
    found = Profile.objects.filter(workspace=workspace, member__in=[member.pk for member in members])
    return dict(found.exclude(photo="").values_list("member_id", "photo"))


def password_policy(account_id: int) -> tuple[int, list[str]]:
    """Return the strictest shortest length and the words others know about a person (PRODUCT.md §4, K5)."""
    places = list(Member.objects.filter(account_id=account_id).select_related("workspace"))
    words = [word for place in places for word in (place.workspace.name, place.family_name, place.given_name)]
    addresses = Address.objects.filter(account_id=account_id).values_list("canonical", flat=True)
    minimum = max((place.workspace.password_minimum for place in places), default=12)
    return minimum, [*words, *addresses]


def help_requests(workspace: Workspace, *, answered: bool, older: str = "") -> tuple[list[HelpRequest], str]:
    """Return a page of questions, the newest first, and where the next one begins; empty at the end."""
    found = HelpRequest.objects.filter(workspace=workspace, answered_at__isnull=not answered).select_related("member")
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""
