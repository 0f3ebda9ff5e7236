"""How an invite link is shown to those who may make one (K3)."""

from datetime import datetime, time, timedelta
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dure.accounts.addresses import for_readers
from dure.core import clock
from dure.joining import links
from dure.joining.models import InviteLink
from dure.joining.rules import LINK_LABELS, LinkState, link_state_of
from dure.web.context import name_of
from dure.workspaces.models import Workspace

MARKS = {
    LinkState.OPEN: "open",
    LinkState.PAUSED: "suspended",
    LinkState.USED_UP: "same",
    LinkState.EXPIRED: "expired",
    LinkState.WITHDRAWN: "removed",
}
LONG = 24
"""Signs of a name that may not fit into the head of a page on a phone; there it is cut, and stands in full below."""
LASTING = (LinkState.OPEN, LinkState.PAUSED)
"""In which states it matters how much time is left."""
CLOSED = {
    LinkState.PAUSED: gettext_lazy("Paused: it lets nobody in until it is resumed. Its address stays the same."),
    LinkState.USED_UP: gettext_lazy("All its uses are taken. Allow more in the settings, and it is open again."),
    LinkState.EXPIRED: gettext_lazy("Its time is over. Choose a later day in the settings, and it is open again."),
    LinkState.WITHDRAWN: gettext_lazy("Withdrawn: its address and code open nothing, for good."),
}
"""What to do about a link that lets nobody in."""


def rows_of(workspace: Workspace, found: list[InviteLink]) -> list[dict[str, Any]]:
    """Return what the list says of each link."""
    makers = links.makers(workspace, found)
    return [facts_of(link) | maker_of(makers.get(link.made_by_id or 0)) for link in found]


def maker_of(member: Any) -> dict[str, str]:
    """Return who stands for a link."""
    return {
        "maker": name_of(member) if member else "",
        "maker_lang": member.name_language if member else "",
    }


def withdrawer_of(link: InviteLink) -> dict[str, str]:
    """Return who withdrew a link; nobody before it is, or when they are gone."""
    member = links.withdrawer(link) if link.withdrawn_at else None
    return {
        "withdrawer": name_of(member) if member else "",
        "withdrawer_lang": member.name_language if member else "",
    }


def facts_of(link: InviteLink) -> dict[str, Any]:
    """Return what is said of a link wherever it is shown; its address is not among it."""
    state = link_state_of(link)
    return {
        "uid": link.uid,
        "url": reverse("invite_link", args=[link.workspace.uid, link.uid]),
        "name": link.name,
        "is_long": len(link.name) > LONG,
        "state": str(state),
        "state_label": LINK_LABELS[state],
        "mark": MARKS[state],
        "closed": CLOSED.get(state, ""),
        "uses": used(link),
        "last_used_at": link.last_used_at,
        "until": until(link, "SHORT_DATE_FORMAT", "SHORT_DATETIME_FORMAT"),
        "until_long": until(link),
        "rest": rest(link.expires_at) if state in LASTING else "",
        "made_at": link.made_at,
        "withdrawn_at": link.withdrawn_at,
        "wanted_at": link.wanted_at if state is not LinkState.OPEN else None,
        "domains": [for_readers(domain) for domain in link.domains],
        "needs_approval": link.needs_approval,
    }


def used(link: InviteLink) -> str:
    """Return how often a link was used, of how many times."""
    if link.most_uses is None:
        return _("%(uses)s, no limit") % {"uses": f"{link.uses:,}"}
    return f"{link.uses:,} / {link.most_uses:,}"


def last_day(link: InviteLink) -> datetime:
    """Return a moment on the last day of a link, in the workspace's time: its end is often the midnight after."""
    local = localtime(link.expires_at)
    return local - timedelta(seconds=1) if local.time() == time.min else local


def until(link: InviteLink, day: str = "DATE_FORMAT", moment: str = "DATETIME_FORMAT") -> str:
    """Return until when a link is open: a day, or a moment when it ends within one."""
    local = localtime(link.expires_at)
    return date_format(last_day(link), day) if local.time() == time.min else date_format(local, moment)


def rest(expires_at: datetime) -> str:
    """Return how much time is left, empty when none is."""
    left = expires_at - clock.now()
    if left <= timedelta():
        return ""
    if left < timedelta(days=1):
        hours = max(int(left.total_seconds() // 3600), 1)
        return ngettext("%(count)d hour left", "%(count)d hours left", hours) % {"count": hours}
    return ngettext("%(count)d day left", "%(count)d days left", left.days) % {"count": left.days}
