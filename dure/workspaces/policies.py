"""The policies of a workspace: what each may be, and in which unit (PRODUCT.md §5, the numbers marked ·)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError
from dure.workspaces.models import Workspace


@dataclass(frozen=True)
class Policy:
    """One number, from ``lowest`` to ``highest``."""

    label: Any
    lowest: int
    highest: int
    meaning: Any


POLICIES = {
    "password_minimum": Policy(
        _("Shortest password, in characters"),
        8,
        64,
        _("8 to 64. With 15 and more a password holds without a second factor."),
    ),
    "session_idle_hours": Policy(_("Signed out when unused, after hours"), 1, 336, _("1 to 336, which is 14 days.")),
    "session_absolute_days": Policy(_("Signed out in any case, after days"), 1, 90, _("1 to 90.")),
    "link_days": Policy(_("Set-password link opens, in days"), 1, 30, _("1 to 30.")),
    "code_hours": Policy(
        _("Temporary password opens, in hours"), 1, 720, _("1 to 720, which is 30 days. It runs from the activation.")
    ),
    "restore_days": Policy(
        _("Removed members can be restored, in days"), 0, 365, _("0 to 365. With 0 a removal is final.")
    ),
}
"""In the order of the page. What a workspace sets for sessions only tightens what the server has (§5)."""


class OutOfRange(DomainError):
    """Lower or higher than the policy may be; ``field`` says which."""

    code = "out_of_range"
    message = _("Write a number from %(lowest)d to %(highest)d.")

    def __init__(self, field: str) -> None:
        super().__init__(lowest=POLICIES[field].lowest, highest=POLICIES[field].highest)
        self.field = field


class IdleBeyondAbsolute(DomainError):
    """Nobody stays unused longer than signed in."""

    code = "idle_beyond_absolute"
    message = _("This is longer than a browser stays signed in at all.")
    field = "session_idle_hours"


def values_of(workspace: Workspace) -> dict[str, int]:
    """Return every policy of a workspace."""
    return {name: getattr(workspace, name) for name in POLICIES}


def check(values: dict[str, int]) -> None:
    """Refuse policies that may not be.

    :raises OutOfRange, IdleBeyondAbsolute: as their names say.
    """
    for name, policy in POLICIES.items():
        if not policy.lowest <= values[name] <= policy.highest:
            raise OutOfRange(name)
    if values["session_idle_hours"] > values["session_absolute_days"] * 24:
        raise IdleBeyondAbsolute
