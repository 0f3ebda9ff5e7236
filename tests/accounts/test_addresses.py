"""Addresses (PRODUCT.md §4.15)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dure.accounts.addresses import (
    AddressTooLong,
    InvalidAddress,
    canonical,
    canonical_domain,
    for_readers,
    sought_part,
)

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


NAMED = {
    "p\u0430ypal@b.co": "“\u0430” looks like a Latin letter, but it is Cyrillic.",
    "sora.h\u03b1n@b.co": "“\u03b1” looks like a Latin letter, but it is Greek.",
    "щука@b.co": "“щ” cannot stand before the @.",
    "jürgen@b.co": "“ü” cannot stand before the @.",
    "소라@한빛.한국": "“소” cannot stand before the @.",
    "xen\u200bia@b.co": "There is an invisible character after “xen”.",
    "a@exa\u00admple.com": "There is an invisible character after “a@exa”.",
    "a@exam\ufe0fple.com": "There is an invisible character after “a@exam”.",
    "\u2060a@b.co": "There is an invisible character at the beginning.",
    "a\u3164@b.co": "There is an invisible character after “a”.",
    "tina@ex\u0430mple.com": "In “ex\u0430mple” the letter “\u0430” is Cyrillic and others are Latin",
    "a@b.\u0441om": "In “\u0441om” the letter “\u0441” is Cyrillic and others are Latin",
    "a@комп\u0061ния.рф": "In “компaния” the letter “a” is Latin and others are Cyrillic",
    "a@g\u03bfogle.com": "In “g\u03bfogle” the letter “\u03bf” is Greek and others are Latin",
    "a@յelp.am": "In “յelp” the letter “յ” is Armenian and others are Latin",
    "소라 <sora@b.co>": "This is not an e-mail address",
    "Sora p\u0430y@b.co": "This is not an e-mail address",
}


@pytest.mark.parametrize(("typed", "said"), NAMED.items())
def test_a_letter_that_is_wrong_is_named(typed: str, said: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        canonical(typed)
    assert refused.value.sentence().startswith(said)


@pytest.mark.parametrize(
    "domain",
    [
        "компания.рф",
        "ελλάδα.gr",
        "한빛soft.kr",
        "東京tower.example",
        "コーヒー豆.jp",
        "straße.example",
        "c-3po4.ไทย",
        "かな漢字ABC.jp",
    ],
)
def test_scripts_that_nobody_takes_for_one_another_may_stand_together(domain: str) -> None:
    assert canonical(f"a@{domain}") == f"a@{canonical_domain(domain)}"


def test_what_was_taken_before_is_found_and_its_ascii_form_means_what_it_meant() -> None:
    stored = "tina@xn--exmple-4nf.com"
    assert canonical("tina@ex\u0430mple.com", sought=True) == stored == canonical(stored)


SHOWN = [
    "한빛.한국",
    "한빛.com",
    "bücher.example",
    "東京tower.jp",
    "コーヒー豆.jp",
    "компания.рф",
    "сор.рф",
    "ไทย.ไทย",
    "a.b.co",
]
KEPT = {
    "ex\u0430mple.com": "mixes scripts",
    "\u0441\u043e\u0440.com": "is read as Latin letter by letter",
    "thaiไทย.com": "is of two scripts",
    "h\u0251nbitsoft.co.kr": "has a letter of the phonetic alphabet",
    "l\u0131nked\u0131n.com": "has an i without its dot",
    "goog\u01c0e.com": "has a click for an l",
    "g\u1ecdogle.com": "has a dot one does not see",
    "\u044a\u0430\u0455\u0455.com": "is read as Latin letter by letter, too",
    "\u0430\u0440\u0440\u04cf\u0435.한국": "is under an ending of another script",
    "bank.comノlogin.jp": "has a letter like a slash among Latin ones",
}


@pytest.mark.parametrize("domain", SHOWN)
def test_readers_see_an_internationalised_domain_as_it_is_written(domain: str) -> None:
    stored = canonical(f"sora@{domain}")
    assert for_readers(stored) == f"sora@{domain}" and canonical(for_readers(stored)) == stored
    assert for_readers(f"b.example, {canonical_domain(domain)}, c.co") == f"b.example, {domain}, c.co"
    assert sought_part(f"ra@{domain[:-1]}{domain[-1]}") == stored[2:]


@pytest.mark.parametrize("domain", KEPT)
def test_the_stored_form_stays_where_the_other_may_be_taken_for_something_else(domain: str) -> None:
    stored = canonical(f"sora@{domain}", sought=True)
    shown = for_readers(stored)
    assert "xn--" in shown and canonical(shown) == stored, KEPT[domain]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sora",
        "xn--a@b.co",
        "xn--3e0b707e@b.co",
        "a@xn--.co",
        "a@xn--zzzzzzzzz99.co",
        "xn--xx3br43b",
        "a@xn--a.xn--b",
    ],
)
def test_what_is_no_internationalised_domain_is_shown_as_it_is(text: str) -> None:
    assert for_readers(text) == text


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
