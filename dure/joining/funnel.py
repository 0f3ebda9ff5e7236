"""Counting how far people come with a link, day by day, without knowing whom (K3)."""

from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import F, Sum

from dure.core import clock
from dure.core.action import part_of_writing
from dure.joining.models import InviteLink, InviteLinkDay

STEPS = ("opened", "started", "verified", "asked", "joined", "refused")


def count(link: InviteLink, *steps: str, times: int = 1) -> None:
    """Add one, or as many as came at once, to these steps of today, in the workspace's calendar.

    Part of an action, or by itself.
    """
    day = clock.now().astimezone(ZoneInfo(link.workspace.time_zone)).date()
    columns = [step for step in STEPS if step in steps]
    zeros = [step for step in STEPS if step not in steps]
    names, values = ", ".join(columns + zeros), ", ".join([str(int(times))] * len(columns) + ["0"] * len(zeros))
    raised = ", ".join(f"{name} = dure_invitelinkday.{name} + {int(times)}" for name in columns)
    sql = (
        f"INSERT INTO dure_invitelinkday (link_id, day, {names}) VALUES (%s, %s, {values}) "  # noqa: S608
        f"ON CONFLICT (link_id, day) DO UPDATE SET {raised}"
    )
    with part_of_writing(), connection.cursor() as cursor:
        cursor.execute(sql, [link.pk, connection.ops.adapt_datefield_value(day)])


def take_back_refusal(link_uid: str) -> None:
    """Count one less who was told no, on the last day on which somebody was."""
    told_no = InviteLinkDay.objects.filter(link__uid=link_uid, refused__gt=0)
    with part_of_writing():
        last = told_no.order_by("-day").values_list("pk", flat=True).first()
        told_no.filter(pk=last or 0).update(refused=F("refused") - 1)


def totals(link: InviteLink) -> dict[str, int]:
    """Return the sum of every step over all days."""
    found = InviteLinkDay.objects.filter(link=link).aggregate(**{step: Sum(step) for step in STEPS})
    return {step: found[step] or 0 for step in STEPS}


def days(link: InviteLink) -> list[InviteLinkDay]:
    """Return the last sixty days on which something happened, the oldest first."""
    return list(reversed(InviteLinkDay.objects.filter(link=link).order_by("-day")[:60]))
