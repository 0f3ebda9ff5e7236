"""Splitting a whole name, as it stands in an address book, into family and given name (PRODUCT.md §4.14)."""

import re

from dure.members import names

TWO_SYLLABLES = ("남궁", "황보", "제갈", "사공", "선우", "서문", "독고", "동방")
"""Korean family names of two syllables; every other one has one."""
PARTICLES = frozenset({"al", "bin", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "la", "le", "ten"})
PARTICLES |= {"ter", "van", "vom", "von", "zu", "zum", "zur"}
"""What begins a family name in Latin letters and is written small."""
_HANGUL = re.compile(r"[가-힣]+")


def split(whole: str, language: str) -> tuple[str, str]:
    """Return family and given name; where nothing tells them apart, everything is the one of them that stands alone.

    김민수 and 金 民秀 begin with the family name, Minsu Kim ends with it, and “Kim, Minsu” and KIM Minsu say it.
    """
    family, comma, given = whole.partition(",")
    if comma:
        return _tidy(family), _tidy(given)
    parts = whole.split()
    if names.language_of(whole, "", language) == "en":
        return _latin(parts)
    if len(parts) > 1:
        return parts[0], " ".join(parts[1:])
    return _unspaced(parts[0]) if parts else ("", "")


def _tidy(text: str) -> str:
    return " ".join(text.split())


def _unspaced(whole: str) -> tuple[str, str]:
    if not _HANGUL.fullmatch(whole) or not 2 <= len(whole) <= 5:
        return whole, ""
    length = 2 if whole.startswith(TWO_SYLLABLES) and len(whole) > 3 else 1
    return whole[:length], whole[length:]


def _latin(parts: list[str]) -> tuple[str, str]:
    if len(parts) < 2:
        return "", " ".join(parts)
    loud = [part for part in parts if part.isupper() and len(part) > 1 and not part.endswith(".")]
    if len(loud) == 1 and loud[0] in (parts[0], parts[-1]):
        rest = parts[1:] if loud[0] == parts[0] else parts[:-1]
        return loud[0], " ".join(rest)
    begins = next((place for place, part in enumerate(parts[1:-1], 1) if part in PARTICLES), len(parts) - 1)
    return " ".join(parts[begins:]), " ".join(parts[:begins])
