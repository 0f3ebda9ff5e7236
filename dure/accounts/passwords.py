"""What a password may be (PRODUCT.md §5; NIST SP 800-63B §3.1.1.2; OWASP ASVS 5.0 §6.2)."""

import re
from collections.abc import Iterable
from functools import cache

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.utils.translation import gettext_lazy as _

from dure.accounts.hashing import normalise
from dure.core.errors import DomainError

SHORTEST = 12
LONGEST = 128
_TAIL = re.compile(r"[\W\d_]+$")
_REPEATED = re.compile(r"(.{1,6}?)\1+")


class PasswordRefused(DomainError):
    """The base of every reason a new password is not taken."""

    field = "new_password"


class PasswordTooShort(PasswordRefused):
    """Fewer characters than the strictest workspace of the account asks for."""

    code = "password_too_short"
    message = _("Use at least %(minimum)s characters. A few words in a row are easy to remember.")


class PasswordTooLong(PasswordRefused):
    """More than 128 code points."""

    code = "password_too_long"
    message = _("Use at most 128 characters.")


class PasswordCommon(PasswordRefused):
    """On the block-list, or a block-listed word with a tail of digits, or one piece repeated."""

    code = "password_common"
    message = _(
        "This password is known from leaks or too easy to guess. Choose words that only you would put together."
    )


class PasswordContext(PasswordRefused):
    """Mostly the person's name, ID, or company."""

    code = "password_context"
    message = _("This password is mostly “%(word)s”, which others know about you. Choose other words.")


class PasswordUnchanged(PasswordRefused):
    """The same as before."""

    code = "password_unchanged"
    message = _("This is the password you have now. Choose a new one.")


def check_password(password: str, *, context: Iterable[str], minimum: int = SHORTEST) -> None:
    """Refuse a weak password and say why; no composition rules, no rotation.

    ``context`` are words others know: names, the ID, the workspace.

    :raises PasswordRefused: one of its kinds.
    """
    plain = normalise(password)
    if len(plain) < minimum:
        raise PasswordTooShort(minimum=minimum)
    if len(plain) > LONGEST:
        raise PasswordTooLong
    folded = plain.casefold()
    if _is_common(folded):
        raise PasswordCommon
    known = [word for word in sorted(_words(context), key=len, reverse=True) if word in folded]
    rest = folded
    for word in known:
        rest = rest.replace(word, "")
    if known and len(rest) < 8:
        raise PasswordContext(word=known[0])


def _is_common(folded: str) -> bool:
    trimmed = _TAIL.sub("", folded)
    repeated = _REPEATED.fullmatch(folded)
    too_plain = len(set(folded)) < 5 or _is_a_run(folded) or repeated is not None
    return too_plain or not {folded, trimmed, folded.replace(" ", "")}.isdisjoint(_block_list())


def _is_a_run(folded: str) -> bool:
    rows = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm")
    return any(folded in row or folded in row[::-1] for row in rows)


@cache
def _block_list() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def _words(context: Iterable[str]) -> set[str]:
    pieces = (piece for text in context for piece in re.split(r"[\s@.]+", normalise(text).casefold()))
    return {piece for piece in pieces if len(piece) >= 3 and piece not in ("com", "net", "org")}
