"""What the member list shows, made in one go: strings that the template only has to put in."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import dateformat
from django.utils.formats import get_format
from django.utils.timezone import get_current_timezone
from django.utils.translation import get_language, gettext_lazy, pgettext, pgettext_lazy
from django.utils.translation import gettext as _

from dure.accounts.addresses import for_readers
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.models import Letter
from dure.members import listing, queries, rules, terms
from dure.members.actions.filters import query_of
from dure.members.listing import View
from dure.members.models import NEVER, Member
from dure.members.rules import State
from dure.web import steps
from dure.web.context import ROLES, avatar_of, name_of
from dure.web.panel import MARKS
from dure.web.rows import drawn

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
COLUMNS = (
    ("name", pgettext_lazy("column", "Name"), ""),
    ("id", pgettext_lazy("column", "ID"), "at-huge"),
    ("state", pgettext_lazy("column", "State"), ""),
    ("joined", pgettext_lazy("column", "Registered"), "at-wide"),
    ("signed_in", pgettext_lazy("column", "Latest sign-in or deadline"), "at-wide"),
)
ORDERS = {
    "name": pgettext_lazy("order", "name"),
    "id": pgettext_lazy("order", "ID"),
    "state": pgettext_lazy("order", "state"),
    "joined": pgettext_lazy("order", "registered"),
    "signed_in": pgettext_lazy("order", "latest sign-in"),
    "due": pgettext_lazy("order", "deadline"),
}
DUE_LABELS = {
    State.SCHEDULED: pgettext_lazy("order", "start"),
    State.ON_LEAVE: pgettext_lazy("order", "end of the leave"),
    State.REMOVED: pgettext_lazy("order", "removal"),
}
"""What the order by date is called where the date is no deadline."""
NEWEST_FIRST = {"joined", "signed_in"}


def view_of(asked: QueryDict) -> View:
    """Read the list's address: ``q``, ``state``, ``sort`` (the other way with ``-``), ``after``, ``before``."""
    state, sort = asked.get("state", ""), asked.get("sort", "")
    known = sort.removeprefix("-") in {*listing.SORTS, "due"}
    return View(
        state=state if state in set(State) else "",
        search=asked.get("q", "").replace("\0", "")[: terms.LONGEST],
        sort=sort.removeprefix("-") if known else "",
        descending=known and sort.startswith("-"),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )


def address(workspace_uid: str, view: View, *, member: str = "", **place: str) -> str:
    """Return the address of a view of the list, or of one person beside it."""
    path = reverse("member", args=[workspace_uid, member]) if member else _path(workspace_uid)
    place_in_it = urlencode({name: value for name, value in place.items() if value})
    query = "&".join(filter(None, (query_of(view), place_in_it)))
    return f"{path}?{query}" if query else path


@lru_cache(256)
def _path(workspace_uid: str) -> str:
    return reverse("members", args=[workspace_uid])


def shown(request: Any, view: View, *, current: str = "") -> dict[str, Any]:
    """Return one page of the list."""
    workspace = request.actor.member.workspace
    page = listing.page(workspace, view)
    rows = _rows(workspace, view, page.rows, current)
    return {
        "section": "members",
        "view": view,
        "search": view.search,
        "state": view.state,
        "sort": f"{'-' if view.descending else ''}{view.sort}",
        "drawn": drawn(rows),
        "columns": _columns(workspace.uid, view, page),
        "orders": _orders(workspace.uid, view, page),
        "is_broad": page.is_broad and bool(view.sort),
        "steps": steps.buttons(workspace.uid, view.state, may_erase=request.actor.is_super_admin),
        "nothing_found": not page.rows and not page.next,
        "previous_url": address(workspace.uid, view, before=page.previous) if page.previous else None,
        "next_url": address(workspace.uid, view, after=page.next) if page.next else None,
        "list_url": address(workspace.uid, view, after=view.after, before=view.before),
    }


def _rows(workspace: Any, view: View, found: list[Any], current: str) -> list[dict[str, Any]]:
    states = {row.pk: rules.state_of(row) for row in found}
    waiting = [row.account_id for row in found if states[row.pk] in rules.WAITING and not rules.has_come(row)]
    fates = letters.fates(waiting) if waiting else {}
    role_of, smtp, days = queries.roles(found), outbox.can_send(), Days()
    roles = {"member": "", **{role: str(label) for role, label in ROLES.items() if role != "member"}}
    labels = {state: str(rules.LABELS[state]) for state in set(states.values())}
    somebody = address(workspace.uid, view, member="-" * 22, after=view.after, before=view.before)
    photo = reverse("photo", args=[workspace.uid, "-" * 22])
    rows = []
    for row in found:
        state, local_domain = states[row.pk], for_readers(row.id_key).partition("@")
        waits = state in rules.WAITING and not rules.has_come(row)
        rows.append({
            "uid": row.uid,
            "url": somebody.replace("-" * 22, row.uid, 1),
            "current": row.uid == current,
            "name": name_of(row),
            "lang": row.name_language,
            "avatar": avatar_of(row),
            "photo_url": photo.replace("-" * 22, row.photo) if row.photo else "",
            "id_local": local_domain[0],
            "id_domain": local_domain[2],
            "role_label": roles[role_of(row)],
            "mark": MARKS[state],
            "state_label": labels[state],
            "joined": days.day(row.registered_at),
            "note": _note(row, state, days),
            "why": WHY.get(fates.get(row.account_id, ""), "") if waits and smtp else "",
        })  # fmt: skip
    return rows


class Days:
    """Writes moments in the reader's language and the workspace's zone, the formats looked up once for a page."""

    def __init__(self) -> None:
        self.short, self.long = get_format("SHORT_DATE_FORMAT"), get_format("SHORT_DATETIME_FORMAT")
        self.zone, self.language = get_current_timezone(), get_language()

    def day(self, moment: datetime) -> str:
        """Return the day."""
        return _written(moment.astimezone(self.zone).date(), self.short, self.language)

    def time(self, moment: datetime) -> str:
        """Return the day and the time."""
        local = moment.astimezone(self.zone)
        if not self.long.endswith("H:i"):
            return dateformat.format(local, self.long)
        return f"{_written(local.date(), self.long[:-3], self.language)}{local.hour:02}:{local.minute:02}"


@lru_cache(4096)
def _written(day: date, form: str, _language: str) -> str:
    return dateformat.format(day, form)


def _note(row: Any, state: State, days: Days) -> str:
    """Return the date that matters most in a state: from when, until when, or the latest sign-in."""
    if state is State.SCHEDULED and row.starts_at:
        return _("from %(day)s") % {"day": days.day(row.starts_at)}
    if state in (State.REGISTERED, State.EXPIRED) and row.deadline_at:
        day = days.time(row.deadline_at)
        return (_("until %(day)s") if state is State.REGISTERED else _("passed on %(day)s")) % {"day": day}
    if state is State.ON_LEAVE and row.leave_until:
        return _("until %(day)s") % {"day": days.day(row.leave_until - timedelta(seconds=1))}
    if state is State.REMOVED and row.restorable_until:
        return _("restorable until %(day)s") % {"day": days.day(row.restorable_until)}
    if row.removed_at:
        return _("leaves on %(day)s") % {"day": days.day(row.removed_at)}
    return days.time(row.signed_in_at) if row.signed_in_at > NEVER else ""


def _sort_of(column: str, view: View) -> str:
    return "due" if column == "signed_in" and view.state in listing.DUE else column


def _turned(view: View, page: listing.Page, sort: str) -> View:
    """Return the view in this order, the other way round when it is in it already."""
    is_current = page.sort == sort
    descending = not view.descending if is_current else sort in NEWEST_FIRST
    return View(state=view.state, search=view.search, sort=sort, descending=descending)


def _columns(workspace_uid: str, view: View, page: listing.Page) -> list[dict[str, Any]]:
    columns = []
    for column, label, width in COLUMNS:
        sort = _sort_of(column, view)
        direction = ("descending" if view.descending else "ascending") if page.sort == sort else ""
        url = address(workspace_uid, _turned(view, page, sort))
        columns.append({"code": column, "label": label, "width": width, "url": url, "direction": direction})
    return columns


def _orders(workspace_uid: str, view: View, page: listing.Page) -> list[dict[str, Any]]:
    codes = ["name", "id", "state", "joined", "due" if view.state in listing.DUE else "signed_in"]
    return [
        {
            "label": DUE_LABELS.get(State(view.state), ORDERS[code]) if code == "due" else ORDERS[code],
            "url": address(workspace_uid, _turned(view, page, code)),
            "direction": ("descending" if view.descending else "ascending") if page.sort == code else "",
        }
        for code in codes
    ]


def chips(workspace: Any, view: View, counts: dict[str, str]) -> list[dict[str, Any]]:
    """Return the states with their counts."""
    return [
        {
            "label": rules.LABELS[State(state)] if state else pgettext("members", "All"),
            "count": counts[state],
            "url": address(workspace.uid, View(state=state, search=view.search, sort=_kept_sort(view, state))),
            "current": view.state == state,
            "mark": MARKS[State(state)] if state else "",
            "apart": state == "removed",
        }
        for state in ("", *State)
    ]


def _kept_sort(view: View, state: str) -> str:
    return "" if view.sort == "due" and state not in listing.DUE else view.sort


def kept_filters(member: Member, view: View) -> list[dict[str, Any]]:
    """Return the views this admin keeps."""
    path, now = reverse("members", args=[member.workspace.uid]), query_of(view)
    return [
        {"uid": one.uid, "name": one.name, "url": f"{path}?{one.query}", "current": one.query == now}
        for one in member.kept_filters.order_by("name")  # type: ignore[attr-defined]
    ]
