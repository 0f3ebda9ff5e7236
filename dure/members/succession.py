"""Who stands for a removed member in what they made."""

from django.db.models import Exists, OuterRef, Q

from dure.core import clock
from dure.core.permissions import Permission
from dure.members import rules
from dure.members.models import Grant, Member
from dure.members.queries import in_state, of
from dure.members.rules import State
from dure.workspaces.models import Workspace

MOST = 50


def _entering() -> Q:
    living = Grant.objects.filter(Q(until=None) | Q(until__gt=clock.now()), member=OuterRef("pk"), unit_id=None)
    return Q(is_super_admin=True) | Q(Exists(living.filter(permission=Permission.ADMIN_ENTER)))


def takers(workspace: Workspace | int) -> list[Member]:
    """Return some of the active members who may enter the admin service, super admins first: who may take over."""
    active = in_state(of(workspace), State.ACTIVE).filter(_entering())
    return list(active.order_by("-is_super_admin", "sort_key", "id")[:MOST])


def may_take_over(member: Member) -> bool:
    """Tell whether a member is active and may enter the admin service."""
    return in_state(of(member.workspace_id), State.ACTIVE).filter(_entering(), pk=member.pk).exists()


def taker_of(member: Member | None) -> Member | None:
    """Return who stands for a member in what they made: themselves, or whoever took over when they were removed."""
    for _handed_on in range(10):
        if member is None or rules.is_here(member):
            return member
        joined = Member.objects.select_related("account", "workspace")
        member = joined.filter(workspace_id=member.workspace_id, pk=member.taker_id or 0).first()
    return None
