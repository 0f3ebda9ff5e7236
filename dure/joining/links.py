"""Reading a workspace's invite links: the list, one link, who made it, and what is open (K3)."""

from django.db.models import F, Q, QuerySet

from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.events import Event
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.rules import LINK_LONGEST, LinkState
from dure.members import queries as members
from dure.members.models import Member
from dure.members.succession import takers_of
from dure.workspaces.models import Workspace

PAGE = 30


def of(workspace: Workspace | int) -> QuerySet[InviteLink]:
    """Return the invite links of a workspace: where every query of an admin starts."""
    return InviteLink.objects.filter(workspace_id=workspace if isinstance(workspace, int) else workspace.pk)


def in_state(found: QuerySet[InviteLink], state: str) -> QuerySet[InviteLink]:
    """Keep those in one state, as ``rules.link_state_of`` tells it."""
    at = clock.now()
    living = found.filter(withdrawn_at=None)
    lasting = living.filter(expires_at__gt=at, expires_at__lte=at + LINK_LONGEST + clock.SKEW)
    used_up = Q(most_uses__isnull=False, uses__gte=F("most_uses"))
    if state == LinkState.WITHDRAWN:
        return found.filter(withdrawn_at__isnull=False)
    if state == LinkState.EXPIRED:
        return living.filter(Q(expires_at__lte=at) | Q(expires_at__gt=at + LINK_LONGEST + clock.SKEW))
    if state == LinkState.PAUSED:
        return lasting.filter(paused_at__isnull=False)
    if state == LinkState.USED_UP:
        return lasting.filter(used_up, paused_at=None)
    return lasting.filter(paused_at=None).exclude(used_up) if state else found


def page(workspace: Workspace, *, state: str = "", older: str = "") -> tuple[list[InviteLink], str]:
    """Return a page of links, the newest first, and where the next one begins; empty at the end."""
    found = in_state(of(workspace).select_related("workspace"), state)
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def one(workspace: Workspace, uid: str) -> InviteLink | None:
    """Return one link of this workspace, the workspace joined, or None."""
    return of(workspace).select_related("workspace").filter(uid=uid).first()


def makers(workspace: Workspace, found: list[InviteLink]) -> dict[int, Member]:
    """Return who made these links, or took them over, by the id each link holds; whoever is erased is missing."""
    ids = {link.made_by_id for link in found if link.made_by_id}
    joined = Member.objects.select_related("account", "workspace").filter(workspace_id=workspace.pk, pk__in=ids)
    return takers_of(joined)


def withdrawer(link: InviteLink) -> Member | None:
    """Return who withdrew a link, as the trail has it and as long as they are of the workspace, in one query."""
    told = AuditEvent.objects.filter(workspace_id=link.workspace_id, subject_kind="link", subject_id=link.pk)
    own = told.filter(event=Event.LINK_WITHDRAWN, actor_kind="member").order_by("-at", "-number")
    return members.of(link.workspace_id).filter(pk__in=own.values("actor_id")[:1]).first()


def made_by(workspace_id: int, members: QuerySet[Member]) -> QuerySet[InviteLink]:
    """Return the open links that these members made: they stay open whatever becomes of their makers."""
    return in_state(of(workspace_id), LinkState.OPEN).filter(made_by_id__in=members.values("pk"))


def requests_waiting(workspace: Workspace) -> QuerySet[JoinRequest]:
    """Return the join requests of a workspace that nobody has answered yet."""
    return JoinRequest.objects.filter(workspace=workspace, ended_at=None, expires_at__gt=clock.now())
