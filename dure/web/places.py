"""How a place in a workspace, or one that waits, is shown in *My workspaces*."""

from typing import Any

from django.urls import reverse

from dure.joining.models import Invitation
from dure.members import devices, queries, rules
from dure.web.context import ROLES, seal_of
from dure.web.panel import MARKS
from dure.workspaces.models import Workspace


def home_of(account_id: int) -> str:
    """Return the address of the only workspace that is open to an account, or of *My workspaces*.

    Whoever comes for the first time, also after an approval, is welcomed (K3).
    """
    found = [place for place in queries.places_of(account_id)[:50] if rules.opens(place)]
    if len(found) != 1:
        return reverse("my_workspaces")
    is_new = bool(devices.never_opened(found))
    return welcome_to(found[0].workspace) if is_new else reverse("home", args=[found[0].workspace.uid])


def welcome_to(workspace: Workspace) -> str:
    """Return the address that greets a newcomer, instead of Home."""
    return f"{reverse('home', args=[workspace.uid])}?welcome"


def shown_place(place: Any, role: str = "member", *, welcomes: bool = False) -> dict[str, Any]:
    """Return what a list says of one membership; ``welcomes``: whoever opens it has never been there."""
    state = rules.state_of(place)
    return {
        "member": place.uid,
        "name": place.workspace.name,
        "uid": place.workspace.uid,
        "is_new": welcomes,
        "home": welcome_to(place.workspace) if welcomes else reverse("home", args=[place.workspace.uid]),
        "seal": seal_of(place.workspace),
        "state": str(state),
        "state_label": rules.LABELS[state],
        "mark": MARKS[state],
        "opens": rules.opens(place),
        "starts_at": place.starts_at if state is rules.State.SCHEDULED else None,
        "zone": place.workspace.time_zone,
        "role_label": ROLES[role],
    }


def shown_invitation(invitation: Invitation) -> dict[str, Any]:
    """Return what a list says of one place that waits for the reader's answer."""
    return {
        "uid": invitation.uid,
        "name": invitation.workspace.name,
        "seal": seal_of(invitation.workspace),
        "expires_at": invitation.expires_at,
        "zone": invitation.workspace.time_zone,
    }
