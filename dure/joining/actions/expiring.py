"""Closing invitations that have run out; done by the worker, and nothing depends on it for safety."""

import logging
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.joining.models import Invitation
from dure.members import photos

logger = logging.getLogger(__name__)

BATCH = 500


def close_run_out() -> int:
    """Wipe what was written about people who did not answer in time; returns how many invitations were closed."""
    over = Invitation.objects.filter(ended_at=None, expires_at__lte=clock.now())
    return close(Visitor(door="worker")) if over.exists() else 0


@action(needs=None, records=Event.INVITATION_RAN_OUT)
def close(actor: Actor) -> int:
    """Close one batch of those whose time has passed."""
    at = clock.now()
    skip = connection.features.has_select_for_update_skip_locked
    over = Invitation.objects.filter(ended_at=None, expires_at__lte=at).order_by("expires_at", "id")
    due = list(over.select_for_update(skip_locked=skip)[:BATCH])
    Invitation.objects.filter(pk__in=[one.pk for one in due]).update(ended_at=at, details={})
    for workspace_id in sorted({one.workspace_id for one in due} or {0}):
        here: dict[int | None, str] = {one.pk: "" for one in due if one.workspace_id == workspace_id}
        record_many(actor, Event.INVITATION_RAN_OUT, subject_kind="invitation", subjects=here, of=workspace_id)
    return len(due)


def close_those(actor: Actor, over: QuerySet[Invitation], at: datetime) -> None:
    """Close these of one workspace, whose time has passed, to make room for newer ones; part of an action."""
    living = over.filter(ended_at=None).select_for_update(no_key=True).order_by("id")
    closed = dict(living.values_list("pk", "workspace_id"))
    if closed:
        Invitation.objects.filter(pk__among=list(closed)).update(ended_at=at, details={})
        subjects: dict[int | None, str] = dict.fromkeys(closed, "")
        record_many(
            actor, Event.INVITATION_RAN_OUT, subject_kind="invitation", subjects=subjects, of=min(closed.values())
        )  # fmt: skip


def forget_photos() -> int:
    """Delete the photos of invitations that ended without a place, files first; returns how many."""
    ended = Invitation.objects.filter(ended_at__isnull=False).exclude(photo="")
    names = list(ended.order_by("-id").values_list("photo", flat=True)[:BATCH])
    removed = 0
    for name in names:
        try:
            photos.remove(name)
        except OSError:
            # It stays named and is tried again; the others go all the same.
            logger.exception("photo %s cannot be deleted", name)
        else:
            removed += ended.filter(photo=name).update(photo="")
    return removed
