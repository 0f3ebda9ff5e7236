"""How a place in a workspace, or one that waits, is shown in *My workspaces*."""

from typing import Any
from zoneinfo import ZoneInfo

from dure.joining.models import Invitation
from dure.members import rules
from dure.web.context import ROLES
from dure.web.panel import MARKS


def shown_place(place: Any, role: str = "member") -> dict[str, Any]:
    """Return what a list says of one membership."""
    state, starts_at, zone = rules.state_of(place), place.starts_at, ZoneInfo(place.workspace.time_zone)
    return {
        "member": place.uid,
        "name": place.workspace.name,
        "uid": place.workspace.uid,
        "seal": place.workspace.name[:1],
        "state": str(state),
        "state_label": rules.LABELS[state],
        "mark": MARKS[state],
        "opens": rules.opens(place),
        "starts_at": starts_at.astimezone(zone) if starts_at and state is rules.State.SCHEDULED else None,
        "role_label": ROLES[role],
    }


def shown_invitation(invitation: Invitation) -> dict[str, Any]:
    """Return what a list says of one place that waits for the reader's answer."""
    return {
        "uid": invitation.uid,
        "name": invitation.workspace.name,
        "seal": invitation.workspace.name[:1],
        "expires_at": invitation.expires_at.astimezone(ZoneInfo(invitation.workspace.time_zone)),
    }
