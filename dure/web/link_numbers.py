"""How far people come with an invite link, joining over the days, and the ledger, as a page shows them."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from dure.accounts.addresses import for_readers
from dure.core import clock
from dure.joining import funnel
from dure.joining.models import InviteLink, InviteLinkUse
from dure.members import rules
from dure.web.context import avatar_of, name_of
from dure.web.panel import MARKS
from dure.workspaces.models import Workspace

STEPS = {
    "opened": pgettext_lazy("funnel", "Pressed the button"),
    "started": pgettext_lazy("funnel", "Began"),
    "verified": pgettext_lazy("funnel", "Address confirmed"),
    "asked": pgettext_lazy("funnel", "Asked to join"),
    "joined": pgettext_lazy("funnel", "Became a member"),
}
WAYS = {True: gettext_lazy("made an account"), False: gettext_lazy("had an account")}
FEWEST_DAYS, MOST_DAYS = 14, 60
HEIGHT, STEP, BAR = 64, 10, 7
PIXELS = 24
"""How wide a day is where there are fewer than fill the page."""


def steps_of(totals: dict[str, int], *, needs_approval: bool) -> list[dict[str, str]]:
    """Return each step with its share of those who pressed the button; nothing before anybody did."""
    first = totals["opened"]
    if not first:
        return []
    shown = [step for step in STEPS if step != "asked" or needs_approval or totals["asked"]]
    return [
        {
            "label": str(STEPS[step]),
            "number": f"{totals[step]:,}",
            "width": f"{min(100 * totals[step] / first, 100):.1f}",
            "percent": f"{min(100 * totals[step] / first, 100):.0f}%" if step != "opened" else "",
        }
        for step in shown
    ]


def refused_note(totals: dict[str, int]) -> str:
    """Return how many were told no, empty when nobody was."""
    number = totals["refused"]
    said = ngettext("%(count)s person could not join.", "%(count)s people could not join.", number)
    return said % {"count": f"{number:,}"} if number else ""


def chart(link: InviteLink) -> dict[str, Any] | None:
    """Return a column for each day until today, as high as people joined on it; None when nobody lately did."""
    joined = {one.day: one.joined for one in funnel.days(link) if one.joined}
    days = _days(link, joined) if joined else []
    if not any(day in joined for day in days):
        return None
    most = max(joined.get(day, 0) for day in days)
    heights = {day: max(round(HEIGHT * joined.get(day, 0) / most), 2) if joined.get(day) else 0 for day in days}
    return {
        "width": str(len(days) * STEP),
        "pixels": str(len(days) * PIXELS) if len(days) < FEWEST_DAYS else "",
        "height": str(HEIGHT),
        "columns": [
            {"x": str(place * STEP), "y": str(HEIGHT - heights[day]), "width": str(BAR), "height": str(heights[day])}
            for place, day in enumerate(days)
            if heights[day]
        ],
        "days": [
            {"day": date_format(day, "SHORT_DATE_FORMAT"), "joined": f"{joined[day]:,}"} for day in days if heights[day]
        ],
        "first": date_format(days[0], "SHORT_DATE_FORMAT"),
        "last": date_format(days[-1], "SHORT_DATE_FORMAT"),
        "most": f"{most:,}",
    }


def _days(link: InviteLink, joined: Iterable[date]) -> list[date]:
    """Return the days to show, in the workspace's calendar: until today, and from when the link was made at most.

    In a time zone that was another one before, the calendar may have gone a day further, or begun a day earlier.
    """
    zone = ZoneInfo(link.workspace.time_zone)
    last = max(clock.now().astimezone(zone).date(), *joined)
    made = min(link.made_at.astimezone(zone).date(), *joined)
    first = max(min(last - timedelta(days=FEWEST_DAYS - 1), *joined), made, last - timedelta(days=MOST_DAYS - 1))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def ledger_rows(workspace: Workspace, rows: list[InviteLinkUse], *, manages: bool) -> list[dict[str, Any]]:
    """Return who came by a link; their state now is for *Member management* alone."""
    return [_ledger_row(workspace, row, manages) for row in rows]


def _ledger_row(workspace: Workspace, row: Any, manages: bool) -> dict[str, Any]:
    member, state = row.member, rules.state_of(row.member)
    local, _at, domain = for_readers(row.id_address).partition("@")
    return {
        "url": reverse("member" if manages else "card", args=[workspace.uid, member.uid]),
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "id_local": local,
        "id_domain": domain,
        "at": row.at,
        "way": WAYS[row.new_account],
        "state_label": rules.LABELS[state] if manages else "",
        "mark": MARKS[state],
    }
