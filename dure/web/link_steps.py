"""Pausing, resuming, withdrawing an invite link and making it anew: what is said before, on the button and after."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from dure.joining import funnel, links
from dure.joining.actions import closing_links
from dure.joining.models import InviteLink
from dure.joining.rules import LinkState, link_state_of


@dataclass(frozen=True)
class Words:
    """What is said of a step; ``act`` is what it does."""

    act: Callable[..., InviteLink]
    title: Promise | str
    lead: Promise | str
    button: Promise | str
    done: Promise | str
    tone: str = "primary"


STEPS = {
    "pause": Words(
        closing_links.pause_link,
        _("Pause the link"),
        _("It lets nobody in until somebody resumes it; whoever opens it is told so."),
        pgettext_lazy("invite link", "Pause"),
        _("The link is paused."),
    ),
    "resume": Words(
        closing_links.resume_link,
        _("Resume the link"),
        _("It lets people in again, at the same address and with the same code."),
        pgettext_lazy("invite link", "Resume"),
        _("The link lets people in again."),
    ),
    "renew": Words(
        closing_links.renew_link,
        _("Replace the link"),
        _("For when it came into the wrong hands: it gets another address, QR code and short code."),
        _("Replace it"),
        _("The link has a new address. The old one opens nothing any more."),
        tone="danger-final",
    ),
    "withdraw": Words(
        closing_links.withdraw_link,
        _("Withdraw the link"),
        _("It ends for good; nothing opens it again. To close it for a while, pause it."),
        pgettext_lazy("invite link", "Withdraw"),
        _("The link is withdrawn."),
        tone="danger-final",
    ),
}


_ADDRESS, _UNFINISHED = _("The address, the QR code and the short code"), _("Sign-ups that are not finished")
ENDS = {
    "pause": (
        (_ADDRESS, _("They let nobody in until the link is resumed.")),
        (_UNFINISHED, _("They can go on when it is resumed, within a week.")),
    ),
    "renew": (
        (_ADDRESS, _("Those you see now open nothing any more, wherever they hang or were sent.")),
        (_("Printed posters"), _("Print them again with the new code.")),
        (_UNFINISHED, _("They can no longer be finished.")),
    ),
    "withdraw": (
        (_ADDRESS, _("They open nothing any more, for good.")),
        (_UNFINISHED, _("They can no longer be finished.")),
    ),
}
LABELS = {
    "pause": _("Pause…"),
    "resume": pgettext_lazy("invite link", "Resume…"),
    "renew": _("Replace the link…"),
    "withdraw": _("Withdraw…"),
}


def offered(link: InviteLink) -> list[dict[str, Any]]:
    """Return the steps a link's page leads to in its present state."""
    state = link_state_of(link)
    if state is LinkState.WITHDRAWN:
        return []
    turned = ["resume"] if state is LinkState.PAUSED else [] if state is LinkState.EXPIRED else ["pause"]
    codes = (*turned, "renew", "withdraw")
    return [{"code": code, "label": LABELS[code], "tone": "danger" if code == "withdraw" else ""} for code in codes]


def _line(label: str, value: str = "", note: str = "") -> dict[str, str]:
    return {"label": label, "value": value, "note": note}


def ends(step: str) -> list[dict[str, str]]:
    """Return what a step ends, or closes for a while."""
    return [_line(str(label), note=str(note)) for label, note in ENDS.get(step, ())]


def stays(link: InviteLink, step: str) -> list[dict[str, str]]:
    """Return what a step leaves as it is, with numbers."""
    joined = funnel.totals(link)["joined"]
    waiting = links.requests_waiting(link.workspace).filter(link=link).count()
    people = ngettext("%(count)d person", "%(count)d people", joined) % {"count": joined}
    lines = [_line(gettext("Whoever came by it"), people, gettext("A link that ends takes nothing from its members."))]
    if waiting:
        may = gettext("You can still approve or refuse them.")
        lines.append(_line(gettext("Join requests that wait"), str(waiting), may))
    if step in ("pause", "renew", "resume"):
        lines.append(_line(gettext("Name, settings and numbers"), note=gettext("As they are.")))
    if step == "withdraw":
        lines.append(_line(gettext("Numbers and ledger"), note=gettext("To look up.")))
    return lines
