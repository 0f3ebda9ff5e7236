"""The mail page for admins: the fate of every letter of the workspace (PRODUCT.md §4.13)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.joining import queries as joining
from dure.joining.letters import name_of as invited_name
from dure.joining.models import Invitation
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.models import Letter
from dure.members import queries as members
from dure.members.models import Member
from dure.web import door
from dure.web.context import name_of
from dure.web.panel import LETTER_LABELS, LETTER_MARKS, letter_facts

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
    people = _people(workspace, page.rows)
    invited = joining.by_uids(workspace, {letter.about for letter in page.rows if letter.about})
    address = reverse("mail", args=[workspace.uid])
    context = {
        "section": "mail",
        "rows": [_row(letter, _recipient(letter, people, invited, workspace.uid)) for letter in page.rows],
        "chips": [_chip(address, code, state) for code in ("", *SHOWN)],
        "next_url": f"{address}?state={state}&older={page.older}" if page.older else None,
        "previous_url": f"{address}?state={state}&newer={page.newer}" if page.newer else None,
        "smtp": outbox.can_send(),
    }
    return render(request, "pages/admin/mail.html", context)


def _people(workspace: Any, rows: list[Letter]) -> dict[int | None, Member]:
    found = members.of(workspace).filter(account_id__in={letter.account_id for letter in rows})
    return {member.account_id: member for member in found}


def _recipient(
    letter: Letter, people: dict[int | None, Member], invited: dict[str, Invitation], workspace_uid: str
) -> dict[str, Any]:
    """Return who a letter went to: a member, or somebody who is invited and none yet."""
    member, invitation = people.get(letter.account_id), invited.get(letter.about)
    if invitation:
        url = reverse("admin_invitation", args=[workspace_uid, invitation.uid])
        return {
            "person_name": for_readers(invited_name(invitation)),
            "person_lang": invitation.name_language,
            "person_url": url,
        }
    if member:
        url = reverse("member", args=[workspace_uid, member.uid])
        return {"person_name": name_of(member), "person_lang": member.name_language, "person_url": url}
    return {"person_name": "", "person_lang": "", "person_url": None}


def _row(letter: Letter, recipient: dict[str, Any]) -> dict[str, Any]:
    return {**recipient, **letter_facts(letter)}


def _chip(address: str, code: str, current: str) -> dict[str, Any]:
    return {
        "code": code,
        "label": LETTER_LABELS[code] if code else pgettext("letters", "All"),
        "count": "",
        "url": f"{address}?state={code}" if code else address,
        "current": code == current,
        "mark": LETTER_MARKS[code] if code else "",
    }
