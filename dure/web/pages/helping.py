"""Questions from people who cannot get in, for the admins of their workspace (K10)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.members import queries
from dure.members.actions import asking
from dure.web import door
from dure.web.context import avatar_of, name_of

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


@MANAGE
@require_safe
def help_requests(request: Any, **_names: Any) -> HttpResponse:
    """Show open questions, the newest first, or those that were answered."""
    workspace, answered = request.actor.member.workspace, request.GET.get("state") == "answered"
    rows, older = queries.help_requests(workspace, answered=answered, older=request.GET.get("older", ""))
    address = reverse("help_requests", args=[workspace.uid])
    state = "&state=answered" if answered else ""
    context = {
        "section": "help",
        "rows": [_row(row, workspace.uid) for row in rows],
        "answered": answered,
        "next_url": f"{address}?older={older}{state}" if older else None,
    }
    return render(request, "pages/admin/help.html", context)


def _row(row: Any, workspace_uid: str) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "name": name_of(row.member),
        "lang": row.member.name_language,
        "avatar": avatar_of(row.member),
        "address": for_readers(row.address),
        "message": row.message,
        "asked_at": row.asked_at,
        "answer": row.answer,
        "answered_at": row.answered_at,
        "person_url": reverse("member", args=[workspace_uid, row.member.uid]),
    }


@MANAGE
@require_POST
def answer(request: Any, request_uid: str, **_names: Any) -> HttpResponse:
    """Answer one question."""
    try:
        answered = asking.answer_help(request.actor, request_uid=request_uid, answer=request.POST.get("answer", ""))
    except asking.AlreadyAnswered as refused:
        messages.warning(request, refused.sentence())
    else:
        said = _("The answer is on its way to %(address)s.") if answered.answer else _("The question is closed.")
        messages.success(request, said % {"address": for_readers(answered.address)})
    return redirect("help_requests", request.actor.member.workspace.uid)
