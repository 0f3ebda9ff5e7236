"""What text from outside may contain."""

import pytest

from dure.core.text import digits, narrow


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(" 123 456 ", "123456"), ("１２３", "123"), ("١٢٣", "123"), ("१२३", "123"), ("a1b2", "12"), ("x²", ""), ("", "")],
)
def test_digits_are_read_in_whatever_script_they_are_typed(typed: str, expected: str) -> None:
    assert digits(typed) == expected


def test_full_width_forms_are_read_as_what_they_stand_for_and_nothing_else_is_touched() -> None:
    assert narrow("！Ａｚ０～＠．。｡\u3000") == "!Az0~@... "
    assert narrow("김・ｶﾅ、é ß\u212a") == "김・ｶﾅ、é ß\u212a"
