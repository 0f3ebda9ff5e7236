"""What people call a time zone."""

from functools import lru_cache
from zoneinfo import available_timezones

from babel.dates import get_timezone_name
from django.conf import settings
from django.utils.translation import get_language


@lru_cache
def zone_list() -> list[str]:
    """Return the time zones somebody may choose, in their order."""
    return sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def zone_name(zone: str) -> str:
    """Return a zone as it is spoken of in the active language: 대한민국 시간, Central European Time, 日本時間."""
    if "/" not in zone or zone.startswith("Etc/"):
        return zone
    return get_timezone_name(zone, locale=get_language() or settings.LANGUAGE_CODE, zone_variant="generic")
