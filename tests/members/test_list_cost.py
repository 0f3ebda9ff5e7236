"""A page and a search cost the same in a small workspace and in a large one, counted in steps of SQLite's machine."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from bench.company import fill
from dure.core import clock
from dure.members import counting, cursors, listing
from dure.members.listing import SORTS, View
from dure.members.models import Member
from dure.workspaces.models import Workspace

pytestmark = pytest.mark.once
SIZES = (2000, 6000)
LARGE = (2000, 100_000)
MOST = 1.2
FLOOR, SEARCH, COUNTS = 2000, 20_000, 60_000
"""Steps below which a difference is nobody's concern: a few levels of an index, the few that a search gathers,
as many as are counted of each state."""


def workspace(size: int) -> Workspace:
    """Return a new workspace of so many members."""
    made = Workspace.objects.create(name="W", languages=["ko"], time_zone="Asia/Seoul", founded_at=clock.now())
    fill([made.pk], size)
    return made


def steps(ask: Callable[[], Any]) -> int:
    """Return how many instructions SQLite ran."""
    counted = [0]

    def count() -> int:
        counted[0] += 1
        return 0

    ask()
    connection.connection.set_progress_handler(count, 1)
    try:
        ask()
    finally:
        connection.connection.set_progress_handler(None, 1)
    return counted[0]


def deep(made: Workspace, sort: str) -> str:
    """Return the cursor of the row in the middle."""
    columns = (*SORTS[sort], "id")
    middle = Member.objects.filter(workspace=made).order_by(*columns)
    row = middle[middle.count() // 2]
    return cursors.mark(sort, [getattr(row, name) for name in columns])


def costs(made: Workspace) -> dict[str, int]:
    """Return the steps of every kind of page and search."""
    found = {}
    for sort in SORTS:
        found[f"{sort}, first page"] = steps(lambda sort=sort: listing.page(made, View(sort=sort)))
        mark = deep(made, sort)
        for where in ("after", "before"):
            view = View(sort=sort, **{where: mark})
            found[f"{sort}, {where} the middle"] = steps(lambda view=view: listing.page(made, view))
    for search in ("김", "김민", "김민수", "ㄱ", "ㄱㅁㅅ", "m", "mi", "min", "2", "@w"):
        found[f"search for {search}"] = steps(lambda search=search: listing.page(made, View(search=search)))
    found["counts"] = steps(lambda: counting.counts(made))
    return found


@pytest.mark.parametrize("sizes", [SIZES, pytest.param(LARGE, marks=pytest.mark.full)])
def test_the_cost_does_not_grow_with_the_workspace(db: Any, sizes: tuple[int, int]) -> None:
    small, large = (costs(workspace(size)) for size in sizes)
    floors = {"search": SEARCH, "counts": COUNTS}
    most = {what: max(cost * MOST, floors.get(what.split()[0], FLOOR)) for what, cost in small.items()}
    assert {what: (small[what], cost) for what, cost in large.items() if cost > most[what]} == {}
    assert large["name, after the middle"] <= large["name, first page"] * MOST + FLOOR
