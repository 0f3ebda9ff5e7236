"""What text from outside may contain."""

import pytest

from dure.core.text import digits


@pytest.mark.parametrize(
    ("typed", "expected"),
    [(" 123 456 ", "123456"), ("１２３", "123"), ("١٢٣", "123"), ("१२३", "123"), ("a1b2", "12"), ("x²", ""), ("", "")],
)
def test_digits_are_read_in_whatever_script_they_are_typed(typed: str, expected: str) -> None:
    assert digits(typed) == expected
