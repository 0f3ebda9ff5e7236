"""Waiting for approval: what whoever asks sees of their own join request (PRODUCT.md §4.3)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dure.accounts import queries as accounts
from dure.accounts.addresses import for_readers
from dure.joining import queries, requests
from dure.joining.actions import requesting
from dure.joining.models import JoinRequest
from dure.joining.request_letters import name_of
from dure.joining.rules import LinkState, RequestState, link_state_of, request_state_of
from dure.mail import outbox
from dure.members import queries as members
from dure.members import rules
from dure.web import door
from dure.web.context import look_url
from dure.web.join_requests import shown_request
from dure.web.phone import on_the_phone


@door.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def join_request(request: Any, request_uid: str) -> HttpResponse:
    """Say what happens with the reader's own request; take it back; lead into the workspace once it is approved."""
    row = requests.mine(request.owner.account, request_uid)
    if row is None:
        raise Http404
    if request.method == "POST":
        return _withdraw(request, row)
    state = request_state_of(row)
    member = members.present(request.owner.account, row.workspace.uid) if state is RequestState.APPROVED else None
    opens = member is not None and rules.opens(member)
    if state is RequestState.WITHDRAWN or (state is RequestState.APPROVED and not opens):
        return redirect("my_workspaces")
    waits = state is not RequestState.APPROVED
    context = {
        "invited": queries.invited_to(row.workspace_id, request.owner.account) if waits else None,
        "asked": shown_request(row),
        "again_url": _again(row) if waits and state is not RequestState.WAITING else "",
        "home_url": reverse("home", args=[row.workspace.uid]) if opens else "",
        "asked_as": name_of(row),
        "asked_lang": row.name_language,
        "message": row.message,
        "look_url": look_url(row.workspace.accent),
        "id_address": for_readers(accounts.id_address(request.owner.account)),
        "smtp": outbox.can_send(),
        **on_the_phone(request),
    }
    return render(request, "pages/join_request.html", context)


def _again(row: JoinRequest) -> str:
    """Return where whoever was told no may ask again: the page of the link, while it lets people in."""
    open_still = row.link is not None and link_state_of(row.link) is LinkState.OPEN
    return reverse("join", args=[row.link.uid]) if row.link and open_still else ""


def _withdraw(request: Any, row: JoinRequest) -> HttpResponse:
    try:
        requesting.withdraw(request.owner, request_uid=row.uid)
    except requesting.RequestEnded as ended:
        messages.warning(request, ended.sentence())
        return redirect("join_request", row.uid)
    messages.success(request, _("Your request to join %(name)s is taken back.") % {"name": row.workspace.name})
    return redirect("my_workspaces")
