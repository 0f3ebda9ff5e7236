"""The rules of states in the language of the database, for many members at once.

``rules`` says the same of one member; tests take both through every state and hold them together.
"""

from datetime import datetime
from typing import Any

from django.db.models import Case, F, Q, QuerySet, Value, When

from dure.core import clock
from dure.members import queries
from dure.members.models import Member
from dure.members.rules import Step


def in_right_state(chosen: QuerySet[Member], step: Step) -> QuerySet[Member]:
    """Keep those whose state allows the step: ``rules.may`` for many (a test holds the two together)."""
    at = clock.now()
    if step in (Step.RESTORE, Step.ERASE):
        return chosen.filter(removed_at__lte=at, restorable_until__gt=at)
    if step is Step.CANCEL_REMOVAL:
        return chosen.filter(removed_at__gt=at)
    here = chosen.filter(queries.here())
    not_come = Q(suspended_at=None, activated_at=None) & (Q(starts_at=None) | Q(starts_at__lte=at))
    by_step = {
        Step.SUSPEND: here.filter(suspended_at=None),
        Step.RESUME: here.filter(suspended_at__isnull=False),
        Step.LEAVE: here.exclude(not_come),
        Step.END_LEAVE: here.filter(leave_until__gt=at).exclude(not_come),
        Step.REMOVE: here,
    }
    return by_step[step]


def after(columns: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return what ``state`` and ``turns_at`` become in the statement that writes these facts."""
    dated = {"leave_from", "leave_until", "removed_at"} & set(columns)
    return {"state": _state(columns, at)} | ({"turns_at": _turn(columns, at)} if dated else {})


def _state(columns: dict[str, Any], at: datetime) -> Any:
    """Return ``rules.stored_state`` of what is written, and of what stands in the rows where nothing is."""
    if columns.get("removed_at") and columns["removed_at"] <= at:
        return Value(Member.REMOVED)
    whens = [] if "removed_at" in columns else [When(removed_at__lte=at, then=Value(Member.REMOVED))]
    if columns.get("suspended_at"):
        return _case(whens, Value(Member.SUSPENDED))
    if "suspended_at" not in columns:
        whens.append(When(suspended_at__isnull=False, then=Value(Member.SUSPENDED)))
    if "activated_at" not in columns:
        whens.append(When(activated_at__isnull=True, then=Value(Member.REGISTERED)))
    return _case(whens, Value(Member.ACTIVE))


def _turn(columns: dict[str, Any], at: datetime) -> Any:
    """Return ``rules.next_turn``: the first moment ahead of a leave or a removal, unless they are removed."""
    removed = columns.get("removed_at")
    if removed and removed <= at:
        return None
    if "leave_until" not in columns:
        sooner = {"lt": removed} if removed else {}
        whens = [
            When(**{f"{name}__gt": at}, **{f"{name}__{how}": what for how, what in sooner.items()}, then=F(name))
            for name in ("leave_from", "leave_until")
        ]
        return _case(whens, Value(removed))
    leave = next((one for one in (columns["leave_from"], columns["leave_until"]) if one and one > at), None)
    if "removed_at" in columns:
        return min((one for one in (leave, removed) if one), default=None)
    before = {"removed_at__lt": leave} if leave else {}
    return _case([When(removed_at__gt=at, **before, then=F("removed_at"))], Value(leave))


def _case(whens: list[When], default: Value) -> Any:
    return Case(*whens, default=default) if whens else default
