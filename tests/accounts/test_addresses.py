"""Addresses (PRODUCT.md §4.15)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.accounts.addresses import AddressTooLong, InvalidAddress, canonical

GOOD = {
    "Sora.Han@HanbitSoft.co.kr": "sora.han@hanbitsoft.co.kr",
    "  minsu@example.com\n": "minsu@example.com",
    "a+b=c_d@example.com": "a+b=c_d@example.com",
    "o'brien@example.com": "o'brien@example.com",
    "minsu@한빛.한국": "minsu@xn--xx3br43b.xn--3e0b707e",
    "minsu@straße.example": "minsu@xn--strae-oqa.example",
    "minsu@ＥＸＡＭＰＬＥ.com": "minsu@example.com",
    "ｂｏｒａ＠ｗａｌｋ．ｅｘａｍｐｌｅ": "bora@walk.example",
    "\u3000Ｂｏｒａ．Ｙｏｏｎ＋１＠ｗａｌｋ。example\u3000": "bora.yoon+1@walk.example",
    "a＠b｡co": "a@b.co",
}
BAD = [
    "", "@", "a@", "@b.co", "a@b", "a.b.co", "a@@b.co", "a b@c.co", ".a@b.co", "a.@b.co", "a..b@c.co",
    '"a b"@c.co', "a@[127.0.0.1]", "a@127.0.0.1", "a@b..co", "a@-b.co", "a@b-.co", "a@b.co.", "소라@한빛.한국",
    "a\u200b@b.co", "a@b\u200b.co", "a@b.co\u202e", "=?utf-8?q?a?=@b.co", "a@b.co, c@d.co",
    "a@b.co\r\nBcc: x@y.z", "a\x00@b.co", "\u212a@b.co", "＝？utf-8?q?a？＝@b.co", "a＠＠b.co", "ａ＠b。", "<a@b.co>",
    "Sora <a@b.co>", "a@b.co;c",
    "a@exa mple.com", "a@" + "b" * 64 + ".co", "a(x)@b.co",
]  # fmt: skip


@pytest.mark.parametrize(("typed", "stored"), GOOD.items())
def test_one_spelling_is_stored(typed: str, stored: str) -> None:
    assert canonical(typed) == stored
    assert canonical(stored) == stored


@pytest.mark.parametrize("typed", BAD)
def test_what_is_not_one_plain_address_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress):
        canonical(typed)


def test_lengths() -> None:
    assert canonical("a" * 64 + "@b.co")
    with pytest.raises(AddressTooLong):
        canonical("a" * 65 + "@b.co")
    domain = ".".join(["b" * 60] * 3)
    assert len(canonical("a" * 64 + "@" + domain + ".cofee")) <= 254
    with pytest.raises(AddressTooLong):
        canonical("a" * 64 + "@" + ".".join(["b" * 60] * 4) + ".co")


@given(st.text(max_size=300))
def test_anything_is_either_canonical_or_refused(typed: str) -> None:
    try:
        stored = canonical(typed)
    except InvalidAddress:
        return
    assert stored.isascii() and len(stored) <= 254 and canonical(stored) == stored and stored.count("@") == 1
