"""What the clock alone changes: leaves begin and end, dated removals take effect; done by the worker.

Nothing depends on it for safety: access is computed from the dates. What it adds is the epoch, the letters, the trail
and the stored state, within a moment (PRODUCT.md §4.4).
"""

from collections.abc import Callable

from django.db.models import F

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.core.action import action
from dure.core.actor import Actor
from dure.core.events import Event
from dure.members import rules
from dure.members.actions.choosing import Done, save
from dure.members.actions.leaving import finish
from dure.members.actions.suspending import note
from dure.members.models import Member
from dure.workspaces.models import Workspace

BATCH = 200


def turn_due() -> int:
    """Do one batch of one workspace; returns how many members were dealt with."""
    due = Member.objects.filter(turns_at__lte=clock.now()).order_by("turns_at", "id")
    first = due.values("workspace_id", "removed_at").first()
    if first is None:
        return 0
    actor = Visitor(door="worker", workspace_id=first["workspace_id"])
    is_removal = first["removed_at"] is not None and first["removed_at"] <= clock.now()
    return finish_removals(actor) if is_removal else turn_leaves(actor)


def _due(workspace_id: int, which: Callable[[Member], bool]) -> Done:
    """Lock the workspace and those of its members whose moment has come; return those that are meant."""
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=workspace_id)
    due = Member.objects.filter(workspace_id=workspace_id, turns_at__lte=clock.now()).order_by("turns_at", "id")
    members = [member for member in due.select_for_update()[:BATCH] if which(member)]
    return Done(workspace, [member.pk for member in members], [member.account_id for member in members], [])


@action(needs=None, records=Event.MEMBER_REMOVED)
def finish_removals(actor: Actor) -> int:
    """End what those had whose day of removal has come, and tell them."""
    done = _due(actor.workspace_id, lambda member: not rules.is_here(member))
    Member.objects.filter(pk__among=done.ids).update(state=Member.REMOVED, turns_at=None, epoch=F("epoch") + 1)
    finish(actor, done)
    note(actor, Event.MEMBER_REMOVED, done, "")
    return len(done.ids)


@action(needs=None, records=Event.LEAVE_TURNED)
def turn_leaves(actor: Actor) -> int:
    """Raise the epoch of those whose leave began or ended; a leave that is over is forgotten."""
    done = _due(actor.workspace_id, rules.is_here)
    for member in done.members:
        keeps = member.leave_until if rules.has_leave(member) else None
        save([member.pk], leave_from=member.leave_from if keeps else None, leave_until=keeps)
    note(actor, Event.LEAVE_TURNED, done, "", fields=("leave_from", "leave_until"))
    return len(done.ids)
