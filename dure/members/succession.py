"""Who stands for a removed member in what they made."""

from django.db.models import Q, QuerySet

from dure.core import clock
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.models import Grant, Member
from dure.members.rules import State
from dure.workspaces.models import Workspace

MOST = 50


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
    for _handed_on in range(10):
        if member is None or rules.is_here(member):
            return member
        joined = Member.objects.select_related("account", "workspace")
        member = joined.filter(workspace_id=member.workspace_id, pk=member.taker_id or 0).first()
    return None
