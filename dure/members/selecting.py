"""Choosing members of the list: those that are ticked, or everybody a filter matches; no million ids in a form."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet
from django.http import QueryDict

from dure.core.models import is_uid
from dure.members import indexing, queries, terms
from dure.members.models import Member, SearchTerm
from dure.members.rules import State
from dure.members.terms import Asked
from dure.workspaces.models import Workspace


@dataclass(frozen=True)
class Selection:
    """Which members somebody chose: by name (uids), or everybody that a filter of the list matches."""

    uids: tuple[str, ...] = ()
    everybody: bool = False
    state: str = ""
    search: str = ""


def read(data: QueryDict) -> Selection:
    """Read what the list's form, or a preview, sent: ``member`` (repeated), ``everybody``, ``state``, ``q``."""
    state = data.get("state", "")
    return Selection(
        uids=tuple(uid for uid in dict.fromkeys(data.getlist("member")) if is_uid(uid)),
        everybody=data.get("everybody") == "1",
        state=state if state in set(State) else "",
        search=data.get("q", "").replace("\0", "")[: terms.LONGEST],
    )


def fields(selection: Selection) -> list[tuple[str, str]]:
    """Return the hidden fields that carry it on, and the view of the list it was chosen in."""
    chosen = [("everybody", "1")] if selection.everybody else [("member", uid) for uid in selection.uids]
    view = [("state", selection.state), ("q", selection.search)]
    return chosen + [(name, value) for name, value in view if value]


def members(workspace: Workspace | int, selection: Selection) -> QuerySet[Member]:
    """Return the members chosen, of this workspace alone, in no order."""
    found = queries.of(workspace)
    if not selection.everybody:
        return found.filter(uid__among=selection.uids)
    question = terms.asked(selection.search)
    if question is not None:
        found = _matching(workspace if isinstance(workspace, int) else workspace.pk, question)
    return queries.in_state(found, selection.state)


def _matching(workspace_id: int, question: Asked) -> QuerySet[Member]:
    """Return the members that a typed search finds; the sum is explained at ``queries.among``."""
    within: dict[str, Any] = {"term__gte": question.low, "term__lt": question.high}
    shelves = [indexing.shelf(workspace_id, known_to_all=True), indexing.shelf(workspace_id, known_to_all=False)]
    ids = SearchTerm.objects.filter(workspace_id__in=shelves, **within).values("member_id")
    found = Member.objects.alias(here=F("workspace_id") + 0).filter(here=workspace_id, pk__in=ids)
    return found.filter(search__contains=question.text) if len(question.text) > terms.CUT else found
