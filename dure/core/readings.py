"""Numbers kept for the operator: ``dure doctor`` and ``/metrics`` read them (ARCHITECTURE §6)."""

from collections.abc import Mapping

from django.db.models import F

from dure.core import clock
from dure.core.action import writing
from dure.core.models import Reading


def keep(values: Mapping[str, float]) -> None:
    """Write numbers, each in the place of its older one."""
    at = clock.now()
    rows = [Reading(name=name, value=value, at=at) for name, value in values.items()]
    with writing():
        Reading.objects.bulk_create(rows, update_conflicts=True, unique_fields=["name"], update_fields=["value", "at"])


def add(name: str, number: float) -> None:
    """Raise a number that only grows; several processes may at the same time."""
    at = clock.now()
    with writing():
        if not Reading.objects.filter(pk=name).update(value=F("value") + number, at=at):
            Reading.objects.get_or_create(name=name, defaults={"value": number, "at": at})


def all_kept() -> dict[str, Reading]:
    """Return every number by its name."""
    return {reading.name: reading for reading in Reading.objects.all()}
