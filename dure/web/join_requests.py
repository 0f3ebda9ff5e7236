"""How a join request is shown: to the admins who answer it, and to whoever asks."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from dure.accounts.addresses import for_readers
from dure.core.errors import DomainError
from dure.joining.actions.deciding import MOST, Decided
from dure.joining.models import JoinRequest
from dure.joining.request_letters import name_of
from dure.joining.requests import COUNTED
from dure.joining.rules import LINK_LABELS, REQUEST_LABELS, LinkState, RequestState, link_state_of, request_state_of
from dure.members import names
from dure.members.rules import LABELS, State
from dure.web.context import seal_of

MARKS = {
    RequestState.WAITING: "pending",
    RequestState.APPROVED: "active",
    RequestState.REFUSED: "suspended",
    RequestState.WITHDRAWN: "removed",
    RequestState.RUN_OUT: "expired",
}
SENTENCES = {
    RequestState.WAITING: gettext_lazy("Waits for an answer. Nothing of the workspace opens until you approve."),
    RequestState.APPROVED: gettext_lazy("Was approved and is a member."),
    RequestState.REFUSED: gettext_lazy("Was refused. They see it under My workspaces."),
    RequestState.WITHDRAWN: gettext_lazy("Took the request back."),
    RequestState.RUN_OUT: gettext_lazy("Nobody answered within 30 days. They can ask again."),
}


def row_of(row: Any, workspace_uid: str) -> dict[str, Any]:
    """Return what a list of the admins says of one request, whose ``id_address`` was read with it."""
    state = request_state_of(row)
    local, _at, domain = for_readers(row.id_address or "").partition("@")
    return {
        "uid": row.uid,
        "url": reverse("join_request_of", args=[workspace_uid, row.uid]),
        "name": name_of(row),
        "lang": row.name_language,
        "avatar": names.avatar(row.family_name, row.given_name, row.name_language),
        "id_local": local,
        "id_domain": domain,
        "link_name": row.link.name if row.link else "",
        "removed_label": LABELS[State.REMOVED] if row.was_removed else "",
        "message": row.message,
        "asked_at": row.asked_at,
        "ended_at": row.ended_at or row.expires_at,
        "state": str(state),
        "state_label": REQUEST_LABELS[state],
        "mark": MARKS[state],
    }


def closed_link(row: JoinRequest) -> str:
    """Return what became of the link a request came by, when it lets nobody in any more; empty while it is open."""
    state = link_state_of(row.link) if row.link else LinkState.OPEN
    return str(LINK_LABELS[state]) if state is not LinkState.OPEN else ""


def shown_request(row: JoinRequest) -> dict[str, Any]:
    """Return what *My workspaces* says of one's own request."""
    state = request_state_of(row)
    return {
        "uid": row.uid,
        "name": row.workspace.name,
        "seal": seal_of(row.workspace),
        "zone": row.workspace.time_zone,
        "asked_at": row.asked_at,
        "expires_at": row.expires_at,
        "ended_at": row.ended_at or row.expires_at,
        "answer": row.answer,
        "state": str(state),
        "state_label": REQUEST_LABELS[state],
        "mark": MARKS[state],
    }


def counted(number: int) -> str:
    """Return a number of requests as it is shown; not counted further than is useful."""
    return f"{COUNTED:,}+" if number > COUNTED else f"{number:,}"


def everybody(number: int, removed: int) -> dict[str, str]:
    """Return what stands beside the box that takes all that wait, and how many it takes: they are answered at once."""
    if number > MOST:
        return {"label": _("The %(count)s that wait longest") % {"count": f"{MOST:,}"}, "number": f"{MOST:,}"}
    label = _("All that wait (%(count)s, removed before: %(removed)s)") if removed else _("All that wait (%(count)s)")
    return {"label": label % {"count": f"{number:,}", "removed": f"{removed:,}"}, "number": f"{number:,}"}


def told(found: Decided, *, approved: bool) -> str:
    """Return a sentence about those who were answered; empty when nobody was."""
    count = len(found.done)
    if count == 1:
        said = _("%(name)s is a member now.") if approved else _("The request of %(name)s is refused.")
        return said % {"name": name_of(found.done[0])}
    if approved:
        said = ngettext("%(count)s person is a member now.", "%(count)s people are members now.", count)
    else:
        said = ngettext("%(count)s request is refused.", "%(count)s requests are refused.", count)
    return said % {"count": count} if count else ""


def left(found: Decided) -> Iterable[str]:
    """Return why requests were not answered: by name for one, by their number for several with the same reason."""
    by_code: dict[str, list[tuple[JoinRequest, DomainError]]] = {}
    for row, error in found.refused:
        by_code.setdefault(error.code, []).append((row, error))
    for same in by_code.values():
        count, (first, error) = len(same), same[0]
        people = ngettext("%(count)d person", "%(count)d people", count) % {"count": count}
        yield _("%(who)s: %(why)s") % {"who": name_of(first) if count == 1 else people, "why": error.sentence()}
    if found.gone:
        gone = ngettext("%(count)s request is no longer there.", "%(count)s requests are no longer there.", found.gone)
        yield gone % {"count": found.gone}
