"""People: the directory of a workspace, and one person's card."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dure.members import directory
from dure.web import door, people


@door.page(needs=None)
@require_safe
def list_people(request: Any, **_names: Any) -> HttpResponse:
    """Show the list; a search as one types gets its body alone."""
    context = people.shown(request)
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render(request, "parts/people_list.html", context)
    return render(request, "pages/people.html", context)


@door.page(needs=None)
@require_safe
def card(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Show one person beside the list; for a list that is there already, the person alone."""
    workspace, asked = request.actor.member.workspace, request.GET
    somebody = directory.card(workspace, member_uid)
    if somebody is None:
        raise Http404
    person = {"person": people.card(request, somebody)}
    if request.htmx and request.htmx.target == "person" and not request.htmx.history_restore_request:
        place = {name: asked.get(name, "") for name in ("q", "after", "before")}
        return render(request, "parts/card.html", person | {"list_url": people.address(workspace.uid, **place)})
    return render(request, "pages/people.html", people.shown(request, current=member_uid) | person)
