"""Workspace members › Invitations: who was invited, and what became of it (PRODUCT.md §4.7 c, §8)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.joining import queries
from dure.joining.actions import inviting
from dure.joining.letters import name_of as invited_name
from dure.joining.models import Invitation
from dure.joining.rules import LABELS, State, state_of
from dure.mail import outbox
from dure.mail.models import Letter
from dure.web import door
from dure.web.context import name_of
from dure.web.panel import letter_facts

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)
MARKS = {
    State.WAITING: "pending",
    State.ACCEPTED: "active",
    State.DECLINED: "suspended",
    State.RUN_OUT: "expired",
    State.WITHDRAWN: "removed",
}
SENTENCES = {
    State.WAITING: gettext_lazy("Waits for an answer. They are no member until they accept."),
    State.ACCEPTED: gettext_lazy("Has accepted and is a member."),
    State.DECLINED: gettext_lazy("Has declined. What was written about them is deleted."),
    State.RUN_OUT: gettext_lazy("Did not answer in time. Register them again to invite them anew."),
    State.WITHDRAWN: gettext_lazy("Was withdrawn. No link of it works."),
}


@MANAGE
@require_safe
def invitations(request: Any, **_names: Any) -> HttpResponse:
    """Show invitations, the newest first."""
    workspace, asked = request.actor.member.workspace, request.GET
    state = asked.get("state", "") if asked.get("state") in set(State) else ""
    rows, older = queries.page(workspace, state=state, older=asked.get("older", ""))
    address = reverse("invitations", args=[workspace.uid])
    kept = f"&state={state}" if state else ""
    context = {
        "section": "invitations",
        "rows": [_row(row, workspace.uid) for row in rows],
        "chips": [_chip(address, code, state) for code in ("", *State)],
        "state": state,
        "next_url": f"{address}?older={older}{kept}" if older else None,
    }
    return render(request, "pages/admin/invitations.html", context)


def _chip(address: str, code: str, current: str) -> dict[str, Any]:
    return {
        "label": LABELS[State(code)] if code else pgettext("invitations", "All"),
        "url": f"{address}?state={code}" if code else address,
        "current": code == current,
        "mark": MARKS[State(code)] if code else "",
    }


def _row(row: Invitation, workspace_uid: str) -> dict[str, Any]:
    state = state_of(row)
    local, _at, domain = row.address.partition("@")
    return {
        "url": reverse("admin_invitation", args=[workspace_uid, row.uid]),
        "name": invited_name(row),
        "lang": row.name_language,
        "id_local": local,
        "id_domain": domain,
        "state": str(state),
        "state_label": LABELS[state],
        "mark": MARKS[state],
        "invited_at": row.invited_at,
        "ended_at": row.ended_at or row.expires_at,
        "starts_at": row.starts_at,
    }


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Any, invitation_uid: str, **_names: Any) -> HttpResponse:
    """Show one invitation; send it again or withdraw it."""
    workspace = request.actor.member.workspace
    found = queries.invitations(workspace).select_related("member", "workspace").filter(uid=invitation_uid).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        return _step(request, found)
    inviter = queries.inviter(found)
    letters = Letter.objects.filter(workspace_id=workspace.pk, about=found.uid).order_by("-id")[:5]
    context = {
        "section": "invitations",
        "row": _row(found, workspace.uid),
        "sentence": SENTENCES[state_of(found)],
        "inviter": name_of(inviter) if inviter else "",
        "inviter_lang": inviter.name_language if inviter else "",
        "member_uid": found.member.uid if found.member else "",
        "letters": [letter_facts(letter) for letter in letters],
        "smtp": outbox.can_send(),
    }
    return render(request, "pages/admin/invitation.html", context)


def _step(request: Any, found: Invitation) -> HttpResponse:
    name = {"name": invited_name(found)}
    try:
        if request.POST.get("step") == "withdraw":
            inviting.withdraw(request.actor, invitation_uid=found.uid)
            messages.success(request, _("The invitation of %(name)s is withdrawn.") % name)
        else:
            inviting.send_again(request.actor, invitation_uid=found.uid)
            messages.success(request, _("One more mail is on its way to %(name)s. The older link still works.") % name)
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        messages.warning(request, refused.sentence())
    return redirect("admin_invitation", request.actor.member.workspace.uid, found.uid)
