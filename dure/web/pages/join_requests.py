"""Workspace members › Join requests: who came by a link that needs approval, and the answer (PRODUCT.md §4.3)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.joining import requests
from dure.joining.actions import deciding
from dure.joining.rules import REQUEST_LABELS, RequestState
from dure.mail import outbox
from dure.mail.models import Letter
from dure.members import queries as members
from dure.members import rules
from dure.web import door
from dure.web.context import name_of
from dure.web.forms import PaperForm
from dure.web.join_requests import MARKS, SENTENCES, closed_link, everybody, left, row_of, told
from dure.web.panel import letter_facts
from dure.web.tabs import numbers
from dure.workspaces.models import Workspace

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


class RefuseForm(PaperForm):
    """A sentence for whoever asked."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It stands in the mail they get, and under My workspaces."),
        required=False,
        max_length=deciding.LONGEST_REASON,
        widget=forms.Textarea({"rows": 3}),
    )


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def join_requests(request: Any, **_names: Any) -> HttpResponse:
    """Show requests, the newest first; approve or refuse those chosen."""
    workspace, asked = request.actor.member.workspace, request.GET
    if request.method == "POST":
        return _answer_chosen(request)
    state = asked.get("state", "")
    state = state if state in set(RequestState) else RequestState.WAITING
    rows, older = requests.page(workspace, state=state, older=asked.get("older", ""))
    address, shown = reverse("join_requests", args=[workspace.uid]), [row_of(row, workspace.uid) for row in rows]
    newest = requests.newest(workspace)
    number, removed = requests.count_up_to(workspace, newest, most=deciding.MOST)
    context = {
        "section": "join_requests",
        "tab": "requests",
        "rows": shown,
        "newest": newest,
        "everybody": everybody(number, removed),
        "several": number > 1,
        "states": _chips(workspace, address, state),
        "state": str(state),
        "some_removed": bool(removed),
        "smtp": outbox.can_send(),
        "next_url": f"{address}?older={older}&state={state}" if older else None,
    }
    return render(request, "pages/admin/join_requests.html", context)


def _chips(workspace: Workspace, address: str, current: str) -> list[dict[str, Any]]:
    counts = numbers(*(requests.in_state(requests.of(workspace), code) for code in RequestState))
    return [
        {
            "label": REQUEST_LABELS[code],
            "url": address if code is RequestState.WAITING else f"{address}?state={code}",
            "current": code == current,
            "mark": MARKS[code],
            "count": count,
        }
        for code, count in zip(RequestState, counts, strict=True)
    ]


def _answer_chosen(request: Any) -> HttpResponse:
    sent, workspace = request.POST, request.actor.member.workspace
    uids = sent.getlist("request")
    if sent.get("everybody"):
        approves, newest = sent.get("step") == "approve", sent.get("newest", "")
        uids = requests.waiting(workspace, up_to=newest, most=deciding.MOST, but_removed=approves)
    if sent.get("step") == "ask_reason" and uids:
        return _ask_reason(request, uids[: deciding.MOST])
    try:
        _answer(request, uids)
    except (deciding.NobodyChosen, deciding.TooManyChosen) as refused:
        messages.warning(request, refused.sentence())
    return redirect("join_requests", workspace.uid)


def _answer(request: Any, uids: list[str]) -> None:
    approves = request.POST.get("step") == "approve"
    if approves:
        found = deciding.approve(request.actor, request_uids=uids)
    else:
        found = deciding.refuse(request.actor, request_uids=uids, reason=request.POST.get("reason", ""))
    if done := told(found, approved=approves):
        messages.success(request, done)
    for sentence in left(found):
        messages.warning(request, sentence)


def _ask_reason(request: Any, uids: list[str]) -> HttpResponse:
    """Show who is refused, and ask for one reason for all of them; nothing has been changed yet."""
    workspace = request.actor.member.workspace
    waiting = requests.with_ids(requests.living(requests.of(workspace).filter(uid__among=uids))).order_by("-id")
    rows = [row_of(row, workspace.uid) for row in waiting]
    context = {"section": "join_requests", "rows": rows[:20], "more": max(len(rows) - 20, 0), "form": RefuseForm()}
    context |= {"uids": [row["uid"] for row in rows], "smtp": outbox.can_send()}
    context["number"] = f"{len(rows):,}" if len(rows) > 1 else ""
    return render(request, "pages/admin/refuse_requests.html", context)


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def join_request(request: Any, request_uid: str, **_names: Any) -> HttpResponse:
    """Show one request, approve or refuse it."""
    workspace = request.actor.member.workspace
    row = requests.one(workspace, request_uid)
    if row is None:
        raise Http404
    if request.method == "POST":
        try:
            _answer(request, [request_uid])
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            messages.warning(request, refused.sentence())
        return redirect("join_request_of", workspace.uid, request_uid)
    shown = row_of(row, workspace.uid)
    letters = Letter.objects.filter(workspace_id=workspace.pk, about=row.uid, account_id=row.account_id)
    context = {
        "section": "join_requests",
        "row": shown,
        "sentence": SENTENCES[RequestState(shown["state"])],
        "id_proven": row.id_proven_at is not None,
        "answer": row.answer,
        "link_uid": row.link.uid if row.link else "",
        "closed_link": closed_link(row),
        "letters": [letter_facts(letter) for letter in letters.order_by("-id")[:5]],
        "form": RefuseForm(),
        "smtp": outbox.can_send(),
        **_around(row),
    }
    return render(request, "pages/admin/join_request.html", context)


def _around(row: Any) -> dict[str, Any]:
    """Return who answered, and whether the account has, or had, a place here already."""
    here = members.of(row.workspace_id)
    decider = here.filter(pk=row.decided_by_id or 0).first()
    place = here.filter(account_id=row.account_id).first()
    return {
        "decider": name_of(decider) if decider else "",
        "decider_lang": decider.name_language if decider else "",
        "member_uid": place.uid if place else "",
        "is_here": place is not None and rules.is_here(place),
        "was_removed": place is not None and not rules.is_here(place),
    }
