"""What ends, what stays, who is left as they are, and how far a job has come, in words."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dure.core import clock
from dure.core.errors import DomainError
from dure.joining import links
from dure.joining import queries as joining
from dure.members import consequences, rules
from dure.members.actions import choosing, keeping, leaving, pausing
from dure.members.actors import MemberActor
from dure.members.consequences import Preview
from dure.members.models import Member
from dure.members.pending import RESTORED, Job
from dure.members.rules import Step
from dure.web.context import name_of
from dure.web.steps import DATED, WORDS, say

LABELS = rules.LABELS
CLOSED = (Step.SUSPEND, Step.LEAVE, Step.REMOVE)
ERRORS: dict[str, type[DomainError]] = {
    error.code: error
    for error in (
        choosing.StateChanged,
        choosing.ChangedSince,
        choosing.WindowOver,
        choosing.HigherRank,
        choosing.NotOneself,
        choosing.NotOneselfAlone,
        keeping.LastSuperAdmin,
        leaving.IdTakenMeanwhile,
        leaving.InvalidTaker,
        leaving.InvalidRemovalDay,
        pausing.InvalidLeave,
    )
}
"""Why somebody is left as they are, by the code that a job keeps."""


def _line(label: str, value: Any = "", note: str = "") -> dict[str, str]:
    return {"label": label, "value": str(value), "note": note}


def _people(count: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", count) % {"count": count}


def ends(actor: MemberActor, step: Step, preview: Preview) -> list[dict[str, str]]:
    """Return what ends, with numbers; nothing for steps that end nothing."""
    if not preview.count:
        return []
    if step is Step.ERASE:
        return _erased(preview)
    if step is Step.RESTORE:
        away = consequences.rights_that_stay_away(actor, preview.able)
        lost = _line(_("Admin rights you do not hold yourself"), away, _("A super admin can give them again."))
        codes = _line(_("Printed recovery codes, and links that were sent before the removal"), "", _("They ended."))
        return [lost, codes] if away else [codes]
    if step not in CLOSED:
        return []
    counted = consequences.ends(actor, preview.able)
    kept = "" if step is Step.REMOVE else _("Kept, and closed for as long.")
    lines = [
        _line(_("Access to this workspace"), _people(preview.count), _on_devices(counted.devices)),
        _line(_("Admin rights"), _people(counted.admins), kept or _("They come back when restored."))
        if counted.admins
        else None,
    ]
    if step is Step.REMOVE:
        lines += _removed(counted)
    return [line for line in lines if line]


def _on_devices(count: int) -> str:
    words = ngettext(
        "On %(count)d signed-in device, within a second", "On %(count)d signed-in devices, within a second", count
    )
    return words % {"count": count} if count else _("Signed in on no device.")


def _removed(counted: consequences.Ends) -> list[dict[str, str] | None]:
    numbers = (
        (counted.passwords, _("First passwords and set-password links")),
        (counted.letters, _("Letters on their way to them")),
        (counted.offers, _("Offers of the role of super admin")),
        (counted.codes, _("Printed recovery codes")),
        (counted.questions, _("Their open questions")),
    )
    return [_line(label, number) for number, label in numbers if number]


def _erased(preview: Preview) -> list[dict[str, str]]:
    return [
        _line(_("Profile, photo and history"), _people(preview.count)),
        _line(_("Letters and questions"), _("all of them")),
        _line(_("The account"), "", _("Where it was made here and belongs to no other workspace.")),
    ]


def stays(actor: MemberActor, step: Step, preview: Preview) -> list[dict[str, str]]:
    """Return what stays, with numbers."""
    if not preview.count:
        return []
    account = _line(_("Their account and other workspaces"), "", _("An account belongs to its owner."))
    if step is Step.ERASE:
        return [_line(_("The trail"), "", _("It holds numbers, no names: “erased member”."))]
    if step is Step.REMOVE:
        return [_until(actor), *_handed_on(actor, preview), account]
    if step in (Step.SUSPEND, Step.LEAVE):
        return [_line(_("Place, profile, rights and invitations"), "", _("As they are now, when it is over.")), account]
    if step is Step.RESTORE:
        return [_line(_("Profile, history and admin rights"), _people(preview.count), _("As they were."))]
    return []


def _until(actor: MemberActor) -> dict[str, str]:
    days = actor.member.workspace.restore_days
    until = date_format(localtime(clock.now() + timedelta(days=days)), "SHORT_DATE_FORMAT")
    note = _("They can be restored until %(day)s; then it is erased.") % {"day": until}
    words = ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    return _line(_("Profile, history and the ID"), words, note if days else _("Erased at once: no time is set."))


def _handed_on(actor: MemberActor, preview: Preview) -> list[dict[str, str]]:
    sent = joining.sent_by(actor.workspace_id, preview.able).count()
    made = links.made_by(actor.workspace_id, preview.able).count()
    handed = [_line(_("Invitations they sent"), sent, _("Whoever takes over stands for them."))] if sent else []
    if made:
        handed.append(_line(_("Invite links they made"), made, _("They stay open until somebody withdraws them.")))
    return handed


def refusals(actor: MemberActor, preview: Preview) -> list[dict[str, str]]:
    """Return who is left as they are and why, counted; those a rule is about by name."""
    uids = [uid for _error, _number, uid in preview.refused if uid]
    named = {one.uid: name_of(one) for one in Member.objects.filter(workspace_id=actor.workspace_id, uid__in=uids)}
    return [
        {"who": named.get(uid) or _people(number), "why": error.sentence()} for error, number, uid in preview.refused
    ]


def left_as_they_are(refused: Iterable[tuple[Member, DomainError]]) -> list[str]:
    """Return a sentence for each reason why members were left as they are."""
    found = [(name_of(member), error) for member, error in refused]
    numbers = Counter(error.code for _name, error in found)
    names = {error.code: name for name, error in found}
    why = {error.code: error.sentence() for _name, error in found}
    return [
        _("%(who)s: %(why)s") % {"who": names[code] if number == 1 else _people(number), "why": why[code]}
        for code, number in numbers.items()
    ]


def progress(job: Job) -> dict[str, Any]:
    """Return what a page says of a job."""
    left = sum(job.refused.values())
    looked_at = job.done + left
    words = WORDS[Step(job.step)]
    done = DATED if job.dated else words.done
    return {
        "title": words.title,
        "done": str(job.done),
        "looked_at": str(looked_at),
        "total": str(job.total),
        "rest": str(max(job.total - looked_at, 0)),
        "ended": job.ended_at is not None,
        "sentence": say(done, job.done, "1") if job.done != 1 else _("Done for one person."),
        "stopped": _why(job.stopped) if job.stopped else "",
        "refused": [{"who": _people(number), "why": _why(code)} for code, number in job.refused.items()],
    }


def _why(code: str) -> str:
    if code == RESTORED:
        return _("A backup came back in the middle of it. Begin again if it is still to be done.")
    error = ERRORS.get(code)
    return error().sentence() if error else _("The rights of whoever began it have ended.")
