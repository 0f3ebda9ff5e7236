"""Workspace members › Invitations › Invite links: made by whoever may enter the admin service (K3)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from dure.core.permissions import Permission
from dure.joining import links
from dure.joining.rules import LINK_LABELS, LinkState
from dure.web import door
from dure.web.links import LINK_MARKS, rows_of

ENTER = door.page(needs=Permission.ADMIN_ENTER)


@ENTER
@require_safe
def invite_links(request: Any, **_names: Any) -> HttpResponse:
    """Show the links, the newest first, without their addresses."""
    workspace, asked = request.actor.member.workspace, request.GET
    state = asked.get("state", "") if asked.get("state") in set(LinkState) else ""
    found, older = links.page(workspace, state=state, older=asked.get("older", ""))
    address = reverse("invite_links", args=[workspace.uid])
    kept = f"&state={state}" if state else ""
    context = {
        "section": "invitations",
        "tab": "links",
        "rows": rows_of(workspace, found),
        "states": [_chip(address, code, state) for code in ("", *LinkState)],
        "state": state,
        "next_url": f"{address}?older={older}{kept}" if older else None,
    }
    return render(request, "pages/admin/invite_links.html", context)


def _chip(address: str, code: str, current: str) -> dict[str, Any]:
    return {
        "label": LINK_LABELS[LinkState(code)] if code else pgettext("invite links", "All"),
        "url": f"{address}?state={code}" if code else address,
        "current": code == current,
        "mark": LINK_MARKS[LinkState(code)] if code else "",
    }
