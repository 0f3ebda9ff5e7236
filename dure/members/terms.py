"""What somebody is found by, and what a typed search looks for (K10, docs/adr/0013, docs/adr/0015).

A member's ``search`` holds one line for each thing they are found by; its first character says from where on a line is
found: ``n`` anywhere (names, numbers), ``s`` from its start only, ``a`` an address, whose domain counts from the @ on.
It is a capital where every member may know the line (PRODUCT.md §4.17), else only admins find anybody by it. A *term*
is the rest of a line from such a place, cut; a search finds whom it is the beginning of a term of. So one range of one
index answers any fragment, however short, and nothing has to be known about languages at reading.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from dure.accounts.addresses import sought_part
from dure.core.text import narrow
from dure.members import names

VERSION = 2
"""Raised when the same facts would make other terms: ``dure members reindex`` is due then."""
CUT = 24
"""Characters of a term; what is typed beyond them is compared with the lines."""
LONGEST = 100
"""Characters of a search that are looked at."""
_LONGEST_LINE = 260
_OPEN = frozenset("NSA")
_DIGITS = re.compile(r"[\s()./+-]*\d[\d\s()./+-]*")
_PLAIN = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe"})
_FIRST, _SYLLABLES, _FINALS = 0xAC00, 588, 28


@dataclass(frozen=True)
class Known:
    """What a member is found by; ``phones`` are E.164, ``names`` are further ones beside family and given name.

    Everybody may know names, ``addresses`` and ``phones``; ``numbers`` and what is private, only admins.
    """

    family_name: str
    given_name: str
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    private_addresses: tuple[str, ...] = ()
    private_phones: tuple[str, ...] = ()


def lines(known: Known) -> str:
    """Return the lines of a member, each once; what everybody may know comes first."""
    known_to_all = (f"{line[0].upper()}{line[1:]}" for line in _open(known))
    found: dict[tuple[str, str], str] = {}
    for line in (*known_to_all, *_closed(known)):
        if len(line) > 1:
            found.setdefault((line[0].lower(), line[1:]), line[:_LONGEST_LINE])
    return "\n".join(found.values())


def _open(known: Known) -> Iterator[str]:
    family, given = names.fold(known.family_name), names.fold(known.given_name)
    yield from _name(f"{family} {given}".strip(), f"{given} {family}".strip())
    joined = family + given
    is_latin = joined.isascii()
    yield f"{'s' if is_latin else 'n'}{joined}"
    yield f"n{names.initials(joined)}"
    for other in known.names:
        folded = names.fold(other)
        yield from (*_name(folded, _turned(folded)), f"n{names.initials(folded)}")
    yield from _places(known.addresses, known.phones)


def _closed(known: Known) -> Iterator[str]:
    yield from _places(known.private_addresses, known.private_phones)
    for number in known.numbers:
        folded = names.fold(number)
        yield from (f"n{folded}", f"n{_only_digits(folded)}")


def _places(addresses: Iterable[str], phones: Iterable[str]) -> Iterator[str]:
    yield from (f"a{address}" for address in addresses)
    yield from (f"n{squeezed}" for one in addresses if (squeezed := _only_digits(one.partition("@")[0])))
    for phone in phones:
        yield from _phone(phone)


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
    """Return every term of these lines."""
    shelves = on_shelves(search)
    return shelves[0] | shelves[1]


def on_shelves(search: str) -> tuple[set[str], set[str]]:
    """Return the terms by which anybody finds the member, and those by which admins do too.

    One that another begins with, on its shelf or on the open one, is left out: it finds nobody more.
    """
    every = search.split("\n")
    return _shelved(*({term for line in some for term in _of_line(line)} for some in _sorted(every)))


def _sorted(every: list[str]) -> tuple[list[str], list[str]]:
    """Return the lines that every member may know, and the others."""
    known_to_all = [line for line in every if line[:1] in _OPEN]
    return known_to_all, [line for line in every if line[:1] not in _OPEN] if len(known_to_all) < len(every) else []


def _shelved(known_to_all: set[str], private: set[str]) -> tuple[set[str], set[str]]:
    known_to_all = set(_longest(known_to_all))
    return known_to_all, set(_longest(private | known_to_all)) - known_to_all


def _longest(found: set[str]) -> Iterator[str]:
    """Give those that no other begins with, in order."""
    for term, following in pairwise([*sorted(found), ""]):
        if not following.startswith(term):
            yield term


def _of_line(line: str) -> Iterator[str]:
    kind, text = line[:1].lower(), line[1:]
    for start in range(_last_start(kind, text) + 1):
        if text[start : start + 1].strip():
            yield text[start : start + CUT]


def _last_start(kind: str, text: str) -> int:
    return {"n": len(text) - 1, "a": text.find("@")}.get(kind.lower(), 0)


@dataclass(frozen=True)
class Asked:
    """A typed search: terms from ``low`` on and below ``high`` begin with it; ``pattern`` finds it in a line."""

    text: str
    low: str
    high: str
    pattern: re.Pattern[str]

    def first(self, search: str, *, known_to_all: bool = False) -> str:
        """Return the first term of these lines that begins with it, empty when there is none.

        That is the term under which a member is listed, once, wherever else they are found too; where every member
        may look, of those lines alone that all may know.
        """
        known, private = _sorted(search.split("\n"))
        of_known = set(_longest(set(self._matches(known))))
        of_private = set() if known_to_all else set(self._matches(private))
        if of_private:
            of_private = set(_longest(of_private | of_known))
        return min(of_known | of_private, default="")

    def _matches(self, every: Iterable[str]) -> Iterator[str]:
        for line in every:
            last = _last_start(line[:1], line[1:]) + 1
            for match in self.pattern.finditer(line, 1):
                if match.start() <= last:
                    yield line[match.start() : match.start() + CUT]


def asked(typed: str) -> Asked | None:
    """Return what to look for; None when nothing was typed.

    Hangul is found while it is being typed: 김미 and 김ㅁ are on the way to 김민. What stands behind an @ is looked for
    as addresses are stored, whose readers know them otherwise.
    """
    typed = narrow(typed[:LONGEST]).strip()
    typed = sought_part(typed) if "@" in typed and not typed.isascii() else typed
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
