"""What is said about each step: before it, on its button, and after it; and what the list offers for those chosen."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dure.members.rules import TRANSITIONS, Step


@dataclass(frozen=True)
class Words:
    """The words of one step; what is said on the button and after it is there for one person and for many.

    A plural of gettext would not do: Korean and Japanese have one form, and one person has a name.
    """

    link: Promise | str
    title: Promise | str
    lead: Promise | str
    button: tuple[Promise | str, Promise | str]
    done: tuple[Promise | str, Promise | str]
    tone: str = "primary"


WORDS: dict[Step, Words] = {
    Step.SUSPEND: Words(
        link=_("Suspend…"),
        title=_("Suspend"),
        lead=_("The workspace closes at once, on every device, until somebody resumes them."),
        button=(_("Suspend %(name)s"), _("Suspend %(count)s people")),
        done=(_("%(name)s is suspended."), _("%(count)s people are suspended.")),
        tone="danger-final",
    ),
    Step.RESUME: Words(
        link=_("Resume…"),
        title=pgettext_lazy("step", "Resume"),
        lead=_("The suspension ends, and each is what they were before it."),
        button=(_("Resume %(name)s"), _("Resume %(count)s people")),
        done=(_("%(name)s is resumed."), _("%(count)s people are resumed.")),
    ),
    Step.LEAVE: Words(
        link=_("Leave of absence…"),
        title=_("Leave of absence"),
        lead=_("The workspace closes on the first day and opens again by itself after the last."),
        button=(_("Put %(name)s on leave"), _("Put %(count)s people on leave")),
        done=(_("%(name)s’s leave is entered."), _("The leave of %(count)s people is entered.")),
    ),
    Step.END_LEAVE: Words(
        link=_("End the leave…"),
        title=_("End the leave"),
        lead=_("The leave ends now, or is called off when it has not begun."),
        button=(_("End %(name)s’s leave"), _("End the leave of %(count)s people")),
        done=(_("%(name)s’s leave is over."), _("The leave of %(count)s people is over.")),
    ),
    Step.REMOVE: Words(
        link=_("Remove…"),
        title=_("Remove"),
        lead=_("They leave the workspace, now or on a day you choose, and vanish from its lists."),
        button=(_("Remove %(name)s"), _("Remove %(count)s people")),
        done=(_("%(name)s is removed."), _("%(count)s people are removed.")),
        tone="danger-final",
    ),
    Step.CANCEL_REMOVAL: Words(
        link=_("Call off the removal…"),
        title=_("Call off the removal"),
        lead=_("The day of removal is forgotten. Nothing has changed for them so far."),
        button=(_("Keep %(name)s"), _("Keep %(count)s people")),
        done=(_("%(name)s stays."), _("%(count)s people stay.")),
    ),
    Step.RESTORE: Words(
        link=_("Restore…"),
        title=pgettext_lazy("step", "Restore"),
        lead=_("They come back as the members they were."),
        button=(_("Restore %(name)s"), _("Restore %(count)s people")),
        done=(_("%(name)s is restored."), _("%(count)s people are restored.")),
    ),
    Step.ERASE: Words(
        link=_("Erase for good…"),
        title=_("Erase for good"),
        lead=_("The time for restoring ends now. Nobody can bring anything back afterwards."),
        button=(_("Erase %(name)s"), _("Erase %(count)s people")),
        done=(_("%(name)s is being erased."), _("%(count)s people are being erased.")),
        tone="danger-final",
    ),
}
DATED = (_("%(name)s is removed on the day you chose."), _("%(count)s people are removed on the day you chose."))


def say(words: tuple[Promise | str, Promise | str], count: int, name: str) -> str:
    """Return a sentence about one person by name, or about many by their number."""
    one, many = words
    return str(one) % {"name": name} if count == 1 else str(many) % {"count": count}


ANYWHERE = (Step.SUSPEND, Step.RESUME, Step.LEAVE, Step.REMOVE, Step.CANCEL_REMOVAL)
"""What is offered for members of every state; whoever it is not possible for is told apart before it is done."""


def buttons(workspace_uid: str, state: str, *, may_erase: bool) -> list[dict[str, Any]]:
    """Return what the selection bar of the list shows while it shows members of one state, or of all."""
    again = {"label": _("Send ID and password again"), "icon": "key", "url": reverse("again", args=[workspace_uid])}
    offered = [step for step in Step if ((step, state) in TRANSITIONS if state else step in ANYWHERE)]
    return [
        *([again] if not state or ("send_again", state) in TRANSITIONS else []),
        *(
            {"label": WORDS[step].link, "icon": "", "url": reverse("act", args=[workspace_uid, str(step)])}
            for step in offered
            if step is not Step.ERASE or may_erase
        ),
    ]
