"""Closing join requests that nobody answered in time; done by the worker, and nothing depends on it for safety."""

from django.db import connection

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.joining.actions.requesting import run_out
from dure.joining.models import JoinRequest

BATCH = 500


def close_requests_run_out() -> int:
    """Tell those whom nobody answered, and give the uses back that they held; returns how many were closed."""
    over = JoinRequest.objects.filter(ended_at=None, expires_at__lte=clock.now())
    return close_requests(Visitor(door="worker")) if over.exists() else 0


@action(needs=None, records=Event.JOIN_RAN_OUT)
def close_requests(actor: Actor) -> int:
    """Close one batch of those whose time has passed."""
    skip = connection.features.has_select_for_update_skip_locked
    over = JoinRequest.objects.filter(ended_at=None, expires_at__lte=clock.now()).order_by("expires_at", "id")
    due = list(over.select_for_update(skip_locked=skip)[:BATCH])
    run_out(actor, due)
    if not due:
        record_many(actor, Event.JOIN_RAN_OUT, subject_kind="join_request", subjects={})
    return len(due)
