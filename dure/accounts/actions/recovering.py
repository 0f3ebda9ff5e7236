"""Asking for a mail without proving anything first (PRODUCT.md §4.11, K12)."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, tries
from dure.accounts.models import ListingCode, RecoveryRequest
from dure.core import clock, keys
from dure.core.action import writing
from dure.core.errors import DomainError
from dure.core.secrets import Purpose
from dure.core.text import digits

QUESTIONS_AN_HOUR = 100
CODE_LASTS = timedelta(minutes=10)


class WrongCode(DomainError):
    """Not the code that was mailed, or too late, or tried five times; which of them is never told."""

    code = "wrong_code"
    message = _(
        "This is not the code from the newest mail, or its time has passed. After five tries, ask for a new one."
    )
    field = "code"


def ask_for_reset(*, address: str, network: str, language: str) -> None:
    """Note that somebody asked for a reset link; the worker answers those who have an account.

    :raises InvalidAddress: when it is no address at all.
    """
    _ask(Purpose.RESET_PASSWORD, address, network, language)


def ask_for_ids(*, address: str, network: str, language: str) -> None:
    """Note that somebody asked which IDs go with an address; the worker mails them to it (K9 K12).

    :raises InvalidAddress: when it is no address at all.
    """
    _ask(Purpose.FIND_ID, address, network, language)


@dataclass(frozen=True)
class Asked:
    """The page on which the code is typed, and what ties it to the browser that asked."""

    handle: str
    browser: str


def ask_for_code(*, address: str, network: str, language: str) -> Asked:
    """Make room for a code that lists the workspaces of an address; the worker makes and mails the code itself.

    Until then nothing fits: whoever asks again and again gets no more to guess at than what is mailed.

    :raises InvalidAddress: when it is no address at all.
    """
    spelling, browser = addresses.canonical(address, sought=True), secrets.token_urlsafe(24)
    row = ListingCode(
        browser=keys.keyed_hash("listing-browser", browser),
        code=secrets.token_bytes(32),
        sealed=keys.seal("listing", {"address": spelling}),
        expires_at=clock.now() + CODE_LASTS,
    )
    _ask(Purpose.LIST_PLACES, address, network, language, row)
    return Asked(handle=row.uid, browser=browser)


def _ask(purpose: Purpose, address: str, network: str, language: str, code: ListingCode | None = None) -> None:
    """Write the question down, the same for everybody; too many from one network are dropped without a word.

    Every hour has a count of its own: else one question an hour would keep an office shut out that once asked too much.
    """
    spelling, hour = addresses.canonical(address, sought=True), int(clock.now().timestamp()) // 3600
    counter = tries.Counter("asked", f"{network} {hour}", timedelta(hours=1))
    tries.count_failure([counter])
    dropped = tries.failures(counter) > QUESTIONS_AN_HOUR
    with writing():
        if code is not None:
            code.save(force_insert=True)
        if not dropped:
            RecoveryRequest.objects.create(
                purpose=purpose,
                sealed_address=keys.seal("recovery", spelling),
                code=code,
                language=language,
                asked_at=clock.now(),
            )


def draw_code(row: ListingCode) -> str:
    """Draw the six digits that are about to be mailed; part of the worker's action."""
    number = f"{secrets.randbelow(1_000_000):06d}"
    ListingCode.objects.filter(pk=row.pk).update(code=keys.keyed_hash("listing-code", f"{row.uid} {number}"))
    return number


def prove_by_code(*, handle: str, browser: str, code: str) -> None:
    """Check a code; each try is counted before it is compared, so that racing tries are counted too.

    :raises WrongCode: as its name says.
    """
    with writing():
        untried = _living(handle).filter(tries_left__gt=0, proven_at=None)
        counted = untried.update(tries_left=F("tries_left") - 1)
    row = ListingCode.objects.filter(uid=handle).first()
    if not counted or row is None or not keys.fits("listing-browser", browser, row.browser):
        raise WrongCode
    if not keys.fits("listing-code", f"{handle} {digits(code)}", row.code):
        raise WrongCode
    with writing():
        unproven = _living(handle).filter(proven_at=None)
        if not unproven.update(proven_at=clock.now(), expires_at=clock.now() + CODE_LASTS):
            raise WrongCode


def _living(handle: str) -> QuerySet[ListingCode]:
    """Return the code while its ten minutes last, whatever happens to the clock."""
    at = clock.now()
    return ListingCode.objects.filter(uid=handle, expires_at__gt=at, expires_at__lte=at + CODE_LASTS + clock.SKEW)


def proven_address(*, handle: str, browser: str) -> str:
    """Return the address this browser proved with a code less than ten minutes ago, else empty."""
    row = _living(handle).exclude(proven_at=None).first()
    if row is None or not keys.fits("listing-browser", browser, row.browser):
        return ""
    try:
        return str(keys.unseal("listing", row.sealed)["address"])
    except keys.Unreadable:
        return ""
