"""Names of people: what they may be, their order, how they are sorted and found (PRODUCT.md §4.14)."""

import re
import unicodedata

from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError
from dure.core.text import is_plain

LONGEST = 80
_HANGUL = range(0xAC00, 0xD7A4)
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
# NFKC turns the letters one types (ㄱ, U+3131) into conjoining ones (U+1100); a search needs them as typed.
_TYPED = {0x1100 + number: letter for number, letter in enumerate(INITIALS)}
_KATAKANA = {code: chr(code - 0x60) for code in range(0x30A1, 0x30F7)}


class InvalidName(DomainError):
    """No name at all, or with control or formatting characters."""

    code = "invalid_name"
    message = _("Write the name as the person writes it, without line breaks or invisible characters.")
    field = "given_name"


class NameMissing(InvalidName):
    """No name at all."""

    code = "name_missing"
    message = _("Write a name: the family name, the given name, or both.")


class NameTooLong(InvalidName):
    """Family and given name together are longer than 80 characters."""

    code = "name_too_long"
    message = _("Family and given name together have at most 80 characters.")


def clean_names(family_name: str, given_name: str) -> tuple[str, str]:
    """Return both parts in NFC without outer spaces; one of them may be empty.

    :raises InvalidName: when there is none, it is too long, or it holds characters that cannot be seen.
    """
    family, given = (unicodedata.normalize("NFC", part).strip(" \u3000") for part in (family_name, given_name))
    if not family + given:
        raise NameMissing
    if not is_plain(family + given) or not any(_is_visible(letter) for letter in family + given):
        raise InvalidName
    if len(family) + len(given) > LONGEST:
        raise NameTooLong
    return family, given


def _is_visible(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LNPS"


def language_of(family_name: str, given_name: str, fallback: str) -> str:
    """Return the language a name is written in, as far as its script tells; Han alone does not."""
    letters = family_name + given_name
    if any(ord(letter) in _HANGUL for letter in letters):
        return "ko"
    if any("\u3041" <= letter <= "\u30ff" for letter in letters):
        return "ja"
    if any(unicodedata.name(letter, "").startswith("CJK") for letter in letters):
        return fallback if fallback in ("ko", "ja") else "ja"
    return "en"


def display_name(family_name: str, given_name: str, language: str) -> str:
    """Return the whole name in its owner's order: 김민수, Minsu Kim, 金 民秀."""
    if not family_name or not given_name:
        return family_name or given_name
    if language == "ko":
        return f"{family_name}{given_name}"
    return f"{family_name} {given_name}" if language == "ja" else f"{given_name} {family_name}"


def avatar(family_name: str, given_name: str, language: str) -> str:
    """Return what stands in a round of two letters: 민수, 田中, EC."""
    if language == "ko":
        return (given_name or family_name)[-2:]
    if language == "ja":
        return (family_name or given_name)[:2]
    return "".join(part[0] for part in (given_name, family_name) if part).upper()


def fold(text: str) -> str:
    """Return the form in which names are compared: NFKC, folded case, katakana as hiragana, single spaces."""
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_KATAKANA | _TYPED)
    return re.sub(r"\s+", " ", plain).strip()


def initials(text: str) -> str:
    """Return the initial consonants of Hangul syllables, everything else dropped: 김민수 → ㄱㅁㅅ."""
    return "".join(INITIALS[(ord(letter) - 0xAC00) // 588] for letter in text if ord(letter) in _HANGUL)


def sort_key(family_name: str, given_name: str) -> str:
    """Return the key lists are ordered by: family name first, whatever the order of display."""
    return fold(f"{family_name} {given_name}")[:120]
