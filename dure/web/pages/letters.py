"""The mail page for admins: the fate of every letter of the workspace (PRODUCT.md §4.13)."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.joining import queries as joining
from dure.joining import requests
from dure.joining.letters import name_of as invited_name
from dure.joining.models import Invitation, JoinRequest
from dure.joining.request_letters import name_of as asking_name
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import queries as members
from dure.members.models import Member
from dure.web import door
from dure.web.context import name_of
from dure.web.panel import LETTER_LABELS, LETTER_MARKS, letter_facts
from dure.workspaces.models import Workspace

SHOWN = (Letter.WAITING, Letter.SENT, Letter.FAILED, Letter.WITHDRAWN, Letter.EXPIRED)


@door.page(needs=Permission.MEMBERS_MANAGE)
@require_safe
def mail(request: Any, **_names: Any) -> HttpResponse:
    """Show letters, the newest first."""
    workspace = request.actor.member.workspace
    state = request.GET.get("state", "") if request.GET.get("state") in SHOWN else ""
    page = letters.page(
        workspace.pk, state=state, older=request.GET.get("older", ""), newer=request.GET.get("newer", "")
    )
    known = _known(workspace, page.rows)
    address = reverse("mail", args=[workspace.uid])
    context = {
        "section": "mail",
        "rows": [letter_facts(letter) | _recipient(letter, known, workspace.uid) for letter in page.rows],
        "chips": [_chip(address, code, state) for code in ("", *SHOWN)],
        "next_url": f"{address}?state={state}&older={page.older}" if page.older else None,
        "previous_url": f"{address}?state={state}&newer={page.newer}" if page.newer else None,
        "smtp": outbox.can_send(),
    }
    return render(request, "pages/admin/mail.html", context)


@dataclass(frozen=True)
class Known:
    """Who the letters of a page went to: members and whoever asks to be one, by their account, and the invited."""

    members: dict[int | None, Member]
    asking: dict[int, JoinRequest]
    invited: dict[str, Invitation]


def _known(workspace: Workspace, rows: list[Letter]) -> Known:
    accounts = {letter.account_id for letter in rows if letter.account_id}
    people: dict[int | None, Member] = {
        member.account_id: member for member in members.of(workspace).filter(account_id__in=accounts)
    }
    others = accounts - people.keys()
    return Known(
        members=people,
        asking=requests.newest_of(workspace, others) if others else {},
        invited=joining.by_uids(workspace, {letter.about for letter in rows if letter.about}),
    )


def _recipient(letter: Letter, known: Known, workspace_uid: str) -> dict[str, Any]:
    """Return who a letter went to: a member, somebody who is none yet, or nobody who is known any more.

    The address of a sign-up belongs to nobody until it is proven, so none is shown.
    """
    if invitation := known.invited.get(letter.about):
        url = reverse("admin_invitation", args=[workspace_uid, invitation.uid])
        return _person(for_readers(invited_name(invitation)), invitation.name_language, url)
    if member := known.members.get(letter.account_id):
        return _person(name_of(member), member.name_language, reverse("member", args=[workspace_uid, member.uid]))
    if asking := known.asking.get(letter.account_id or 0):
        url = reverse("join_request_of", args=[workspace_uid, asking.uid])
        return _person(asking_name(asking), asking.name_language, url)
    if letter.kind == Kind.SIGN_UP_CODE:
        return {"person_name": _("somebody signing up"), "to_label": ""}
    return {"person_name": _("somebody who is gone")}


def _person(name: str, language: str, url: str) -> dict[str, Any]:
    return {"person_name": name, "person_lang": language, "person_url": url}


def _chip(address: str, code: str, current: str) -> dict[str, Any]:
    return {
        "code": code,
        "label": LETTER_LABELS[code] if code else pgettext("letters", "All"),
        "count": "",
        "url": f"{address}?state={code}" if code else address,
        "current": code == current,
        "mark": LETTER_MARKS[code] if code else "",
    }
