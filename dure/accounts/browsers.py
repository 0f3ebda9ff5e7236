"""What a browser calls itself, in a few words."""

from functools import lru_cache

from django.utils.translation import gettext as _


@lru_cache(maxsize=256)
def _parts(user_agent: str) -> tuple[str, str]:
    from ua_parser import parse  # ten megabytes that only some pages need

    found = parse(user_agent)
    browser = found.user_agent.family if found.user_agent else ""
    system = found.os.family if found.os else ""
    return browser, system


def name_of(user_agent: str) -> str:
    """Return browser and system, such as ``Chrome · Windows``; never the header itself, which anybody can write."""
    browser, system = _parts(user_agent) if user_agent else ("", "")
    return " · ".join(part for part in (browser, system) if part and part != "Other") or _("unknown browser")
