"""Reading addresses that were typed or pasted: from a mail program, a spreadsheet, a list of any kind."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.core.errors import DomainError
from dure.core.text import narrow
from dure.members import names, splitting
from dure.members.names import InvalidName

LONGEST = 200_000
"""Characters that a field of addresses may hold."""
_SPACE = " \t\r\u00a0\u3000\ufeff"
_ANGLED = re.compile(r"(.*?)[<〈＜]([^<>〈〉＜＞]*)[>〉＞](.*)", re.DOTALL)
_MARK = re.compile(r"[<>〈〉＜＞\t,;，；、]")
_DASHES = " -–—:：|"
_BETWEEN = "\t,;，；、"
_NUMBERING = re.compile(r"(?:[-*•·・]|\d{1,4}[.)])\s+")
_NO_NAME = re.compile(r"[=|/\\!\"{}<>\[\]@#$%^*+~_:;?]")
_WEB_ADDRESS = re.compile(
    r"://|\bwww\.|\w\.(?:com|net|org|info|biz|io|co|me|kr|jp|cn|ru|xyz|top|shop|site|online|link|click|app|dev|gg|ly"
    r"|to|us|uk|de|eu|tv|cc|store|live|ai|in|help|page|cloud|tech|pro|name|mobi|asia|vip|win|work|life|world|news|blog"
    r"|email|support|sh|tw|hk|sg|vn|th|fr|nl|es|it|ca|au|br|la)\b",
    re.IGNORECASE,
)
_DOTTED = re.compile(r"[\w-]\.[a-z]{2,}|[\w-]\.[A-Z]{2,}|[A-Za-z0-9-]\.[^\W\d_a-zA-Z]{2,}")
"""Words with a dot between and not the one capital that St.John has: no name that anybody writes."""
_LIKE_A_LINK = re.compile(r"\w\.[^\W\d_]{2,}|\d(?:\.\d+){3}|@")
_INITIAL = re.compile(r"(?:^|\s)\w{1,3}\.$")


_HEADS = frozenset({"email", "mail", "emailaddress", "mailaddress", "address", "id", "이메일", "메일", "이메일주소"})
_HEADS |= {"메일주소", "아이디", "メール", "メールアドレス", "eメール", "idemailaddress"}
_GIVEN = frozenset({"givenname", "firstname", "given", "first", "이름", "名"})
_FAMILY = frozenset({"familyname", "lastname", "surname", "family", "last", "성", "姓"})


class NoAddress(addresses.InvalidAddress):
    """A line without any @."""

    code = "no_address"
    message = _("There is no e-mail address in it.")


class LinkInName(InvalidName):
    """A web address as a name would make our mail somebody else's bait."""

    code = "link_in_name"
    message = _("A name holds no web address.")


class NotAName(InvalidName):
    """What stands in the place of a name holds what no name does, or no letter."""

    code = "not_a_name"
    message = _("“%(name)s” is no name. Write the name as the person writes it, or the address alone.")


class UnclearName(InvalidName):
    """A word beside an address may be its beginning as well, torn off by a space."""

    code = "unclear_name"
    message = _(
        "Is “%(name)s” the name? Then write %(name)s <%(address)s>. If it belongs to the address, take the space out."
    )


@dataclass(frozen=True)
class Entry:
    """One address of what was pasted: ``row`` is its line, ``text`` the entry as typed.

    ``problem`` says why nobody can be invited by it; then the rest is empty.
    """

    row: int
    text: str
    address: str = ""
    family_name: str = ""
    given_name: str = ""
    name_language: str = ""
    problem: DomainError | None = None


def holds_link(text: str) -> bool:
    """Tell whether a text holds what a mail program might make a link of."""
    return _WEB_ADDRESS.search(text) is not None


def may_hold_link(text: str) -> bool:
    """Tell whether a text holds a link or what looks like one: where a stranger’s words are mailed."""
    plain = narrow(text).casefold()
    return holds_link(plain) or _LIKE_A_LINK.search(plain) is not None


def refuse_link(*parts: str) -> None:
    """Refuse a web address as a name: it stands in mails to others.

    :raises LinkInName: as its name says.
    """
    plain = [narrow(part) for part in parts]
    orders = (plain, plain[::-1])  # as languages have them, with and without a space
    shown = [" ".join(order) for order in orders] + ["".join(order) for order in orders if not _is_initial(order)]
    if any(map(holds_link, shown)) or any(map(_DOTTED.search, plain)):
        raise LinkInName


def _is_initial(names: Sequence[str]) -> bool:
    """Tell whether names begin with J. or Dr., which nobody glues to the next one."""
    return _INITIAL.search(names[0]) is not None


def read(text: str, language: str) -> list[Entry]:
    """Return every address in the order it stands there, good and wrong ones; ``language`` helps to read names."""
    known: dict[str, str] = {}
    found: list[Entry] = []
    given_first: bool | None = None
    for row, line in enumerate(text.replace("＠", "@").splitlines(), 1):
        for cells in _cells_of(line):
            if not found and _is_head(line):
                given_first = _given_first(line)
                break
            found.append(_entry(row, cells, language, known, given_first=given_first))
    return found


def _is_head(line: str) -> bool:
    """Tell whether a line is the head of a table: no address, and a cell that says where the addresses stand."""
    return "@" not in line and any(_head(cell) in _HEADS for cell in _parts(line, _BETWEEN))


def _head(cell: str) -> str:
    return re.sub(r"[\s_()-]", "", _bare(cell)).casefold()


def _given_first(line: str) -> bool | None:
    """Tell whether the head puts the given name before the family name; None when it does not say."""
    heads = [_head(cell) for cell in _parts(line, _BETWEEN)]
    given, family = (next((heads.index(head) for head in heads if head in known), None) for known in (_GIVEN, _FAMILY))
    return None if given is None or family is None else given < family


def _cells_of(line: str) -> Iterator[list[str]]:
    """Return the entries of one line, each as its cells: a name and an address in any order, or an address alone."""
    line = line.strip(_SPACE)
    numbered = _NUMBERING.match(line)
    line = _parted(line[numbered.end() :].strip(_SPACE) if numbered else line)
    cells = [cell for cell in (_bare(cell) for cell in _parts(line, _BETWEEN)) if cell]
    if sum("@" in cell for cell in cells) == 1 and _is_one_person(cells):
        yield cells
        return
    before: list[str] = []
    for cell in cells:
        if "@" not in cell:
            before.append(cell)
            continue
        last = before.pop() if before and _ANGLED.match(cell) else ""
        yield from ([other] for other in before)
        before = []
        yield from ([last, cell] if last else [one] for one in ([cell] if last else _side_by_side(cell)))
    yield from ([other] for other in before)


def _parted(line: str) -> str:
    """Put a semicolon between entries that touch: “Lee <lee@…>Kim <kim@…>”."""
    if line.count("@") < 2:
        return line
    marks = list(_MARK.finditer(line))
    ends = [one.end() for one, following in pairwise(marks) if one[0] in ">〉＞" and following[0] in "<〈＜"]
    return ";".join(line[begin:end] for begin, end in pairwise([0, *ends, len(line)]))


def _is_one_person(cells: list[str]) -> bool:
    """Tell whether the cells beside the one address may be a name and what else a spreadsheet holds."""
    place = next(place for place, cell in enumerate(cells) if "@" in cell)
    return len(_side_by_side(cells[place])) == 1


def _side_by_side(cell: str) -> list[str]:
    """Return addresses parted by nothing but a space."""
    parts = cell.split()
    return parts if len(parts) > 1 and "<" not in cell and all("@" in part for part in parts) else [cell]


def _parts(line: str, between: str) -> Iterator[str]:
    """Cut a line where one of these stands outside of quotation marks and angle brackets."""
    part, quoted, angled = "", False, False
    for letter in line:
        if letter == '"':
            quoted = not quoted
        elif letter in "<>" and not quoted:
            angled = letter == "<"
        if letter in between and not quoted and not angled:
            yield part
            part = ""
        else:
            part += letter
    yield part


def _bare(cell: str) -> str:
    cell = cell.strip(_SPACE)
    return cell[1:-1].replace('""', '"').strip(_SPACE) if len(cell) > 1 and cell[0] == cell[-1] == '"' else cell


def _entry(row: int, cells: list[str], language: str, known: dict[str, str], *, given_first: bool | None) -> Entry:
    text = ", ".join(cells)
    place = next((place for place, cell in enumerate(cells) if "@" in cell), None)
    if place is None:
        return Entry(row, text, problem=NoAddress())
    within, typed, is_bare = _apart(cells[place])
    try:
        address = _canonical(typed, known)
        if is_bare and not _is_like_a_name(within) and not _NO_NAME.search(within):
            raise UnclearName(name=within[:40], address=addresses.for_readers(address))
        family_name, given_name = _names(within, cells, place, language, address=address, given_first=given_first)
    except DomainError as refused:
        return Entry(row, text, problem=refused)
    return Entry(row, text, address, family_name, given_name, _language(text, family_name, given_name, language))


def _apart(cell: str) -> tuple[str, str, bool]:
    """Return the name and the address that stand in one cell, and whether nothing but a space parts them."""
    angled = _ANGLED.match(cell)
    if angled:
        return (angled[1].strip(_SPACE) or angled[3].strip(_SPACE)).strip("\"'"), angled[2], False
    words = cell.split()
    with_sign = [word for word in words if "@" in word]
    if len(words) > 1 and len(with_sign) == 1 and with_sign[0] in (words[0], words[-1]):
        beside = " ".join(word for word in words if word != with_sign[0])
        within, address = beside.strip(_DASHES).strip("\"'"), with_sign[0].strip("()[]")
        is_named = not within or _head(within) in _HEADS  # as in “E-mail: kim@…”
        return ("", address, False) if is_named else (within, address, within == beside and address == with_sign[0])
    return "", cell, False


def _is_like_a_name(words: str) -> bool:
    """Tell whether each word begins with a capital, or in a script that has none; *van* and its like apart."""
    begins = [next((letter for letter in word if letter.isalpha()), "") for word in words.split()]
    small = [not first or first.islower() for first in begins]
    particles = [word in splitting.PARTICLES for word in words.split()]
    return not all(small) and all(one or not other for one, other in zip(particles, small, strict=True))


def _canonical(typed: str, known: dict[str, str]) -> str:
    """Return the one spelling; a domain is worked out once, since a company has few and a list has many addresses."""
    typed = re.sub(r"^mailto:", "", narrow(typed.strip(_SPACE)), flags=re.IGNORECASE).rstrip(".")
    local, _at, domain = typed.rpartition("@")
    address = addresses.canonical(f"{local}@{known.get(domain, domain)}")
    known[domain] = address.partition("@")[2]
    return address


def _language(text: str, family_name: str, given_name: str, language: str) -> str:
    """Return the language of a name; one in Han alone with a space in it, as 金 民秀, is written the Japanese way."""
    spaced = re.search(rf"{re.escape(family_name)}[ \u3000]+{re.escape(given_name)}", text) if family_name else None
    found = names.language_of(family_name, given_name, language)
    return names.language_of(family_name, given_name, "ja") if found == "ko" and given_name and spaced else found


def _names(
    within: str, cells: list[str], place: int, language: str, *, address: str, given_first: bool | None
) -> tuple[str, str]:
    is_address = within.casefold() == address.partition("@")[0] and "." in within
    within = "" if "@" in within or is_address else within
    beside = [cell for cell in cells[:place] or cells[place + 1 :] if any(map(str.isalpha, cell))]
    if within:
        parts = (beside[-1], within) if beside and "<" in cells[place] else splitting.split(within, language)
    elif len(beside) >= 2:
        parts = _in_order(beside[0], beside[1], language, given_first=given_first)
    else:
        parts = splitting.split(beside[0], language) if beside else ("", "")
    if not any(parts):
        return "", ""
    refuse_link(*parts)
    for part in filter(None, parts):
        is_number = not any(map(str.isalpha, within if within and not beside else part))  # 김민수 2 is the second one
        if _NO_NAME.search(part) or is_number:
            raise NotAName(name=part[:40])
    return names.clean_names(*parts)


def _in_order(first: str, second: str, language: str, *, given_first: bool | None) -> tuple[str, str]:
    """Return family and given name of two cells: as the head says, as KIM Minsu says, or as the language has them."""
    if given_first is None:
        is_latin = names.language_of(first, second, language) == "en"
        loud = [len(cell) > 1 and cell.isupper() for cell in (first, second)]
        given_first = is_latin and (loud[1] if loud[0] != loud[1] else language == "en")
    return (second, first) if given_first else (first, second)
