"""Member management (K10): the list, one person's panel, views that are kept."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.mail import outbox
from dure.members import counting, queries
from dure.members.actions import filters
from dure.web import door, listed
from dure.web.listed import View
from dure.web.panel import person as panel_of

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


@MANAGE
@require_safe
def members(request: Any, **_names: Any) -> HttpResponse:
    """Show the list; a search as one types gets its body alone."""
    view = listed.view_of(request.GET)
    context = listed.shown(request, view)
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render(request, "parts/member_list.html", context)
    return render(request, "pages/admin/members.html", context | _around(request, view))


@MANAGE
@require_safe
def member(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Show one person beside the list; for a list that is there already, the person alone."""
    workspace, view = request.actor.member.workspace, listed.view_of(request.GET)
    somebody = queries.with_id(queries.of(workspace).select_related("workspace")).filter(uid=member_uid).first()
    if somebody is None:
        raise Http404
    person = {"person": panel_of(request.actor, somebody), "smtp": outbox.can_send()}
    if request.htmx and request.htmx.target == "person" and not request.htmx.history_restore_request:
        list_url = listed.address(workspace.uid, view, after=view.after, before=view.before)
        return render(request, "parts/person.html", person | {"list_url": list_url})
    context = {**listed.shown(request, view, current=member_uid), **_around(request, view), **person}
    return render(request, "pages/admin/members.html", context)


@MANAGE
@require_POST
def keep(request: Any, **_names: Any) -> HttpResponse:
    """Keep the view of the list under a name, or take one away."""
    workspace, view = request.actor.member.workspace, listed.view_of(request.POST)
    try:
        if request.POST.get("drop"):
            filters.drop_filter(request.actor, uid=request.POST["drop"])
        else:
            kept = filters.keep_filter(request.actor, name=request.POST.get("name", ""), view=view)
            messages.success(request, _("“%(name)s” is kept above the list.") % {"name": kept.name})
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        messages.warning(request, refused.sentence())
    return redirect(listed.address(workspace.uid, view))


def _around(request: Any, view: View) -> dict[str, Any]:
    workspace = request.actor.member.workspace
    counts = counting.counts(workspace)
    return {
        "chips": listed.chips(workspace, view, counts),
        "kept": listed.kept_filters(request.actor.member, view),
        "alone": counts[""] == "1",
        "may_register": request.actor.may(Permission.MEMBERS_MANAGE),
        "smtp": outbox.can_send(),
        "total": counts[""],
        "person": None,
    }
