"""What can be done to the members chosen in the list: each step has a preview of its own under ``act/<step>/``."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from dure.members.actions import sending_again


@dataclass(frozen=True)
class Step:
    """One button of the selection bar; ``url`` names its preview, ``most`` is how many people it takes at once."""

    url: str
    label: Any
    icon: str = ""
    most: int = 0


STEPS = (Step("again", gettext_lazy("Send ID and password again"), icon="key", most=sending_again.MOST),)


def buttons(workspace_uid: str) -> list[dict[str, Any]]:
    """Return what the selection bar shows."""
    return [{"label": step.label, "icon": step.icon, "url": reverse(step.url, args=[workspace_uid])} for step in STEPS]
