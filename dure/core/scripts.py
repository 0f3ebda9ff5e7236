"""Letters that are taken for one another, and letters that cannot be seen (in the spirit of Unicode's UTS #39)."""

import re
import unicodedata
from collections import Counter
from typing import NamedTuple

from django.utils.translation import pgettext_lazy

LATIN, EAST_ASIAN = "LATIN", "EAST ASIAN"
CONFUSED = {
    LATIN: pgettext_lazy("script", "Latin"),
    "CYRILLIC": pgettext_lazy("script", "Cyrillic"),
    "GREEK": pgettext_lazy("script", "Greek"),
    "ARMENIAN": pgettext_lazy("script", "Armenian"),
    "GEORGIAN": pgettext_lazy("script", "Georgian"),
    "CHEROKEE": pgettext_lazy("script", "Cherokee"),
    "COPTIC": pgettext_lazy("script", "Coptic"),
    "LISU": pgettext_lazy("script", "Lisu"),
}
"""Scripts with letters that look like those of another one, and how they are called."""
_LIKE_LATIN = frozenset("авгеклмнопрстухшъьѕіїјһӏԁԍԛԝѡѵҽүӕғқҡҫҳαβγεηικνορτυχωϲϳաեզհյոպստցքօղ")
_EAST_ASIAN = {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "HANGUL", "BOPOMOFO"}
# Latin letters with a mark that is seen at a glance, of the languages of Europe; ı, ọ or ɡ are not among them.
_PLAIN_LATIN = frozenset(
    "abcdefghijklmnopqrstuvwxyz0123456789-àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþÿßāăąćčďđēėęěğģīįķłļńņňőœŕřśşšţťūůűųźżž"
)
# Marks and letters that stand between Latin ones like a slash, a dash, a dot or a bar.
_LIKE_MARKS = re.compile(r"[a-z0-9][ー一ノ丿丶・ヽゝ〆〇ㅡㅣ]")
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | {chr(code) for code in range(0xFE00, 0xFE10)}


def is_invisible(letter: str) -> bool:
    """Tell whether nothing shows of a letter, not even a space."""
    return letter in _FILLERS or unicodedata.category(letter) in _INVISIBLE


def script_of(letter: str) -> str:
    """Return the script of a letter, Chinese, Japanese and Korean ones as one; empty for digits and signs."""
    if unicodedata.category(letter) not in ("Ll", "Lu", "Lt", "Lo"):
        return ""
    first = unicodedata.name(letter, "").partition(" ")[0]
    return EAST_ASIAN if first in _EAST_ASIAN else first


def looks_latin(letter: str) -> bool:
    """Tell whether a letter of another script looks like a Latin one."""
    return letter.lower() in _LIKE_LATIN


class Mixed(NamedTuple):
    """A letter of one script among letters of another one that are taken for it."""

    letter: str
    script: str
    others: str


def mixed(word: str) -> Mixed | None:
    """Return the first letter of the rarer script where a word mixes scripts that are taken for one another."""
    counted = Counter(script for script in map(script_of, word) if script in CONFUSED)
    if len(counted) < 2:
        return None
    rarer, *_between, usual = sorted(counted, key=lambda script: (counted[script], script == LATIN))
    return Mixed(next(letter for letter in word if script_of(letter) == rarer), rarer, usual)


def is_safe(word: str) -> bool:
    """Tell whether a word is what it looks like: of one script, or Latin beside Chinese, Japanese or Korean letters."""
    found = {script for script in map(script_of, word) if script}
    if any(map(is_invisible, word)) or not (len(found) == 1 or found == {LATIN, EAST_ASIAN}):
        return False
    is_plain = all(letter in _PLAIN_LATIN or script_of(letter) == EAST_ASIAN for letter in word)
    return (is_plain or LATIN not in found) and not _LIKE_MARKS.search(word)


def is_disguised(word: str) -> bool:
    """Tell whether a word of another script can be read as a Latin one, letter by letter."""
    letters = [letter for letter in word if script_of(letter)]
    return all(map(looks_latin, letters))
