"""Asking to leave: the member's own page, and the list of requests for the admins (K6)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts.addresses import for_readers
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.actions import asking_to_leave
from dure.web import door
from dure.web.context import avatar_of, name_of
from dure.web.forms import PaperForm

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


class AskForm(PaperForm):
    """A word to the admins."""

    message = forms.CharField(
        label=gettext_lazy("Message to the admins"),
        required=False,
        max_length=asking_to_leave.LONGEST_MESSAGE,
        widget=forms.Textarea({"rows": 3}),
    )


@door.page(needs=None)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: Any, **_names: Any) -> HttpResponse:
    """Say what leaving means, take the request, or take it back."""
    form, workspace = AskForm(request.POST or None), request.actor.member.workspace.uid
    if request.method == "POST" and form.is_valid():
        withdraws = request.POST.get("step") == "withdraw"
        try:
            if withdraws:
                asking_to_leave.withdraw_request(request.actor)
            else:
                asking_to_leave.ask_to_leave(request.actor, message=form.cleaned_data["message"])
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            messages.warning(request, refused.sentence())
        else:
            done = _("Your request is withdrawn.") if withdraws else _("Your admins have your request.")
            messages.success(request, done)
        return redirect("leave", workspace)
    member = request.actor.member
    context = {
        "tab": "more",
        "form": form,
        "asked": asking_to_leave.open_of(member),
        "leaves_at": member.removed_at if rules.is_leaving(member) else None,
        "last_one": request.actor.is_super_admin
        and not queries.able_super_admins(member.workspace_id, without=member.pk),
        "managers": [
            {"name": name_of(one), "lang": one.name_language} for one in queries.managers(member.workspace)[:5]
        ],
    }
    return render(request, "pages/leave.html", context)


@MANAGE
@require_safe
def leave_requests(request: Any, **_names: Any) -> HttpResponse:
    """Show open requests, the newest first, or those that were answered."""
    workspace, answered = request.actor.member.workspace, request.GET.get("state") == "answered"
    rows, older = asking_to_leave.requests(workspace.pk, answered=answered, older=request.GET.get("older", ""))
    address, state = reverse("leave_requests", args=[workspace.uid]), "&state=answered" if answered else ""
    context = {
        "section": "leave_requests",
        "rows": [_row(row, workspace.uid) for row in rows],
        "answered": answered,
        "next_url": f"{address}?older={older}{state}" if older else None,
    }
    return render(request, "pages/admin/leave_requests.html", context)


def _row(row: Any, workspace_uid: str) -> dict[str, Any]:
    act = reverse("act", args=[workspace_uid, rules.Step.REMOVE])
    return {
        "uid": row.uid,
        "name": name_of(row.member),
        "lang": row.member.name_language,
        "avatar": avatar_of(row.member),
        "id_address": for_readers(row.member.id_key),
        "message": row.message,
        "asked_at": row.asked_at,
        "answer": row.answer,
        "approved": row.approved_at is not None,
        "answered_at": row.approved_at or row.declined_at,
        "approve_url": f"{act}?member={row.member.uid}",
        "person_url": reverse("member", args=[workspace_uid, row.member.uid]),
    }


@MANAGE
@require_POST
def decline(request: Any, request_uid: str, **_names: Any) -> HttpResponse:
    """Answer a request with a sentence; the member stays."""
    try:
        asking_to_leave.decline_request(request.actor, request_uid=request_uid, answer=request.POST.get("answer", ""))
    except (asking_to_leave.NoAnswer, asking_to_leave.RequestAnswered) as refused:
        messages.warning(request, refused.sentence())
    else:
        messages.success(request, _("Answered. They stay, and have your sentence by mail."))
    return redirect("leave_requests", request.actor.member.workspace.uid)
