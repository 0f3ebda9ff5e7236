"""Who stands for a removed member in what they made."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from dure.core import clock
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.models import Grant, Member
from dure.members.rules import State
from dure.workspaces.models import Workspace

MOST, HANDED_ON = 50, 10


def _able(workspace_id: int) -> QuerySet[Member]:
    """Return the active members who may enter the admin service and stay, found from the few who hold a right."""
    living = Grant.objects.filter(Q(until=None) | Q(until__gt=clock.now()), workspace_id=workspace_id, unit_id=None)
    entering = living.filter(permission=Permission.ADMIN_ENTER).values_list("member_id", flat=True)
    found = queries.among(workspace_id, {*entering, *queries.super_admins(workspace_id)})
    return queries.in_state(found, State.ACTIVE).filter(removed_at=None)


def takers(workspace: Workspace) -> list[Member]:
    """Return some of those who may take over, super admins first."""
    found = _able(workspace.pk).select_related("account", "workspace")
    return list(found.order_by("-is_super_admin", "sort_key", "id")[:MOST])


def may_take_over(member: Member) -> bool:
    """Tell whether a member is active, stays, and may enter the admin service."""
    return _able(member.workspace_id).filter(pk=member.pk).exists()


def taker_of(member: Member | None) -> Member | None:
    """Return who stands for a member in what they made: themselves, or whoever took over when they were removed."""
    return takers_of([member]).get(member.pk) if member else None


def takers_of(made: Iterable[Member]) -> dict[int, Member]:
    """Return by the id of each of these who stands for them; those for whom there is nobody are missing.

    One query for each time something was handed on, however many there are.
    """
    standing, found = {member.pk: member for member in made}, dict[int, Member]()
    for _handed_on in range(HANDED_ON):
        found |= {maker: member for maker, member in standing.items() if rules.is_here(member)}
        gone = {maker: one for maker, one in standing.items() if maker not in found and one.taker_id}
        ids = [one.taker_id for one in gone.values() if one.taker_id]
        if not ids:
            break
        spaces = {one.workspace_id for one in gone.values()}
        joined = Member.objects.select_related("account", "workspace").filter(workspace_id__in=spaces, pk__in=ids)
        takers = {(one.workspace_id, one.pk): one for one in joined}
        handed = {maker: takers.get((one.workspace_id, one.taker_id or 0)) for maker, one in gone.items()}
        standing = {maker: one for maker, one in handed.items() if one}
    return found
