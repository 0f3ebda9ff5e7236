"""Whom a typed text finds: rules as tables, and the one that holds for any text (K10)."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dure.core.text import is_plain
from dure.members import terms
from dure.members.terms import CUT, Known, asked

MINSU = Known(
    "김", "민수", names=("Minsu Kim", "ミンス"), addresses=("minsu.kim@hanbitsoft.co.kr",), phones=("+8221234567 #12",),
    numbers=("2019-0123",), private_addresses=("kim@home.example",), private_phones=("+821023456789",),
)  # fmt: skip
SAKURA = Known("佐藤", "さくら", addresses=("010-22@hanbitsoft.co.kr",))
LAN = Known("Nguyễn", "Thị Lan", names=("Đặng Søren",), addresses=("lan@hanbitsoft.co.kr",))
FINDS = [
    (MINSU, "김 민 수 김민 민수 김민수 ㄱ ㅁ ㅅ ㄱㅁ ㅁㅅ ㄱㅁㅅ 기 김ㅁ 김미 김민ㅅ 민ㅅ 미 ㅁㅅ"),
    (MINSU, "m k mi minsu MINSU kim insu みんす ミンス んす ﾐﾝｽ ｍｉｎｓｕ"),
    (MINSU, "minsu.kim su.k kim@h @hanbit @ @home.example minsu.kim@hanbitsoft.co.kr"),
    (
        MINSU,
        "010-2345-6789 01023456789 2345 6789 89 1 +82 821023 +82-10-2345 02-123 2019 0123 20190123 2019-01 (010) 12",
    ),
    (SAKURA, "佐 佐藤 さくら サクラ 佐藤さくら くら 010-22 01022 010-22@"),
    (LAN, "nguyen nguyễn NGUYEN thi lan dang soren đặng"),
]
SPACED = [(MINSU, "김 민수"), (MINSU, "민수 김"), (MINSU, "kim minsu"), (MINSU, "minsu k"), (LAN, "thi lan nguyen")]
FINDS_NOT = [
    (MINSU, "민김 ㅅㅁ 김ㅅ 감 hanbitsoft co.kr soft % _ ' \" \\ 😀 5555 ** minsukimm"),
    (SAKURA, "sakura 藤佐 ㅅ"),
    (LAN, "nguyên"),
]


@pytest.mark.parametrize(
    ("known", "typed"), [(known, typed) for known, words in FINDS for typed in words.split()] + SPACED
)
def test_it_finds(known: Known, typed: str) -> None:
    assert found(known, typed)


@pytest.mark.parametrize(("known", "typed"), [(known, typed) for known, words in FINDS_NOT for typed in words.split()])
def test_it_does_not_find(known: Known, typed: str) -> None:
    assert not found(known, typed)


def found(known: Known, typed: str) -> bool:
    """Tell whether a text finds somebody; index and lines must say the same, and name one term of the index."""
    question = asked(typed)
    assert question is not None
    search = terms.lines(known)
    in_index = {term for term in terms.of(search) if question.low <= term < question.high}
    first = question.first(search)
    assert bool(first) <= bool(in_index)
    if len(question.text) <= CUT:
        assert first == min(in_index, default="")
    return bool(first)


@pytest.mark.parametrize("typed", ["", " ", "\x00", "　", "\n\t", "\ud800"])
def test_nothing_typed_asks_nothing(typed: str) -> None:
    assert asked(typed) is None


def test_a_long_text_is_cut_sensibly() -> None:
    for typed in ("x" * 10_000, "ﷺ" * 10_000, "ㄱ" * 300, "1" * 500):
        question = asked(typed)
        assert question is not None and len(question.text) <= terms.LONGEST and len(question.low) <= CUT
    assert found(Known("x" * 40, "y" * 40), "x" * 40)
    assert not found(Known("x" * 40, "y" * 40), "x" * 39 + "z")


words = st.text(st.sampled_from("김민수가각힣ㄱㅎaábけケ田@._-0123 %'"), max_size=8)


@given(words, words, words, words)
def test_index_and_lines_agree_on_any_text(family: str, given_name: str, other: str, typed: str) -> None:
    if asked(typed):
        found(Known(family, given_name, names=(other,), addresses=("ab.12@example.com",), numbers=(other,)), typed)


@given(st.text(max_size=12).filter(is_plain), st.integers(0, 12), st.integers(1, 12))
@example("0 0", 0, 3)
def test_every_piece_of_a_name_finds_it(name: str, start: int, size: int) -> None:
    from dure.members import names

    piece = names.fold(name)[start : start + size].strip()
    if piece and not terms._only_digits(piece):
        assert found(Known("", "", names=(name,)), piece)
