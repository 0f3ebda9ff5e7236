"""One step over many members: at once when they are few, in chunks that each are all or nothing when they are many.

A job goes on where it stopped, whoever continues it: the request that began it, the next one, or the worker. Cursor and
members are written in one transaction, so that a killed server leaves no half of a chunk behind.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet
from django.utils.dateparse import parse_datetime

from dure.core import clock, stopping
from dure.core.action import action, beginning_again, record, writing
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import queries, selecting
from dure.members.actions import leaving, pausing, suspending
from dure.members.actions.choosing import CLOSING, Done
from dure.members.actions.leaving import InvalidTaker
from dure.members.actors import actor_for
from dure.members.models import Member
from dure.members.pending import Job
from dure.members.rules import Step
from dure.members.selecting import Selection

CHUNK = 500
TURN = 3.0
"""Seconds the worker stays with one job before it looks at everything else."""
LEASE = timedelta(seconds=2)
"""How long the worker leaves a job alone that somebody is at."""

TAKE: dict[Step, Callable[..., Done]] = {
    Step.SUSPEND: suspending.suspend_all,
    Step.RESUME: suspending.resume_all,
    Step.LEAVE: pausing.put_on_leave,
    Step.END_LEAVE: pausing.end_leave,
    Step.REMOVE: leaving.remove_all,
    Step.CANCEL_REMOVAL: leaving.cancel_removal,
    Step.RESTORE: leaving.restore_all,
    Step.ERASE: leaving.order_erasure,
}


def chosen_by(actor: Actor, step: Step, selection: Selection) -> QuerySet[Member]:
    """Return whom a selection means for a step: nobody takes themselves away by choosing everybody."""
    chosen = selecting.members(actor.workspace_id, selection)
    if selection.everybody and step in CLOSING and actor.kind == "member":
        return chosen.exclude(pk=actor.id or 0)
    return chosen


def take(actor: Actor, step: Step, *, chosen: QuerySet[Member], facts: dict[str, Any], **more: Any) -> Done:
    """Take a step for members at once; ``facts`` are what the step needs besides, as ``plain`` wrote them.

    :raises DomainError: as the step's own action does.
    """
    read = {name: _read(actor, name, value) for name, value in facts.items()}
    act = leaving.date_removal if step is Step.REMOVE and read.get("on") else TAKE[step]
    if step is Step.REMOVE and not read.get("on"):
        read.pop("on", None)
    return act(actor, chosen=chosen, **read, **more)


def _read(actor: Actor, name: str, value: Any) -> Any:
    if name in ("on", "leave_from", "leave_until"):
        return parse_datetime(value) if value else None
    if name == "taker":
        return queries.one(actor.workspace_id, value) if value else None
    return value


def plain(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a step needs as JSON keeps it."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.JOB_BEGUN)
def begin(actor: Actor, *, step: Step, selection: Selection, facts: dict[str, Any], seen_at: datetime) -> Job:
    """Write down what is to be done for many members; nothing is done yet.

    The step is taken for nobody first, so that what is wrong with a day or with whoever takes over shows at once.

    :raises DomainError: as the step's own action does.
    """
    take(actor, step, chosen=Member.objects.none(), facts=facts)
    chosen, at = chosen_by(actor, step, selection), clock.now()
    if facts.get("taker") and chosen.filter(uid=facts["taker"]).exists():
        raise InvalidTaker
    job = Job.objects.create(
        workspace_id=actor.workspace_id,
        actor_id=actor.id or 0,
        step=step,
        selection=asdict(selection),
        facts=facts,
        dated=bool(facts.get("on")),
        seen_at=seen_at,
        begun_at=at,
        worked_at=at,
        total=chosen.count(),
        up_to=chosen.aggregate(last=Max("pk"))["last"] or 0,
    )
    record(actor, Event.JOB_BEGUN, subject_kind="job", subject_id=job.pk, fields=[step], via=job.uid)
    return job


def work_for(job: Job, seconds: float) -> Job:
    """Go on with a job for a while; returns it as it is then."""
    until = time.monotonic() + seconds
    while work(job.pk) and time.monotonic() < until:
        pass
    job.refresh_from_db()
    return job


def work(job_id: int) -> bool:
    """Do one chunk of a job, all or nothing; tells whether there may be more.

    A job whose actor may no longer do it, or that its step refuses as a whole, is stopped where it is.
    """
    try:
        return beginning_again(lambda _begun: _chunk(job_id))
    except DomainError as refused:
        with writing():
            living = Job.objects.select_for_update().filter(pk=job_id, ended_at=None).first()
            if living:
                _end(living, refused.code)
        return False


def _chunk(job_id: int) -> bool:
    with writing():
        job = Job.objects.select_for_update().select_related(None).filter(pk=job_id, ended_at=None).first()
        if job is None:
            return False
        actor, step = _actor_of(job), Step(job.step)
        selection = Selection(**{**job.selection, "uids": tuple(job.selection["uids"])})
        left = chosen_by(actor, step, selection).filter(pk__gt=job.last, pk__lte=job.up_to).order_by("pk")
        ids = list(left.values_list("pk", flat=True)[:CHUNK])
        if ids:
            chosen = queries.of(job.workspace_id).filter(pk__among=ids)
            done = take(actor, step, chosen=chosen, facts=job.facts, seen_at=job.seen_at, via=job.uid)
            job.done += len(done.ids)
            job.refused = dict(Counter(job.refused) + Counter(error.code for _member, error in done.refused))
            job.last = ids[-1]
        job.worked_at = clock.now()
        if len(ids) < CHUNK:
            _end(job, "")
            return False
        job.save(update_fields=["done", "refused", "last", "worked_at"])
        return True


def _actor_of(job: Job) -> Actor:
    """Return whoever began a job, locked, with the rights they have now."""
    joined = Member.objects.select_related("account", "workspace").select_for_update(of=("self",))
    return actor_for(joined.get(pk=job.actor_id))


def _end(job: Job, stopped: str) -> None:
    job.ended_at, job.stopped, job.selection, job.facts = clock.now(), stopped, {}, {}
    job.save()


def work_on_jobs() -> int:
    """Go on for a while with the job that has waited longest; returns how many were worked on. For the worker.

    Only for a while: letters wait meanwhile, and a server that is asked to end ends after the chunk in hand.
    It goes to the end of the line first: one that cannot be done keeps nobody else's from it.
    """
    waiting = Job.objects.filter(ended_at=None, worked_at__lt=clock.now() - LEASE).order_by("worked_at", "id")
    job_id = waiting.values_list("pk", flat=True).first()
    if job_id is None:
        return 0
    with writing():
        Job.objects.filter(pk=job_id).update(worked_at=clock.now())
    until = time.monotonic() + TURN
    while work(job_id) and time.monotonic() < until and not stopping.asked():
        pass
    return 1
