"""What is read out of a field of addresses (PRODUCT.md §4.15)."""

import time

import pytest

from dure.joining import pasted
from dure.members.names import display_name


def addresses_of(text: str) -> list[str]:
    """Return the addresses that were understood, in their order."""
    return [one.address for one in pasted.read(text, "en")]


@pytest.mark.parametrize(
    "text",
    [
        "ｂｏｒａ＠ｗａｌｋ.example",
        "윤보라 ＜ｂｏｒａ＠ｗａｌｋ。example＞",
        "bora＠walk.example。",
        "・ ｂora@walk．example",
    ],
)
def test_full_width_addresses_are_the_same_addresses(text: str) -> None:
    assert addresses_of(text) == ["bora@walk.example"]


def test_full_width_addresses_are_parted_as_others_are() -> None:
    assert addresses_of("ａ＠walk.example、ｂ＠walk.example；c@walk.example d＠walk.example") == [
        "a@walk.example", "b@walk.example", "c@walk.example", "d@walk.example",
    ]  # fmt: skip


def names_of(text: str, language: str = "en") -> list[str]:
    """Return each name as it is shown, or the code of what holds the row back."""
    return [
        one.problem.code if one.problem else display_name(one.family_name, one.given_name, one.name_language)
        for one in pasted.read(text, language)
    ]


NAMED = {
    "Quinn Park quinn@new1.example": "Quinn Park",
    "quinn@new1.example Quinn": "Quinn",
    "Ludwig van Beethoven l@new1.example": "Ludwig van Beethoven",
    "(Dr) Élodie Nguyễn e@new1.example": "(Dr) Élodie Nguyễn",
    "김하은 haeun@new1.example": "김하은",
    "田中 雪 yuki@new1.example": "田中 雪",
    "Анна Иванова anna@new1.example": "Анна Иванова",
    "quinn <quinn@new1.example>": "quinn",
    "quinn (quinn@new1.example)": "quinn",
    "quinn, q@new1.example": "quinn",
    "quinn\tq@new1.example": "quinn",
    "김하은 | haeun@new1.example": "김하은",
    "Minsu 2 <minsu@new1.example>": "Minsu 2",
    "Quinn Park - quinn@new1.example": "Quinn Park",
    "E-mail: quinn@new1.example": "",
    "010-1234-5678, quinn@new1.example": "",
}
HELD = {
    "q uinn@new1.example": "unclear_name",
    "min jun.kim@new1.example": "unclear_name",
    "van quinn@new1.example": "unclear_name",
    "Kim 3 quinn@new1.example": "unclear_name",
    "quinn@new1.example q": "unclear_name",
    "=cmd|' /C calc'!A0@new1.example": "not_a_name",
    "=1+1 <a0@new1.example>": "not_a_name",
    "=cmd|' /C calc'!A0\ta0@new1.example": "not_a_name",
    "Kim/Min a0@new1.example": "not_a_name",
    "Kim {Min} <a0@new1.example>": "not_a_name",
    "12345 <a0@new1.example>": "not_a_name",
    "Kim, 42 <a0@new1.example>": "not_a_name",
    "-- <a0@new1.example>": "not_a_name",
}


@pytest.mark.parametrize(("text", "name"), NAMED.items())
def test_a_name_beside_an_address_is_understood(text: str, name: str) -> None:
    assert names_of(text) == [name]


@pytest.mark.parametrize(("text", "code"), HELD.items())
def test_what_may_be_no_name_is_held_back_with_a_reason(text: str, code: str) -> None:
    (entry,) = pasted.read(text, "en")
    assert entry.problem is not None and entry.problem.code == code and not entry.address
    assert entry.problem.sentence().count("“") == 1


ORDERS = [
    ("f@new1.example\tFrank\tOcean", "en", ("Ocean", "Frank")),
    ("Frank\tOcean\tf@new1.example", "en", ("Ocean", "Frank")),
    ("f@new1.example\tOCEAN\tFrank", "en", ("OCEAN", "Frank")),
    ("f@new1.example\tFrank\tOCEAN", "ko", ("OCEAN", "Frank")),
    ("f@new1.example\tKim\tMinsu", "ko", ("Kim", "Minsu")),
    ("f@new1.example\tTanaka\tYuki", "ja", ("Tanaka", "Yuki")),
    ("f@new1.example\t김\t하은", "en", ("김", "하은")),
    ("田中\t雪\tf@new1.example", "en", ("田中", "雪")),
    ("E-mail\tLast name\tFirst name\nf@new1.example\tOcean\tFrank", "en", ("Ocean", "Frank")),
    ("E-mail\tFirst name\tLast name\nf@new1.example\tMinsu\tKim", "ko", ("Kim", "Minsu")),
]


@pytest.mark.parametrize(("text", "language", "expected"), ORDERS)
def test_two_cells_of_a_name_are_in_the_order_of_their_language(
    text: str, language: str, expected: tuple[str, str]
) -> None:
    (entry,) = pasted.read(text, language)
    assert (entry.family_name, entry.given_name) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("가evil.", "com"),
        ("secure-login.ai", "Sora: open"),
        ("foo", "bar.help"),
        ("SAFE-LOGIN.ZIP", ""),
        ("evil.рф", "x"),
        ("ｅｖｉｌ．ｃｏｍ", "x"),
    ],
)
def test_a_web_address_is_no_name_in_whatever_order_the_parts_are_shown(names: tuple[str, str]) -> None:
    with pytest.raises(pasted.LinkInName):
        pasted.refuse_link(*names)


@pytest.mark.parametrize(
    "names",
    [
        ("St.John", "Mary"),
        ("Tolkien", "J.R."),
        ("Kim Jr.", "Minsu"),
        ("O.", "Lee"),
        ("van der Berg", "J."),
        ("de la Cruz", "Ma."),
        ("bin Ali", "Md."),
        ("smith", "j."),
        ("박.민수", ""),
    ],
)
def test_names_with_a_dot_are_names(names: tuple[str, str]) -> None:
    pasted.refuse_link(*names)


@pytest.mark.parametrize("piece", ["〈 ", "<", "<a>", 'a "', "a ", "("])
def test_the_longest_field_of_brackets_is_read_in_one_go(piece: str) -> None:
    begun = time.process_time()
    found = pasted.read(piece * (pasted.LONGEST // len(piece) - 1) + "@", "en")
    assert found and all(one.problem for one in found)
    assert time.process_time() - begun < 10, "0.04 s, and minutes when each bracket looks for its end anew"


@pytest.mark.parametrize("words", ["evil。com", "203.0.113.5/login", "log in at EVIL.ZIP", "a@b", "see evil.рф"])
def test_what_a_stranger_says_is_not_mailed_when_it_may_be_a_link(words: str) -> None:
    assert pasted.may_hold_link(words) and not pasted.may_hold_link("Hello, I am Bo. See you!")


def test_the_name_a_mail_program_makes_of_the_address_is_none() -> None:
    (entry,) = pasted.read("minsu.kim <Minsu.Kim@hanbit.co.kr>", "ko")
    assert entry.problem is None and (entry.address, entry.given_name) == ("minsu.kim@hanbit.co.kr", "")
