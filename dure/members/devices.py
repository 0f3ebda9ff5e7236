"""With which devices a member opens this workspace: what admins may know of them (PRODUCT.md §4.1)."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, Min, OuterRef

from dure.accounts.models import Session
from dure.core import clock
from dure.core.action import part_of_writing
from dure.members.models import DeviceUse, Member

EXACT_TO = timedelta(hours=1)
"""How exactly it is known; no page writes more often."""
SHOWN = 5
NEW_FOR, GREETED_FOR = timedelta(days=30), timedelta(days=1)
"""How long whoever came in and has not opened the workspace is new to it, and is greeted from then on."""
NOTE = """
INSERT INTO dure_deviceuse (member_id, device_id, first_at, last_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (member_id, device_id) DO UPDATE SET last_at = excluded.last_at
"""


def note_use(member: Member, device_id: int) -> None:
    """Write down that a member opened the workspace with a device; no act of anybody, so the trail does not tell."""
    at = connection.ops.adapt_datetimefield_value(clock.now())
    with part_of_writing(), connection.cursor() as cursor:
        cursor.execute(NOTE, [member.pk, device_id, at, at])


def is_greeted(member: Member) -> bool:
    """Tell whether somebody opened the workspace first within a day: an address kept from then leads to Home later."""
    if not _is_new(member):
        return False
    first = DeviceUse.objects.filter(member=member).aggregate(at=Min("first_at"))["at"]
    return first is None or abs(clock.now() - first) < GREETED_FOR


def _is_new(member: Member) -> bool:
    """Tell whether the workspace has been open to somebody for less than a month."""
    days = [day for day in (member.activated_at, member.starts_at) if day is not None]
    return member.activated_at is not None and abs(clock.now() - max(days)) < NEW_FOR


def never_opened(members: Iterable[Member]) -> set[int]:
    """Return the ids of those newcomers who have not opened the workspace with any device; asks only where some are."""
    new = {member.pk for member in members if _is_new(member)}
    return new - set(DeviceUse.objects.filter(member_id__in=new).values_list("member_id", flat=True)) if new else new


def uses_of(member: Member) -> list[DeviceUse]:
    """Return the newest uses, their device at hand, with ``is_signed_in``."""
    living = Session.objects.filter(device_id=OuterRef("device_id"), expire_date__gt=clock.now())
    found = DeviceUse.objects.filter(member=member).select_related("device")
    return list(found.annotate(is_signed_in=Exists(living)).order_by("-last_at", "-id")[:SHOWN])
