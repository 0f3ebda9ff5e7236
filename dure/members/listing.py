"""The member list: one page of it in any order, filter and depth, at the cost of the page alone (docs/adr/0013).

The directory of all members is the same list of fewer people, found by less (``directory``, docs/adr/0015).

Every order is an index that starts with the workspace and ends with the id. A cursor holds the values of the row it
stands at, so that a page goes on where the last one ended whatever happened to that row.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet

from dure.members import cursors, indexing, queries, terms
from dure.members.models import Member
from dure.members.queries import DIRECTORY
from dure.members.rules import State
from dure.members.terms import Asked
from dure.workspaces.models import Workspace

PAGE = queries.PAGE
NARROW = 200
"""As many terms are gathered and put into any order; of more, the nearest come first."""
LOOKED_AT = 2000
"""As many terms are looked at for one page; a page of a rare state may then be short, and lead on."""
CHUNK = 160
SPARE = 14
"""As many more than a page are looked at, for those who are not shown."""

SORTS = {
    "name": ("sort_key",),
    "id": ("id_key",),
    "joined": ("registered_at",),
    "signed_in": ("signed_in_at",),
    "state": ("state", "sort_key"),
}
COLUMNS = (
    *("pk", "uid", "workspace_id", "account_id", "family_name", "given_name", "name_language", "is_super_admin"),
    *("starts_at", "deadline_at", "activated_at", "suspended_at", "leave_from", "leave_until"),
    *("removed_at", "restorable_until", "id_key", "sort_key", "registered_at", "signed_in_at", "state"),
    "photo",
)
"""What a row of a page has: of the member, and the photo."""
NEAREST = "nearest"
DUE = {
    State.SCHEDULED: "starts_at",
    State.REGISTERED: "deadline_at",
    State.EXPIRED: "deadline_at",
    State.ON_LEAVE: "leave_until",
    State.REMOVED: "removed_at",
}
"""States told apart by a date, which is an order of its own (``due``)."""


@dataclass(frozen=True)
class View:
    """What of the list is looked at; ``sort`` is empty for the usual order.

    ``known_to_all`` is for whoever has no *Member management*: only what every member may know finds anybody then
    (PRODUCT.md §4.17).
    """

    state: str = ""
    search: str = ""
    sort: str = ""
    descending: bool = False
    after: str = ""
    before: str = ""
    known_to_all: bool = False


@dataclass(frozen=True)
class Page:
    """One page; the cursors are empty at its ends. ``sort`` is the order it is in, and ``is_broad`` tells that a
    search found too many to be put into another one.
    """

    rows: list[Any]
    previous: str
    next: str
    sort: str
    is_broad: bool = False


def directory(workspace: Workspace, *, search: str = "", after: str = "", before: str = "") -> Page:
    """Return a page of the members whom every member may know, found by what every member may know of them."""
    return page(workspace, View(DIRECTORY, search, after=after, before=before, known_to_all=True))


def page(workspace: Workspace, view: View) -> Page:
    """Return a page of members, each a row of ``COLUMNS``."""
    question = terms.asked(view.search)
    if question is None:
        return _in_order(_narrowed(workspace.pk, view), _usual(view))
    found = _terms(workspace.pk, question, [], NARROW + 1, view)
    if len(found) <= NARROW:
        return _gathered(workspace.pk, question, found, view)
    if view.state and (few := _few(workspace.pk, view.state)) is not None:
        known = Member.objects.filter(pk__among=few).values_list("pk", "search")
        found = [(first, pk) for pk, search in known if (first := _first(question, search, view))]
        return _gathered(workspace.pk, question, found, view)
    quickly = _first_page(workspace.pk, found, view) if len(question.text) <= terms.CUT else None
    return replace(quickly or _nearest(workspace.pk, question, view), is_broad=True)


def _usual(view: View) -> View:
    known = view.sort in SORTS or (view.sort == "due" and view.state in DUE)
    return view if known else replace(view, sort="name", descending=False)


def _narrowed(workspace_id: int, view: View) -> QuerySet[Member]:
    """Return the members in a state; few whose state a date tells are gathered first, and ordered then."""
    members = queries.of(workspace_id)
    if view.state in DUE and view.sort != "due" and (few := _few(workspace_id, view.state)) is not None:
        return queries.among(workspace_id, few)
    if view.sort == "due":
        return queries.pieces(members, view.state)[-1]
    if view.state == State.REMOVED:
        return members.filter(state=Member.REMOVED)
    return queries.in_state(members, view.state)


def _few(workspace_id: int, state: str) -> list[int] | None:
    """Return the members in a state when they are no more than are counted."""
    ids: list[int] = []
    most = NARROW if state == DIRECTORY else queries.COUNTED
    for piece in queries.pieces(queries.of(workspace_id), state):
        ids += piece.order_by().values_list("pk", flat=True)[: most + 1 - len(ids)]
        if len(ids) > most:
            return None
    return ids


def _in_order(members: QuerySet[Member], view: View, *, sorts: int = 0) -> Page:
    """Return a page of an order that an index has, or of the few members of workspace ``sorts``, sorted for it.

    For those the order alone is found first: what a row shows is read for one page, not for all that are sorted.
    """
    columns = (DUE[State(view.state)],) if view.sort == "due" else SORTS[view.sort]
    columns = (*columns, "pk")
    cursor, backwards = cursors.read(view.after, view.before, view.sort, len(columns))
    descending = view.descending != backwards
    if sorts:
        ids = _beyond(members.values_list("pk", flat=True), columns, cursor, descending)
        rows = _in_this_order(sorts, ids)
    else:
        rows = _beyond(_shown(members), columns, cursor, descending)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    marks = [[getattr(row, name) for name in columns] for row in rows]
    return _page(rows, marks, view, view.sort, more=more, at_start=not cursor, backwards=backwards)


def _beyond(members: QuerySet[Any], columns: Sequence[str], cursor: list[Any], descending: bool) -> list[Any]:
    """Return a page and one row more: first those that differ from the cursor in the last column alone, then others.

    One after the other, each a jump into the index: half a million may never have signed in.
    """
    members = members.order_by(*(f"-{name}" if descending else name for name in columns))
    if not cursor:
        return list(members[: PAGE + 1])
    rows: list[Any] = []
    for size in range(len(columns) - 1, -1, -1):
        same = dict(zip(columns[:size], cursor, strict=False))
        beyond = {f"{columns[size]}__{'lt' if descending else 'gt'}": cursor[size]}
        rows += members.filter(**same, **beyond)[: PAGE + 1 - len(rows)] if len(rows) <= PAGE else []
    return rows


def _gathered(workspace_id: int, question: Asked, found: list[tuple[str, int]], view: View) -> Page:
    """Return a page of those a search found, when they are few: in the order of the list."""
    ids = {pk for _term, pk in found}
    if len(question.text) > terms.CUT:
        known = Member.objects.filter(pk__among=ids).values_list("pk", "search")
        ids = {pk for pk, search in known if _first(question, search, view)}
    members = queries.among(workspace_id, ids)
    return _in_order(queries.in_state(members, view.state), _usual(view), sorts=workspace_id)


def _first_page(workspace_id: int, found: list[tuple[str, int]], view: View) -> Page | None:
    """Return the first page of the nearest from the terms at hand, or None when too few of them are shown.

    Whoever is walked past first is listed there, so that nobody's lines need to be read.
    """
    if view.after or view.before:
        return None
    first: dict[int, str] = {}
    for term, pk in found:
        first.setdefault(pk, term)
    nearest = list(first)[: PAGE + SPARE]
    members = queries.in_state(queries.among(workspace_id, nearest), view.state)
    shown = {row.pk: row for row in _shown(members)}
    rows = [shown[pk] for pk in nearest if pk in shown]
    if len(rows) <= PAGE:
        return None
    marks = [[first[row.pk], row.pk] for row in rows[:PAGE]]
    return _page(rows[:PAGE], marks, view, NEAREST, more=True, at_start=True, backwards=False)


def _nearest(workspace_id: int, question: Asked, view: View) -> Page:
    """Walk along the index; each member is listed at their first term, and passed over at every other."""
    cursor, backwards = cursors.read(view.after, view.before, NEAREST, 2)
    chosen: list[tuple[str, int]] = []
    at, looked, ended = list(cursor), 0, False
    while len(chosen) <= PAGE and looked < LOOKED_AT and not ended:
        found = _terms(workspace_id, question, at, CHUNK, view, backwards=backwards)
        looked, ended = looked + len(found), len(found) < CHUNK
        at = list(found[-1]) if found else at
        chosen += _listed_here(workspace_id, question, found, view)
    more, chosen = len(chosen) > PAGE or not ended, chosen[:PAGE]
    last = list(chosen[-1]) if len(chosen) == PAGE else at
    nearest = list(chosen[0]) if chosen else last
    marks = [last, nearest] if backwards else [nearest, last]
    if backwards:
        chosen.reverse()
    rows = _in_this_order(workspace_id, [pk for _term, pk in chosen])
    return _page(rows, marks, view, NEAREST, more=more, at_start=not cursor, backwards=backwards)


def _listed_here(workspace_id: int, question: Asked, found: list[tuple[str, int]], view: View) -> list[tuple[str, int]]:
    members = queries.among(workspace_id, {pk for _term, pk in found})
    known = dict(queries.in_state(members, view.state).values_list("pk", "search"))
    return [(term, pk) for term, pk in found if pk in known and _first(question, known[pk], view) == term]


def _first(question: Asked, search: str, view: View) -> str:
    return question.first(search, known_to_all=view.known_to_all)


def _in_this_order(workspace_id: int, ids: Sequence[int]) -> list[Any]:
    found = {row.pk: row for row in _shown(queries.among(workspace_id, ids))}
    return [found[pk] for pk in ids if pk in found]


def _shown(members: QuerySet[Member]) -> QuerySet[Any]:
    """Read what the list shows as plain rows: fifty models of forty columns cost as much as all the rest of a page."""
    return members.annotate(photo=F("profile__photo")).values_list(*COLUMNS, named=True)


def _terms(
    workspace_id: int, question: Asked, beyond: list[Any], limit: int, view: View, *, backwards: bool = False
) -> list[tuple[str, int]]:
    """Return terms that begin with what is asked, in the order of the index; plain SQL, for it is asked at every key.

    Beyond the first page one bound is where the last one ended. Admins look in both shelves, in each by itself: one
    range of the key, however much of the other there is.
    """
    low: tuple[Any, ...] = (question.low, -1)
    high: tuple[Any, ...] = (question.high, -1)
    if beyond:
        low, high = (low, tuple(beyond)) if backwards else (tuple(beyond), high)
    order = "DESC" if backwards else "ASC"
    sql = (
        "SELECT term, member_id FROM dure_searchterm WHERE workspace_id = %s"  # noqa: S608 - our own words
        " AND (term, member_id) > (%s, %s) AND (term, member_id) < (%s, %s)"
        f" ORDER BY term {order}, member_id {order} LIMIT {limit}"
    )
    found: list[list[tuple[str, int]]] = []
    with connection.cursor() as cursor:
        for known_to_all in (True,) if view.known_to_all else (True, False):
            cursor.execute(sql, [indexing.shelf(workspace_id, known_to_all=known_to_all), *low, *high])
            found.append(cursor.fetchall())
    return list(heapq.merge(*found, reverse=backwards))[:limit] if len(found) > 1 else found[0]


def _page(
    rows: list[Any], marks: list[list[Any]], view: View, sort: str, *, more: bool, at_start: bool, backwards: bool
) -> Page:
    if backwards and sort != NEAREST:
        rows, marks = rows[::-1], marks[::-1]
    has_previous, has_next = (more, True) if backwards else (not at_start, more)
    return Page(
        rows=rows,
        previous=cursors.mark(sort, marks[0]) if marks and has_previous else "",
        next=cursors.mark(sort, marks[-1]) if marks and has_next else "",
        sort=sort,
    )
