"""What a workspace may be called, speak and where it keeps time."""

import re
from zoneinfo import available_timezones

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError
from dure.core.text import is_plain


class InvalidWorkspaceName(DomainError):
    """Empty, longer than 100 characters, or with control characters."""

    code = "invalid_workspace_name"
    message = _("Give the workspace a name of 1 to 100 characters.")
    field = "workspace_name"


class UnknownLanguage(DomainError):
    """Not one of Korean, English and Japanese."""

    code = "unknown_language"
    message = _("Choose Korean, English or Japanese.")
    field = "languages"


class UnknownTimeZone(DomainError):
    """Not in the IANA time zone database."""

    code = "unknown_time_zone"
    message = _("Choose a time zone from the list, such as Asia/Seoul.")
    field = "time_zone"


class InvalidColour(DomainError):
    """Not six hexadecimal digits."""

    code = "invalid_colour"
    message = _("Write the colour as # and six digits or letters from a to f, such as #2f6f4f.")
    field = "accent"


def workspace_name(text: str) -> str:
    """Return the name without outer spaces.

    :raises InvalidWorkspaceName: as its name says.
    """
    name = " ".join(text.split())
    if not 1 <= len(name) <= 100 or not is_plain(name):
        raise InvalidWorkspaceName
    return name


def workspace_languages(codes: list[str]) -> list[str]:
    """Return the languages without repetition, the workspace's own first.

    :raises UnknownLanguage: for another one, or for none.
    """
    chosen = list(dict.fromkeys(codes))
    if not chosen or not set(chosen) <= {code for code, _name in settings.LANGUAGES}:
        raise UnknownLanguage
    return chosen


def workspace_time_zone(name: str) -> str:
    """Return the zone's name.

    :raises UnknownTimeZone: as its name says.
    """
    if name not in available_timezones():
        raise UnknownTimeZone
    return name


def workspace_colour(text: str) -> str:
    """Return a colour as six small hexadecimal digits; empty means Dure's own.

    Any colour will do: pages take its hue and a part of its strength, their contrast is their own.

    :raises InvalidColour: as its name says.
    """
    digits = text.strip().lower().removeprefix("#")
    if digits and not re.fullmatch("[0-9a-f]{6}", digits):
        raise InvalidColour
    return digits
