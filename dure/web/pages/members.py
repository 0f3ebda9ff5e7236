"""Member management, first form (K10): the list, one person's panel, sending the link again."""

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from dure.core.permissions import Permission
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.models import Letter
from dure.members import queries, rules
from dure.members.models import Member
from dure.members.rules import State
from dure.web import door
from dure.web.context import ROLES, avatar_of, name_of
from dure.web.panel import MARKS
from dure.web.panel import person as panel_of

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)
WHY = {
    "": gettext_lazy("no mail was sent"),
    Letter.WAITING: gettext_lazy("the mail waits"),
    Letter.SENDING: gettext_lazy("the mail waits"),
    Letter.SENT: gettext_lazy("the mail was sent"),
    Letter.FAILED: gettext_lazy("the mail failed"),
    Letter.EXPIRED: gettext_lazy("the mail failed"),
    Letter.WITHDRAWN: gettext_lazy("no mail was sent"),
}
"""Why somebody may not have come yet (N14)."""


@MANAGE
@require_safe
def members(request: Any, **_names: Any) -> HttpResponse:
    """Show the list; a search as one types gets its body alone."""
    context = _list(request)
    if request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request:
        return render(request, "parts/member_list.html", context)
    return render(request, "pages/admin/members.html", context | _around(request))


@MANAGE
@require_safe
def member(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Show one person beside the list."""
    actor = request.actor
    found = queries.with_id(queries.of(actor.member.workspace).select_related("workspace")).filter(uid=member_uid)
    somebody = found.first()
    if somebody is None:
        raise Http404
    context = {
        **_list(request, current=member_uid),
        **_around(request),
        "person": panel_of(actor, somebody),
    }
    return render(request, "pages/admin/members.html", context)


def _around(request: Any) -> dict[str, Any]:
    counts = queries.counts(request.actor.member.workspace)
    return {
        "chips": [_chip(request, state, counts[state]) for state in ("", *State)],
        "alone": counts[""] == "1",
        "may_register": request.actor.may(Permission.MEMBERS_MANAGE),
        "smtp": outbox.can_send(),
        "total": counts[""],
        "person": None,
    }


def _chip(request: Any, state: str, count: str) -> dict[str, Any]:
    return {
        "code": state,
        "label": rules.LABELS[State(state)] if state else pgettext("members", "All"),
        "count": count,
        "url": _address(request, state=state),
        "current": request.GET.get("state", "") == state,
        "mark": MARKS[State(state)] if state else "",
    }


def _list(request: Any, *, current: str = "") -> dict[str, Any]:
    workspace, asked = request.actor.member.workspace, request.GET
    state = asked.get("state", "") if asked.get("state") in set(State) else ""
    page = queries.page(
        workspace,
        state=state,
        search=asked.get("q", ""),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )
    role_of = queries.roles(page.rows)
    fates = letters.fates([row.account_id for row in page.rows if rules.state_of(row) in rules.WAITING])
    photos = queries.photos(workspace, page.rows)
    rows = [
        _row(request, row, role_of(row), current, fates.get(row.account_id))
        | {"photo_url": reverse("photo", args=[workspace.uid, photos[row.pk]]) if row.pk in photos else ""}
        for row in page.rows
    ]
    return {
        "section": "members",
        "search": asked.get("q", ""),
        "state": state,
        "rows": rows,
        "anybody_waits": any(row["waits"] for row in rows),
        "nothing_found": not page.rows,
        "previous_url": _address(request, state=state, before=page.previous) if page.previous else None,
        "next_url": _address(request, state=state, after=page.next) if page.next else None,
    }


def _address(request: Any, **changes: str) -> str:
    asked = {"q": request.GET.get("q", ""), **changes}
    query = urlencode({name: value for name, value in asked.items() if value})
    return reverse("members", args=[request.actor.member.workspace.uid]) + (f"?{query}" if query else "")


def _row(request: Any, row: Any, role: str, current: str, fate: str | None) -> dict[str, Any]:
    state, smtp = rules.state_of(row), outbox.can_send()
    address = reverse("member", args=[request.actor.member.workspace.uid, row.uid])
    local, _at, domain = row.id_address.partition("@")
    return {
        "uid": row.uid,
        "name": name_of(row),
        "lang": row.name_language,
        "avatar": avatar_of(row),
        "id_address": row.id_address,
        "id_local": local,
        "id_domain": domain,
        "state": str(state),
        "state_label": rules.LABELS[state],
        "mark": MARKS[state],
        "note": _note(row, state),
        "waits": state in rules.WAITING and not rules.has_come(row),
        "why": WHY.get(fate or "", "") if state in rules.WAITING and not rules.has_come(row) and smtp else "",
        "role_label": "" if role == "member" else ROLES[role],
        "url": address + (f"?{_kept(request.GET)}" if _kept(request.GET) else ""),
        "current": row.uid == current,
    }


def _kept(asked: QueryDict) -> str:
    kept = {name: asked[name] for name in ("q", "state", "after", "before") if asked.get(name)}
    return urlencode(kept)


def _note(row: Member, state: State) -> str:
    if state is State.SCHEDULED and row.starts_at:
        return _("from %(day)s") % {"day": date_format(localtime(row.starts_at), "SHORT_DATE_FORMAT")}
    if state in (State.REGISTERED, State.EXPIRED) and row.deadline_at:
        day = date_format(localtime(row.deadline_at), "SHORT_DATETIME_FORMAT")
        until, passed = _("until %(day)s"), _("passed on %(day)s")
        return (until if state is State.REGISTERED else passed) % {"day": day}
    if row.account.signed_in_at:
        return date_format(localtime(row.account.signed_in_at), "SHORT_DATETIME_FORMAT")
    return ""
