"""How a place in a workspace is shown in *My workspaces*."""

from typing import Any

from dure.members import rules
from dure.web.context import ROLES
from dure.web.panel import MARKS


def shown_place(place: Any, role: str = "member") -> dict[str, Any]:
    """Return what a list says of one membership."""
    state = rules.state_of(place)
    return {
        "member": place.uid,
        "name": place.workspace.name,
        "uid": place.workspace.uid,
        "seal": place.workspace.name[:1],
        "state": str(state),
        "state_label": rules.LABELS[state],
        "mark": MARKS[state],
        "opens": rules.opens(place),
        "role_label": ROLES[role],
    }
