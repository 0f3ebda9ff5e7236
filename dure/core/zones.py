"""What people call a time zone."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel.core import get_global
from babel.dates import get_timezone_name
from django.conf import settings
from django.utils.translation import get_language

AREAS = (
    "Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific",
)  # fmt: skip


@lru_cache
def zone_list() -> list[str]:
    """Return the time zones somebody may choose, in their order: places by the names they have now, and UTC."""
    earlier = get_global("zone_aliases")
    places = (zone for zone in available_timezones() if zone.partition("/")[0] in AREAS and "/" in zone)
    return [*sorted(zone for zone in places if zone not in earlier), "UTC"]


def zones_with(chosen: str) -> list[str]:
    """Return those somebody may choose, and the one that was chosen before, whatever it is called."""
    return zone_list() if chosen in zone_list() or not chosen else [*zone_list(), chosen]


def zone_name(zone: str) -> str:
    """Return a zone as it is spoken of in the active language: 대한민국 시간, Central European Time, 日本時間."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return get_timezone_name(zone, locale=get_language() or settings.LANGUAGE_CODE, zone_variant="generic")
