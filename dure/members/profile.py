"""The fields of a profile: what each may be, and how it reads as text (N7 N11, PRODUCT.md §5)."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.errors import DomainError, raise_together
from dure.core.text import is_plain
from dure.members.models import Profile

REGIONS = {"Asia/Seoul": "KR", "Asia/Tokyo": "JP"}
"""The country a number without its own belongs to: by the workspace's time zone, or by one's own where one says it."""


class InvalidField(DomainError):
    """One field of a profile; ``field`` says which."""

    code = "invalid_field"
    message = _("Write it in one line, without invisible characters.")

    def __init__(self, field: str, message: Any = None, **facts: Any) -> None:
        super().__init__(**facts)
        self.field, self.message = field, message or self.message


def _text(name: str, text: str, _region: str) -> str:
    plain = unicodedata.normalize("NFC", text).strip(" \u3000")
    longest = int(getattr(Profile._meta.get_field(name), "max_length", 0))
    if not is_plain(plain):
        raise InvalidField(name)
    if len(plain) > longest:
        raise InvalidField(name, _("At most %(longest)d characters."), longest=longest)
    return plain


def _phone(name: str, text: str, region: str) -> str:
    if not text.strip():
        return ""
    sentence = _("This is not a telephone number. With the country it looks like +82 10-1234-5678.")
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), region or None)
    except phonenumbers.NumberParseException:
        raise InvalidField(name, sentence) from None
    if not phonenumbers.is_possible_number(number):
        raise InvalidField(name, sentence)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{e164} #{number.extension}" if number.extension and name == "office_phone" else e164


def _day(name: str, text: str, _region: str) -> str:
    if not text.strip():
        return ""
    try:
        day = date.fromisoformat(text.strip().rstrip(".").replace(".", "-").replace("/", "-").replace(" ", ""))
    except ValueError:
        raise InvalidField(name, _("Write the day as 2026-01-31.")) from None
    today = clock.now().date()
    if day.year < 1900 or day.year > today.year + 10 or (name == "birthday" and day > today):
        raise InvalidField(name, _("This day cannot be right."))
    return day.isoformat()


def _zone(name: str, text: str, _region: str) -> str:
    zone = text.strip()
    if zone and zone not in available_timezones():
        raise InvalidField(name, _("Choose a time zone from the list, such as Asia/Seoul."))
    return zone


@dataclass(frozen=True)
class Field:
    """One field: its label and what makes typed text a stored value."""

    label: Any
    clean: Callable[[str, str, str], str]


FIELDS = {
    "phonetic_family_name": Field(_("Family name, phonetic"), _text),
    "phonetic_given_name": Field(_("Given name, phonetic"), _text),
    "name_ko": Field(_("Name in Korean"), _text),
    "name_en": Field(_("Name in English"), _text),
    "name_ja": Field(_("Name in Japanese"), _text),
    "nickname": Field(_("Nickname"), _text),
    "mobile_phone": Field(_("Mobile phone"), _phone),
    "office_phone": Field(_("Office phone"), _phone),
    "employee_number": Field(_("Employee number"), _text),
    "work_place": Field(_("Work place"), _text),
    "duty": Field(_("Duty"), _text),
    "birthday": Field(_("Birthday"), _day),
    "join_date": Field(_("Join date"), _day),
    "time_zone": Field(_("Time zone"), _zone),
}
OPEN = ("nickname", "name_ko", "name_en", "name_ja", "phonetic_family_name", "phonetic_given_name", "office_phone")
"""What every member may know of another, beside name, photo and ID (PRODUCT.md §4.17)."""
OWN = (*OPEN, "mobile_phone", "birthday", "time_zone")
"""What a member may change about themselves; the rest is the company's to say."""
DAYS = ("birthday", "join_date")
PHONES = ("mobile_phone", "office_phone")


def clean(typed: dict[str, str], time_zone: str) -> dict[str, str]:
    """Return the fields of a profile among what was typed, each as it is stored.

    :raises InvalidField: for the first that is wrong, with all the ``others``.
    """
    region, cleaned = REGIONS.get(time_zone, ""), {}
    wrong: list[InvalidField] = []
    for name, field in FIELDS.items():
        if name in typed:
            try:
                cleaned[name] = field.clean(name, typed[name], region)
            except InvalidField as error:
                wrong.append(error)
    raise_together(wrong)
    return cleaned


def texts(profile: Profile | None) -> dict[str, str]:
    """Return every field as text, empty where nothing is known."""
    values = {name: getattr(profile, name, "") or "" for name in FIELDS}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def shown(name: str, value: str) -> str:
    """Return a stored text as people read it: telephone numbers in groups."""
    if name not in PHONES or not value:
        return value
    number, _hash, extension = value.partition(" #")
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return value
    grouped = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return f"{grouped} #{extension}" if extension else grouped


def assign(profile: Profile, values: dict[str, str]) -> None:
    """Put stored texts into their columns."""
    for name, value in values.items():
        setattr(profile, name, (date.fromisoformat(value) if value else None) if name in DAYS else value)
