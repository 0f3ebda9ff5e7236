"""What is read out of a field of addresses (PRODUCT.md §4.15)."""

import pytest

from dure.joining import pasted


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
