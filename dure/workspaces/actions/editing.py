"""Name, logo, colour, languages and time zone of a workspace."""

from collections.abc import Mapping
from typing import Any

from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import ChangedMeanwhile, raise_together
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.workspaces import rules
from dure.workspaces.models import Workspace, WorkspaceChange

CHECKS = {
    "name": rules.workspace_name,
    "languages": lambda text: rules.workspace_languages(text.split()),
    "time_zone": rules.workspace_time_zone,
    "accent": rules.workspace_colour,
}


def values_of(workspace: Workspace) -> dict[str, str]:
    """Return every field that can be edited, as text."""
    return {name: _text(getattr(workspace, name)) for name in CHECKS}


def _text(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _check(_actor: Actor, *, typed: Mapping[str, str], **_rest: Any) -> dict[str, Any]:
    return {"typed": {name: CHECKS[name](text) for name, text in typed.items()}}


@action(needs=Permission.WORKSPACE_EDIT, records=Event.WORKSPACE_EDITED, before=_check)
def edit_workspace(
    actor: Actor, *, typed: Mapping[str, Any], was: Mapping[str, str], logo: str | None = None
) -> tuple[Workspace, str]:
    """Change what differs from ``was``, the values the form was opened with; the rest stays as it is by now.

    ``logo`` is the name of a stored one, empty to take it away, None to leave it. Returns the workspace and the logo
    that is no longer used, or empty.

    :raises InvalidWorkspaceName, UnknownLanguage, UnknownTimeZone, InvalidColour: what was typed.
    :raises ChangedMeanwhile: somebody else changed one of these fields.
    """
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    now = values_of(workspace)
    changed = changes(now, {name: _text(value) for name, value in typed.items()}, was)
    for name in changed:
        setattr(workspace, name, typed[name])
    old_logo = workspace.logo if logo is not None and logo != workspace.logo else ""
    has_logo = bool(workspace.logo)
    workspace.logo = workspace.logo if logo is None else logo
    workspace.save(update_fields=[*changed, "logo"])
    fields = {name: (now[name], value) for name, value in changed.items()}
    if logo is not None:
        fields["logo"] = ("●" if has_logo else "", "●" if logo else "")
    remember(actor, workspace, fields)
    record(actor, Event.WORKSPACE_EDITED, subject_kind="workspace", subject_id=workspace.pk, fields=fields)
    return workspace, old_logo


def changes(now: Mapping[str, str], typed: Mapping[str, str], was: Mapping[str, str]) -> dict[str, str]:
    """Return what somebody wants to have differently from what it is now, of the fields in ``now``.

    :raises ChangedMeanwhile: it is no longer what they saw, for all such fields together.
    """
    wanted = {name: value for name, value in typed.items() if name in now and value != was.get(name, "")}
    elsewhere = [name for name, value in wanted.items() if now[name] not in (was.get(name, ""), value)]
    raise_together([ChangedMeanwhile(name, now[name]) for name in elsewhere])
    return {name: value for name, value in wanted.items() if value != now[name]}


def remember(actor: Actor, workspace: Workspace, fields: Mapping[str, tuple[str, str]]) -> None:
    """Write before and after into the workspace's history; part of an action."""
    who = {"workspace": workspace, "at": clock.now(), "actor_kind": actor.kind, "actor_id": actor.id}
    WorkspaceChange.objects.bulk_create(
        WorkspaceChange(**who, field=name, before=before[:200], after=after[:200])
        for name, (before, after) in fields.items()
    )
