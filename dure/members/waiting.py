"""What waits in a workspace, for *Home*: counted as far as 99, by indexes alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Min, QuerySet

from dure.core import clock
from dure.members import queries
from dure.members.models import Grant, HandOver, HelpRequest, Member
from dure.members.pending import LeaveRequest
from dure.members.rules import State
from dure.workspaces.models import Workspace

COUNTED = 99
SOON, ENDING = timedelta(days=1), timedelta(days=14)


@dataclass(frozen=True)
class ForManagers:
    """What waits for those with *Member management*."""

    passed: int
    soon: int
    questions: int
    leaving: int


def for_managers(workspace: Workspace) -> ForManagers:
    """Count whose deadline passed, whose ends within a day, and the questions and requests nobody has answered."""
    at, members = clock.now(), queries.of(workspace)
    asked = LeaveRequest.objects.filter(workspace=workspace, approved_at=None, declined_at=None, withdrawn_at=None)
    soon = queries.in_state(members, State.REGISTERED, at).filter(deadline_at__lte=at + SOON)
    questions = HelpRequest.objects.filter(workspace=workspace, answered_at=None)
    return ForManagers(*counts(queries.in_state(members, State.EXPIRED, at), soon, questions, asked))


def counts(*found: QuerySet[Any], most: int = COUNTED) -> list[int]:
    """Return ``count`` of each in one query: *Home* is opened more than any other page."""
    parts: list[str] = []
    given: list[Any] = []
    for one in found:
        sql, parameters = one.order_by().values("pk")[: most + 1].query.sql_with_params()
        parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - the ORM's own
        given += parameters
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", given)
        return list(cursor.fetchone())


def count(found: QuerySet[Any]) -> int:
    """Return how many there are, and one more than are counted when there are more."""
    return found.order_by().values("pk")[: COUNTED + 1].count()


def offers(member: Member) -> list[HandOver]:
    """Return the offers of the role of super admin that wait for this member's answer."""
    living = HandOver.objects.filter(taker=member, accepted_at=None, ended_at=None, expires_at__gt=clock.now())
    return list(living.select_related("giver").order_by("id")[:5])


def rights_end(member: Member) -> datetime | None:
    """Return when the first of an admin's rights ends, if that is soon."""
    at = clock.now()
    ending = Grant.objects.filter(member=member, until__gt=at, until__lte=at + ENDING)
    first: datetime | None = ending.aggregate(first=Min("until"))["first"]
    return first
