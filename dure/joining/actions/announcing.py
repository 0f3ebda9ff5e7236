"""Telling the admins who asks to join: the first at once, and bundled when many come (PRODUCT.md §7)."""

from datetime import timedelta

from django.db.models import QuerySet

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.joining import request_letters, requests
from dure.joining.models import JoinRequest
from dure.mail import outbox
from dure.members import queries as members
from dure.members.actions.asking import MOST_ADMINS
from dure.workspaces.models import Workspace

BETWEEN_LETTERS = timedelta(minutes=15)


def tell_admins() -> int:
    """Tell the admins of each workspace whose last letter is long enough ago; returns of how many requests.

    Done by the worker in every round, so that the first is told within a second. Without a mail server nobody is told,
    and nothing is marked: the list has them all.
    """
    if not outbox.can_send():
        return 0
    untold = _untold(JoinRequest.objects.filter(asked_at__lte=clock.now() + clock.SKEW))
    waiting = sorted(set(untold.values_list("workspace_id", flat=True)))
    return sum(announce(Visitor(door="worker", workspace_id=one)) for one in waiting if is_due(one))


def _untold(found: QuerySet[JoinRequest]) -> QuerySet[JoinRequest]:
    return found.filter(ended_at=None, told_at=None)


def is_due(workspace_id: int) -> bool:
    """Tell whether the admins of a workspace were told long enough ago, or when the clock was wrong."""
    told = requests.of(workspace_id).exclude(told_at=None).order_by("-id").values_list("told_at", flat=True).first()
    return told is None or told <= clock.now() - BETWEEN_LETTERS or clock.is_ahead(told)


@action(needs=None, records=Event.JOIN_TOLD)
def announce(actor: Actor) -> int:
    """Post one letter to each admin with *Member management* about everybody they have not been told of yet."""
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    asked: list[JoinRequest] = []
    if is_due(workspace.pk):
        asked = list(_untold(requests.living(requests.of(workspace))).order_by("id"))
    if asked:
        JoinRequest.objects.filter(pk__among=[one.pk for one in asked]).update(told_at=clock.now())
        request_letters.post_asked(workspace, asked, list(members.managers(workspace)[:MOST_ADMINS]))
    subjects: dict[int | None, str] = dict.fromkeys([one.pk for one in asked], "")
    record_many(actor, Event.JOIN_TOLD, subject_kind="join_request", subjects=subjects)
    return len(asked)
