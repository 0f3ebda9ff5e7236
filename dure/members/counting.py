"""How many members are in each state, at the cost of what is counted and no more (docs/adr/0008)."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Count

from dure.core import clock
from dure.members import queries
from dure.members.models import Member
from dure.members.rules import State
from dure.workspaces.models import Workspace

NOBODYS, SOME_DAY = -1, datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
"""What stands for the workspace and for now in a query that is built once."""


@cache
def _counting() -> tuple[str, tuple[Any, ...]]:
    """Return the query that counts every state: building it anew costs more than its answer."""
    parts: list[str] = []
    parameters: list[Any] = []
    for state in ("", *State):
        counted = []
        for piece in queries.pieces(queries.of(NOBODYS), state, SOME_DAY):
            sql, given = piece.order_by().values("pk")[: queries.COUNTED + 1].query.sql_with_params()
            counted.append(f"(SELECT COUNT(*) FROM ({sql}) AS counted)")  # noqa: S608 - the ORM's own
            parameters += given
        parts.append(" + ".join(counted))
    return f"SELECT {', '.join(parts)}", tuple(parameters)


def _adapted(moment: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(moment)


def counts(workspace: Workspace) -> dict[str, str]:
    """Return how many members are in each state and in all (key ``""``), counted as far as ``1,000+`` in one query."""
    sql, parameters = _counting()
    given = {NOBODYS: workspace.pk, _adapted(SOME_DAY): _adapted(clock.now())}
    with connection.cursor() as cursor:
        cursor.execute(sql, [given.get(parameter, parameter) for parameter in parameters])
        found = cursor.fetchone()
    return {
        state: f"{queries.COUNTED:,}+" if counted > queries.COUNTED else str(counted)
        for state, counted in zip(("", *State), found, strict=True)
    }


def totals() -> dict[str, int]:
    """Count the members of the whole server by stored state, for the operator; the worker asks, never a page."""
    return dict(Member.objects.order_by().values_list("state").annotate(Count("pk")))
