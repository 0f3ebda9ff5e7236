"""Names (PRODUCT.md §4.14): what they may be, their order, how they are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.members import names
from dure.members.names import InvalidName, NameTooLong, clean_names


@pytest.mark.parametrize(
    ("family", "given_name"),
    [
        ("김", ""),
        ("", "X"),
        ("가" * 40, "나" * 40),
        ("Nguyễn", "Thị Lan"),
        ("e\u0301mile", "Zoë"),
        ("כהן", "שרה"),
        ("محمد", "علی\u200cرضا"),
        ("=cmd|' /C calc'!A0", "+1"),
        ("O'Brien", "Niamh <b>"),
        ("von Hohenstein-Oberkirch", "Maximiliane"),
        ("𠮷田", "太郎"),
    ],
)
def test_names_people_have(family: str, given_name: str) -> None:
    import unicodedata

    expected = unicodedata.normalize("NFC", family), unicodedata.normalize("NFC", given_name)
    assert clean_names(family, given_name) == expected


@pytest.mark.parametrize(
    ("family", "given_name"),
    [
        ("", ""),
        (" ", "\u3000"),
        ("a\x00b", "c"),
        ("a\nb", "c"),
        ("a\u202eb", "c"),
        ("\u200b", ""),
        ("\u200d", "\u200c"),
        ("\ufeff김", "민수"),
        ("\ue000", "x"),
        ("\u0301", ""),
    ],
)
def test_names_nobody_has(family: str, given_name: str) -> None:
    with pytest.raises(InvalidName):
        clean_names(family, given_name)


def test_eighty_and_one() -> None:
    with pytest.raises(NameTooLong):
        clean_names("가" * 41, "나" * 40)


@pytest.mark.parametrize(
    ("family", "given_name", "language", "shown", "round_"),
    [
        ("김", "민수", "ko", "김민수", "민수"),
        ("Kim", "Minsu", "en", "Minsu Kim", "MK"),
        ("金", "民秀", "ja", "金 民秀", "金"),
        ("황보", "은별", "ko", "황보은별", "은별"),
        ("", "Cher", "en", "Cher", "C"),
    ],
)
def test_names_follow_their_owners_order(family: str, given_name: str, language: str, shown: str, round_: str) -> None:
    assert names.display_name(family, given_name, language) == shown
    assert names.avatar(family, given_name, language) == round_


@given(st.text(max_size=90), st.text(max_size=90))
def test_anything_is_either_clean_or_refused(family: str, given_name: str) -> None:
    try:
        clean = clean_names(family, given_name)
    except InvalidName:
        return
    assert 1 <= len("".join(clean)) <= 80
    assert len(names.sort_key(*clean)) <= 120
    assert names.display_name(*clean, "ko") and names.language_of(*clean, "ko") in ("ko", "en", "ja")
