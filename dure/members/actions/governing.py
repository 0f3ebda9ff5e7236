"""The policies of a workspace: they hold from the next request on, for what is issued from then on (PRODUCT.md §5)."""

from collections.abc import Mapping

from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import policies
from dure.workspaces.actions.editing import changes, remember
from dure.workspaces.models import Workspace
from dure.workspaces.policies import check, values_of


@action(needs=Permission.SECURITY_MANAGE, records=Event.POLICIES_CHANGED)
def change_policies(actor: Actor, *, typed: Mapping[str, int], was: Mapping[str, int]) -> Workspace:
    """Change what differs from ``was``, the values the form was opened with; sessions that are over now are ended.

    :raises OutOfRange, IdleBeyondAbsolute: what was typed.
    :raises ChangedMeanwhile: somebody else changed one of these policies.
    """
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    now = {name: str(value) for name, value in values_of(workspace).items()}
    texts = ({name: str(value) for name, value in values.items()} for values in (typed, was))
    changed = changes(now, *texts)
    check({**values_of(workspace), **{name: int(value) for name, value in changed.items()}})
    for name, value in changed.items():
        setattr(workspace, name, int(value))
    workspace.save(update_fields=list(changed))
    if "session_idle_hours" in changed:
        policies.idle_sessions(workspace, workspace.session_idle_hours).delete()
    remember(actor, workspace, {name: (now[name], value) for name, value in changed.items()})
    record(actor, Event.POLICIES_CHANGED, subject_kind="workspace", subject_id=workspace.pk, fields=changed)
    return workspace
