"""Asking for a mail without proving anything first (PRODUCT.md §4.11, K12)."""

from datetime import timedelta

from dure.accounts import addresses, tries
from dure.accounts.models import RecoveryRequest
from dure.core import clock, keys
from dure.core.action import writing
from dure.core.secrets import Purpose


def ask_for_reset(*, address: str, network: str, language: str) -> None:
    """Note that somebody asked for a reset link; the worker answers those who have an account.

    Whoever it is, this writes the same. More than a hundred questions from one network in an hour are dropped
    without a word.

    :raises InvalidAddress: when it is no address at all.
    """
    spelling = addresses.canonical(address)
    counter = tries.Counter("asked", network, timedelta(hours=1))
    tries.count_failure([counter])
    if tries.failures(counter) > 100:
        return
    with writing():
        RecoveryRequest.objects.create(
            purpose=Purpose.RESET_PASSWORD,
            sealed_address=keys.seal("recovery", spelling),
            language=language,
            asked_at=clock.now(),
        )
