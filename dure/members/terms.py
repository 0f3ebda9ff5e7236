"""What somebody is found by, and what a typed search looks for (K10, docs/adr/0013).

A member's ``search`` holds one line for each thing they are found by; its first character says from where on a line is
found: ``n`` anywhere (names, numbers), ``s`` from its start only, ``a`` an address, whose domain counts from the @ on.
A *term* is the rest of a line from such a place, cut; a search finds whom it is the beginning of a term of. So one
range of one index answers any fragment, however short, and nothing has to be known about languages at reading.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dure.members import names

VERSION = 1
"""Raised when the same facts would make other terms: ``dure members reindex`` is due then."""
CUT = 24
"""Characters of a term; what is typed beyond them is compared with the lines."""
LONGEST = 100
"""Characters of a search that are looked at."""
_LONGEST_LINE = 260
_DIGITS = re.compile(r"[\s()./+-]*\d[\d\s()./+-]*")
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_FIRST, _SYLLABLES, _FINALS = 0xAC00, 588, 28


@dataclass(frozen=True)
class Known:
    """What a member is found by; ``phones`` are E.164, ``names`` are further ones beside family and given name."""

    family_name: str
    given_name: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()


def lines(known: Known) -> str:
    """Return the lines of a member, each once."""
    found: list[str] = []
    family, given = names.fold(known.family_name), names.fold(known.given_name)
    found += _name(f"{family} {given}".strip(), f"{given} {family}".strip())
    joined = family + given
    is_latin = joined.isascii()
    found.append(f"{'s' if is_latin else 'n'}{joined}")
    found.append(f"n{names.initials(joined)}")
    for other in known.names:
        folded = names.fold(other)
        found += [*_name(folded, _turned(folded)), f"n{names.initials(folded)}"]
    found += [f"a{address}" for address in known.addresses]
    found += [f"n{squeezed}" for address in known.addresses if (squeezed := _only_digits(address.partition("@")[0]))]
    for phone in known.phones:
        found += _phone(phone)
    for number in known.numbers:
        folded = names.fold(number)
        found += [f"n{folded}", f"n{_only_digits(folded)}"]
    return "\n".join(dict.fromkeys(line[:_LONGEST_LINE] for line in found if len(line) > 1))


def _name(*forms: str) -> list[str]:
    return [f"n{form}" for text in forms for form in dict.fromkeys((text, _without_marks(text)))]


def _turned(name: str) -> str:
    """Return a name with its last word first, for nobody remembers which way round it was written."""
    rest, _space, last = name.rpartition(" ")
    return f"{last} {rest}".strip()


def _phone(phone: str) -> list[str]:
    """A number is found with its country code, and by any part of the number as one dials it at home."""
    number, _space, extension = phone.partition(" #")
    digits = re.sub(r"\D", "", number)
    return [f"s{digits}", f"n{_at_home(digits)}", f"n{re.sub(r'[^0-9]', '', extension)}"]


def _at_home(digits: str) -> str:
    """Return a number as it is dialled in its own country: no country code, and 0 before it nearly everywhere."""
    for size in (1, 2, 3):
        if digits[:size].isdecimal() and int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE:
            return digits[size:] if size == 1 else f"0{digits[size:]}"
    return digits


def _only_digits(text: str) -> str:
    """Return the digits of what is written like a number with separators, else nothing."""
    digits = re.sub(r"\D", "", text)
    return digits if digits != text and _DIGITS.fullmatch(text) else ""


def _without_marks(text: str) -> str:
    """Return Latin letters without their marks: nguyễn → nguyen."""
    if text.isascii():
        return text
    return "".join(_bare(letter) for letter in text)


def _bare(letter: str) -> str:
    base = unicodedata.normalize("NFD", letter)[0]
    return base if base.isascii() else letter.translate(_PLAIN)


def of(search: str) -> set[str]:
    """Return every term of these lines; one that another begins with is left out, for it finds nobody more."""
    return set(_longest({term for line in search.split("\n") for term in _of_line(line)}))


def _longest(found: set[str]) -> Iterator[str]:
    """Give those that no other begins with, in order."""
    for term, following in pairwise([*sorted(found), ""]):
        if not following.startswith(term):
            yield term


def _of_line(line: str) -> Iterator[str]:
    kind, text = line[:1], line[1:]
    for start in range(_last_start(kind, text) + 1):
        if text[start : start + 1].strip():
            yield text[start : start + CUT]


def _last_start(kind: str, text: str) -> int:
    return {"n": len(text) - 1, "a": text.find("@")}.get(kind, 0)


@dataclass(frozen=True)
class Asked:
    """A typed search: terms from ``low`` on and below ``high`` begin with it; ``pattern`` finds it in a line."""

    text: str
    low: str
    high: str
    pattern: re.Pattern[str]

    def first(self, search: str) -> str:
        """Return the first term of these lines that begins with it, empty when there is none.

        That is the term under which a member is listed, once, wherever else they are found too.
        """
        return next(_longest(set(self._matches(search.split("\n")))), "")

    def _matches(self, every: Iterable[str]) -> Iterator[str]:
        for line in every:
            last = _last_start(line[:1], line[1:]) + 1
            for match in self.pattern.finditer(line, 1):
                if match.start() <= last:
                    yield line[match.start() : match.start() + CUT]


def asked(typed: str) -> Asked | None:
    """Return what to look for; None when nothing was typed.

    Hangul is found while it is being typed: 김미 and 김ㅁ are on the way to 김민.
    """
    text = names.fold(typed[:LONGEST].replace("\x00", "").encode("utf-8", "ignore").decode())[:LONGEST]
    text = _only_digits(text) or text
    if not text:
        return None
    head = text[:CUT]
    low, high = _range(head) if len(text) <= CUT else (head, head + "\U0010ffff")
    return Asked(text, low, high, _pattern(text))


def _range(text: str) -> tuple[str, str]:
    head, last = text[:-1], ord(text[-1])
    if 0 <= last - _FIRST < 11172 and (last - _FIRST) % _FINALS == 0:
        return text, head + chr(last + _FINALS)
    number = names.INITIALS.find(text[-1])
    if number >= 0 and head and 0 <= ord(head[-1]) - _FIRST < 11172:
        return head + chr(_FIRST + number * _SYLLABLES), head + chr(_FIRST + (number + 1) * _SYLLABLES)
    return text, text + "\U0010ffff"


def _pattern(text: str) -> re.Pattern[str]:
    low, high = _range(text)
    if high == text + "\U0010ffff":
        return re.compile(f"(?={re.escape(text)})")
    return re.compile(f"(?={re.escape(text[:-1])}[{low[-1]}-{chr(ord(high[-1]) - 1)}])")
