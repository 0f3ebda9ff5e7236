"""Workspace members › Invitations: who was invited, and what became of it (PRODUCT.md §4.7 c, §8)."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from dure.accounts.addresses import for_readers
from dure.core import links
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.joining import queries
from dure.joining.actions import inviting, inviting_again
from dure.joining.letters import name_of as invited_name
from dure.joining.models import Invitation
from dure.joining.people import RemovedMember
from dure.joining.rules import LASTS, State, state_of
from dure.mail import outbox
from dure.mail.models import Letter
from dure.web import door
from dure.web.context import name_of
from dure.web.invited import FILTER_LABELS, FILTER_MARKS, FILTERS, SENTENCES, shown
from dure.web.panel import LANGUAGE_NAMES, letter_facts
from dure.web.tabs import numbers

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


def asked_for(asked: Any) -> dict[str, str]:
    """Return the state and the words that an address or a form asks for."""
    state = asked.get("state", "")
    return {"state": state if state in FILTERS else "", "search": asked.get("q", "")[:100].strip()}


@MANAGE
@require_safe
def invitations(request: Any, **_names: Any) -> HttpResponse:
    """Show invitations, the newest first."""
    workspace, asked = request.actor.member.workspace, asked_for(request.GET)
    rows, older = queries.page(workspace, **asked, older=request.GET.get("older", ""))
    letters = queries.last_letters(rows)
    address = reverse("invitations", args=[workspace.uid])
    context = {
        "section": "invitations",
        "tab": "mail",
        "rows": [shown(workspace.uid, row, letters.get(row.uid)) for row in rows],
        "states": _chips(workspace, address, asked),
        **asked,
        "smtp": outbox.can_send(),
        "first_url": _url(address, asked) if request.GET.get("older") else None,
        "next_url": _url(address, asked, older=older) if older else None,
    }
    return render(request, "pages/admin/invitations.html", context)


def _url(address: str, asked: dict[str, str], **more: str) -> str:
    given = {"state": asked["state"], "q": asked["search"], **more}
    kept = urlencode({name: value for name, value in given.items() if value})
    return f"{address}?{kept}" if kept else address


def _chips(workspace: Any, address: str, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Return the states, each with its number."""
    found = [queries.listed(workspace, state=code, search=asked["search"]) for code in FILTERS]
    return [
        {
            "label": FILTER_LABELS[code],
            "url": _url(address, asked | {"state": code}),
            "current": code == asked["state"],
            "mark": FILTER_MARKS[code],
            "count": number,
        }
        for code, number in zip(FILTERS, numbers(*found), strict=True)
    ]


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: Any, invitation_uid: str, **_names: Any) -> HttpResponse:
    """Show one invitation; send it again, copy a link, withdraw it, or invite the address anew."""
    workspace = request.actor.member.workspace
    found = queries.invitations(workspace).select_related("member", "workspace").filter(uid=invitation_uid).first()
    if found is None:
        raise Http404
    if request.method == "POST" and request.POST.get("step") != "copy":
        return _step(request, found)
    context = _facts(found)
    if request.method == "POST":
        try:
            context["link"] = links.mailed(inviting_again.copy_link(request.actor, invitation_uid=found.uid))
        except inviting.InvitationEnded as refused:
            messages.warning(request, refused.sentence())
            return redirect("admin_invitation", workspace.uid, found.uid)
    return render(request, "pages/admin/invitation.html", context)


def _facts(found: Invitation) -> dict[str, Any]:
    workspace, inviter = found.workspace, queries.inviter(found)
    letters = list(Letter.objects.exclude(about="").filter(about=found.uid).order_by("-id")[:10])
    return {
        "section": "invitations",
        "tab": "mail",
        "row": shown(workspace.uid, found, letters[0] if letters else None),
        "sentence": SENTENCES[state_of(found)],
        "message": found.message,
        "language": LANGUAGE_NAMES.get(found.language, ""),
        "inviter": name_of(inviter) if inviter else "",
        "inviter_lang": inviter.name_language if inviter else "",
        "member_uid": found.member.uid if found.member else "",
        "letters": [letter_facts(letter) for letter in letters],
        "reminds_at": found.remind_at if state_of(found) is State.WAITING and outbox.can_send() else None,
        "smtp": outbox.can_send(),
        "days": str(LASTS.days),
    }


def _step(request: Any, found: Invitation) -> HttpResponse:
    name, workspace = {"name": for_readers(invited_name(found))}, request.actor.member.workspace
    step = request.POST.get("step")
    try:
        if step == "withdraw":
            inviting.withdraw(request.actor, invitation_uid=found.uid)
            messages.success(request, _("The invitation of %(name)s is withdrawn.") % name)
        elif step == "anew":
            found = inviting_again.invite_anew(request.actor, invitation_uid=found.uid)
            messages.success(request, _("%(name)s is invited again.") % name)
        else:
            inviting_again.send_again(request.actor, invitation_uid=found.uid)
            messages.success(request, _("One more mail is on its way to %(name)s. The older link still works.") % name)
    except RemovedMember as removed:
        messages.warning(request, removed.sentence())
        return redirect("member", workspace.uid, removed.member.uid)
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        messages.warning(request, refused.sentence())
    return redirect("admin_invitation", workspace.uid, found.uid)
