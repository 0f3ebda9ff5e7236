"""What one person's panel says of their state, and which steps it offers."""

from datetime import datetime, timedelta
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from dure.members import rules
from dure.members.actions.choosing import refusals
from dure.members.actors import MemberActor
from dure.members.models import Member
from dure.members.rules import Step
from dure.web.steps import WORDS


def standing_of(actor: MemberActor, member: Member) -> dict[str, Any]:
    """Return the steps and dates that a panel shows."""
    return {"steps": steps_of(actor, member), "dates": dates_of(member)}


def steps_of(actor: MemberActor, member: Member) -> list[dict[str, Any]]:
    """Return the steps the reader can take for somebody, those that end something last."""
    offered = [step for step in Step if step is not Step.ERASE or actor.is_super_admin]
    possible = [step for step in offered if not refusals(actor, step, [member])]
    shown = [{"code": str(one), "link": WORDS[one].link, "danger": WORDS[one].tone != "primary"} for one in possible]
    return sorted(shown, key=lambda one: bool(one["danger"]))


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "SHORT_DATE_FORMAT")


def dates_of(member: Member) -> list[dict[str, str]]:
    """Return the dates of a leave or a removal, present or ahead."""
    found = []
    if member.leave_from and member.leave_until and rules.has_leave(member):
        last = member.leave_until - timedelta(seconds=1)
        found.append((_("Leave of absence"), f"{_day(member.leave_from)} – {_day(last)}"))
    if member.removed_at:
        label = _("Removed") if not rules.is_here(member) else _("Day of removal")
        found.append((label, _day(member.removed_at)))
    if member.restorable_until and not rules.is_here(member):
        found.append(
            (_("Can be restored until"), date_format(localtime(member.restorable_until), "SHORT_DATETIME_FORMAT"))
        )
    if member.removal_reason:
        found.append((_("Reason"), member.removal_reason))
    return [{"label": label, "value": value} for label, value in found]
