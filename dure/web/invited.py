"""How an invitation is shown to those who manage members: what it is, and what its mail came to."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy, pgettext_lazy

from dure.accounts.addresses import for_readers
from dure.joining import queries
from dure.joining.letters import own_name_of
from dure.joining.models import Invitation
from dure.joining.rules import LABELS, State, state_of
from dure.mail.models import Letter
from dure.web.panel import problem_of

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
    State.DECLINED: gettext_lazy("Has declined. Details and photo are deleted; what stands here goes after 30 days."),
    State.RUN_OUT: gettext_lazy("Did not answer in time. One press invites them again."),
    State.WITHDRAWN: gettext_lazy(
        "Was withdrawn. No link of it works. Details and photo are deleted; what stands here goes after 30 days."
    ),
}
FILTERS: tuple[str, ...] = (
    "",
    State.WAITING,
    queries.OPENED,
    queries.FAILED,
    State.ACCEPTED,
    State.DECLINED,
    State.RUN_OUT,
    State.WITHDRAWN,
)
FILTER_LABELS: dict[str, Any] = {
    "": pgettext_lazy("invitations", "All"),
    queries.OPENED: pgettext_lazy("invitation", "opened"),
    queries.FAILED: pgettext_lazy("invitation", "failed"),
} | {str(state): label for state, label in LABELS.items()}
FILTER_MARKS = {"": "", queries.OPENED: "new", queries.FAILED: "wrong"} | {
    str(one): mark for one, mark in MARKS.items()
}
SENT, TO_SEND, NOT_MAILED = (
    gettext_lazy("The mail was sent."),
    gettext_lazy("The mail waits to be sent."),
    gettext_lazy("No mail was sent."),
)


def shown(workspace_uid: str, row: Invitation, letter: Letter | None) -> dict[str, Any]:
    """Return what the list and the page say of one; ``letter`` is the last one about it."""
    state = state_of(row)
    local, _at, domain = for_readers(row.address).partition("@")
    listed_as, why = _progress(row, letter) if state is State.WAITING else (str(state), "")
    return {
        "uid": row.uid,
        "url": reverse("admin_invitation", args=[workspace_uid, row.uid]),
        "name": own_name_of(row),
        "address": for_readers(row.address),
        "lang": row.name_language,
        "id_local": local,
        "id_domain": domain,
        "state": str(state),
        "state_label": FILTER_LABELS[listed_as],
        "mark": FILTER_MARKS[listed_as],
        "why": why,
        "invited_at": row.invited_at,
        "opened_at": row.opened_at,
        "ended_at": row.ended_at or row.expires_at,
        "starts_at": row.starts_at,
    }


def _progress(row: Invitation, letter: Letter | None) -> tuple[str, Any]:
    """Return where the list keeps one that waits, and what its mail came to: an answer begun says more than that."""
    if row.opened_at:
        return queries.OPENED, ""
    if letter is None or letter.state in (Letter.WITHDRAWN, Letter.EXPIRED):
        return State.WAITING, NOT_MAILED
    if letter.state == Letter.FAILED:
        return queries.FAILED, problem_of(letter)
    return State.WAITING, SENT if letter.state == Letter.SENT else problem_of(letter) or TO_SEND
