"""How an invite link is shown to those who may make one."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from dure.joining import links
from dure.joining.models import InviteLink
from dure.joining.rules import LINK_LABELS, LinkState, link_state_of
from dure.web.context import name_of
from dure.workspaces.models import Workspace

LINK_MARKS = {
    LinkState.OPEN: "open",
    LinkState.PAUSED: "suspended",
    LinkState.USED_UP: "same",
    LinkState.EXPIRED: "expired",
    LinkState.WITHDRAWN: "removed",
}


def rows_of(workspace: Workspace, found: list[InviteLink]) -> list[dict[str, Any]]:
    """Return what the list says of each link."""
    makers = links.makers(workspace, found)
    return [_row(workspace, link, makers.get(link.made_by_id or 0)) for link in found]


def _row(workspace: Workspace, link: InviteLink, maker: Any) -> dict[str, Any]:
    return facts_of(link) | {
        "url": reverse("invite_links", args=[workspace.uid]),
        "maker": name_of(maker) if maker else "",
        "maker_lang": maker.name_language if maker else "",
    }


def facts_of(link: InviteLink) -> dict[str, Any]:
    """Return what is said of a link wherever it is shown; its address is not among it."""
    state = link_state_of(link)
    return {
        "uid": link.uid,
        "name": link.name,
        "state": str(state),
        "state_label": LINK_LABELS[state],
        "mark": LINK_MARKS[state],
        "uses": used(link),
        "last_used_at": link.last_used_at,
        "expires_at": link.expires_at,
        "made_at": link.made_at,
    }


def used(link: InviteLink) -> str:
    """Return how often a link was used, of how many times."""
    if link.most_uses is None:
        return _("%(uses)s, any number") % {"uses": f"{link.uses:,}"}
    return f"{link.uses:,} / {link.most_uses:,}"
