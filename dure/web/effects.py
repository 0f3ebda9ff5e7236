"""What a change of a policy does, said before it is saved."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dure.members import policies
from dure.workspaces.models import Workspace
from dure.workspaces.policies import POLICIES, values_of


def effects(workspace: Workspace, wanted: dict[str, int]) -> list[dict[str, Any]]:
    """Return each policy that would change, from what to what, and what that means for whom."""
    now = values_of(workspace)
    return [
        {
            "label": POLICIES[name].label,
            "before": str(now[name]),
            "after": str(value),
            "sentence": _EFFECTS[name](workspace, now[name], value),
        }
        for name, value in wanted.items()
        if value != now[name]
    ]


def _password(_workspace: Workspace, before: int, after: int) -> str:
    if after < before:
        return _("Holds for passwords set from then on. Whoever is in a stricter workspace, too, keeps to that one.")
    return _(
        "Nobody knows how long the passwords of today are: shorter ones hold until they are changed, "
        "and the next one must be longer."
    )


def _idle(workspace: Workspace, before: int, after: int) -> str:
    if after > before:
        return _("Browsers stay signed in longer, unless another workspace of theirs is stricter.")
    count = policies.counted(policies.idle_sessions(workspace, after))
    if count == "0":
        return _("No browser was unused for that long: nobody is signed out by it now.")
    number = int(count) if count.isdecimal() else 2
    return ngettext(
        "%(count)s browser that was unused for longer is signed out at once, in every workspace of its owner.",
        "%(count)s browsers that were unused for longer are signed out at once, in every workspace of their owners.",
        number,
    ) % {"count": count}


def _absolute(_workspace: Workspace, before: int, after: int) -> str:
    if after > before:
        return _("Browsers stay signed in longer, unless another workspace of theirs is stricter.")
    return _("Whoever signed in longer ago signs in again at the next click.")


def _deadline(workspace: Workspace, _before: int, _after: int) -> str:
    waiting = policies.waiting(workspace)
    number = int(waiting) if waiting.isdecimal() else 2
    return ngettext(
        "Holds for what is issued from then on. %(count)s person who has not come yet keeps the deadline they know.",
        "Holds for what is issued from then on. %(count)s people who have not come yet keep the deadline they know.",
        number,
    ) % {"count": waiting}


def _restore(_workspace: Workspace, _before: int, after: int) -> str:
    if after == 0:
        return _("Whoever is removed from then on is erased at once and cannot be restored.")
    return _("Holds for removals from then on.")


_EFFECTS = {
    "password_minimum": _password,
    "session_idle_hours": _idle,
    "session_absolute_days": _absolute,
    "link_days": _deadline,
    "code_hours": _deadline,
    "restore_days": _restore,
}
