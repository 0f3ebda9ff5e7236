"""What text from outside may contain."""

import unicodedata

# Joiners that ordinary names in some scripts need (RFC 5892, appendix A.1 and A.2).
_JOINERS = "\u200c\u200d"
_REFUSED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_plain(text: str) -> bool:
    """Tell whether text is free of control, formatting, private and unassigned characters."""
    return all(letter in _JOINERS or unicodedata.category(letter) not in _REFUSED for letter in text)


def readable(text: str) -> str:
    """Return text of several lines without the characters that ``is_plain`` refuses, and without outer space."""
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join("".join(letter for letter in line if is_plain(letter)) for line in lines).strip()


_NARROW = {0xFF01 + place: 0x21 + place for place in range(94)} | {0x3000: " ", 0x3002: ".", 0xFF61: "."}


def narrow(text: str) -> str:
    """Return text with the full-width forms that Japanese and Korean keyboards type as ASCII: ａ＠ｂ。ｃ is a@b.c."""
    return text.translate(_NARROW)


def digits(typed: str) -> str:
    """Return the digits of a code as 0 to 9, whatever keyboard they were typed on; everything else is dropped."""
    return "".join(str(unicodedata.decimal(letter)) for letter in typed if letter.isdecimal())


def for_a_spreadsheet(text: str) -> str:
    """Return text that a spreadsheet takes for text: a formula in a name would be worked out by whoever opens it."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
