"""What a workspace was before, and who changed it."""

from collections.abc import Container
from typing import Any

from dure.members import names, queries
from dure.web import events
from dure.workspaces.models import Workspace, WorkspaceChange
from dure.workspaces.policies import POLICIES

SHOWN = 20


def history(workspace: Workspace, fields: Container[str] | None = None) -> list[dict[str, Any]]:
    """Return the newest changes of the policies, or of everything else, with who made them."""
    own = WorkspaceChange.objects.filter(workspace=workspace)
    own = own.filter(field__in=POLICIES) if fields else own.exclude(field__in=POLICIES)
    rows = list(own.order_by("-id")[:SHOWN])
    ids = [row.actor_id for row in rows if row.actor_kind == "member" and row.actor_id]
    known = ("id", "family_name", "given_name", "name_language")
    people = {row[0]: names.display_name(*row[1:]) for row in queries.named(workspace, ids, known)} if ids else {}
    return [
        {
            "at": row.at,
            "label": events.FIELDS[row.field],
            "before": row.before,
            "after": row.after,
            "who": people.get(row.actor_id or 0, ""),
        }
        for row in rows
    ]
