"""Issuing, reading and spending one-time secrets."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from dure.core import clock, keys
from dure.core.models import OneTimeSecret, new_uid


class Purpose(StrEnum):
    """What a secret opens; one for another purpose opens nothing."""

    SET_PASSWORD = "set_password"
    RESET_PASSWORD = "reset_password"
    PROVE_ADDRESS = "prove_address"
    SIGN_IN = "sign_in"
    FIRST_RUN = "first_run"
    LIST_PLACES = "list_places"
    FIND_ID = "find_id"
    TAKE_ID = "take_id"
    UNDO_ID = "undo_id"
    PROVE_PRIVATE = "prove_private"


LIFETIMES = {
    Purpose.SET_PASSWORD: timedelta(days=7),
    Purpose.RESET_PASSWORD: timedelta(hours=1),
    Purpose.PROVE_ADDRESS: timedelta(days=7),
    Purpose.SIGN_IN: timedelta(hours=1),
    Purpose.FIRST_RUN: timedelta(days=1),
    Purpose.TAKE_ID: timedelta(days=1),
    Purpose.UNDO_ID: timedelta(hours=72),
    Purpose.PROVE_PRIVATE: timedelta(days=7),
}


@dataclass(frozen=True)
class Issued:
    """A new secret and its row; ``value`` exists nowhere else."""

    row: OneTimeSecret
    value: str


def reissue(purpose: Purpose, *, account_id: int, workspace_id: int | None, address_id: int | None) -> Issued:
    """Make a secret; its older siblings of the same purpose and workspace end (PRODUCT.md §4.7 a)."""
    withdraw(purpose, account_id=account_id, workspace_id=workspace_id)
    return issue(purpose, account_id=account_id, workspace_id=workspace_id, address_id=address_id)


@dataclass(frozen=True)
class Wanted:
    """A secret to be made; without ``expires_at`` it lives as long as its purpose, from ``opens_at`` on."""

    purpose: Purpose
    account_id: int
    workspace_id: int | None
    address_id: int | None
    expires_at: datetime | None = None
    opens_at: datetime | None = None


def issue(
    purpose: Purpose,
    *,
    account_id: int,
    workspace_id: int | None,
    address_id: int | None,
    expires_at: datetime | None = None,
    opens_at: datetime | None = None,
) -> Issued:
    """Make a secret of 256 random bits for somebody who has none of this purpose yet."""
    issued = _make(Wanted(purpose, account_id, workspace_id, address_id, expires_at, opens_at))
    issued.row.save(force_insert=True)
    return issued


def issue_many(wanted: Iterable[Wanted]) -> list[Issued]:
    """Make many secrets in one statement, in the order asked for."""
    made = [_make(one) for one in wanted]
    OneTimeSecret.objects.bulk_create([one.row for one in made], batch_size=500)
    return made


def _make(wanted: Wanted) -> Issued:
    at, uid, key = clock.now(), new_uid(), secrets.token_urlsafe(32)
    row = OneTimeSecret(
        uid=uid,
        purpose=wanted.purpose,
        account_id=wanted.account_id,
        workspace_id=wanted.workspace_id,
        address_id=wanted.address_id,
        hash=keys.keyed_hash("one-time-secret", key),
        issued_at=at,
        opens_at=wanted.opens_at,
        expires_at=wanted.expires_at or (wanted.opens_at or at) + LIFETIMES[wanted.purpose],
    )
    return Issued(row=row, value=f"{uid}.{key}")


def end_from_now(purpose: Purpose) -> datetime:
    """Return when a secret made at this moment ends."""
    return clock.now() + LIFETIMES[purpose]


def withdraw(purpose: Purpose, *, account_id: int, workspace_id: int | None = None) -> None:
    """End the living secrets of one purpose."""
    living = OneTimeSecret.objects.filter(
        account_id=account_id, purpose=purpose, used_at=None, withdrawn_at=None, workspace_id=workspace_id
    )
    living.update(withdrawn_at=clock.now())


def withdraw_many(purpose: Purpose, *, account_ids: Iterable[int]) -> None:
    """End the living secrets of one purpose of many accounts."""
    living = OneTimeSecret.objects.filter(
        account_id__among=list(account_ids), purpose=purpose, used_at=None, withdrawn_at=None
    )
    living.update(withdrawn_at=clock.now())


def withdraw_openers(account_id: int) -> None:
    """End every living secret that opens an account; those that only prove an address live on."""
    openers = [Purpose.SET_PASSWORD, Purpose.RESET_PASSWORD, Purpose.SIGN_IN]
    living = OneTimeSecret.objects.filter(account_id=account_id, purpose__in=openers, used_at=None, withdrawn_at=None)
    living.update(withdrawn_at=clock.now())


def withdraw_all(account_id: int, *, undo_since: datetime | None = None) -> None:
    """End every living secret of an account but those that undo a change of its ID.

    Of these, the ones issued at ``undo_since`` or later end as well: what was there first wins.
    """
    kept = Q(purpose=Purpose.UNDO_ID)
    if undo_since is not None:
        kept &= Q(issued_at__lt=undo_since)
    living = OneTimeSecret.objects.filter(account_id=account_id, used_at=None, withdrawn_at=None)
    living.exclude(kept).update(withdrawn_at=clock.now())


def issued_lately(purpose: Purpose, *, account_id: int, within: timedelta) -> int:
    """Return how many secrets of one purpose an account was given in this time, living or not."""
    since = clock.now() - within
    return OneTimeSecret.objects.filter(account_id=account_id, purpose=purpose, issued_at__gt=since).count()


def find(value: str) -> OneTimeSecret | None:
    """Return the row a secret belongs to, living or not; None for a wrong secret."""
    uid, _, key = value.partition(".")
    row = OneTimeSecret.objects.filter(uid=uid).first() if len(uid) == 22 else None
    return row if row is not None and keys.fits("one-time-secret", key, row.hash) else None


def end_of(row: OneTimeSecret) -> str:
    """Return why a secret opens nothing: ``used``, ``withdrawn``, ``expired``, ``early``; empty while it lives."""
    if row.used_at:
        return "used"
    if row.withdrawn_at:
        return "withdrawn"
    at = clock.now()
    if row.expires_at <= at or clock.is_ahead(row.issued_at):
        return "expired"
    return "early" if row.opens_at and row.opens_at > at else ""


def spend(row: OneTimeSecret) -> bool:
    """Use a secret up by one conditional UPDATE; False when somebody else, or the clock, was faster."""
    at = clock.now()
    living = OneTimeSecret.objects.filter(pk=row.pk, used_at=None, withdrawn_at=None, expires_at__gt=at)
    living = living.filter(Q(opens_at=None) | Q(opens_at__lte=at), issued_at__lte=at + clock.SKEW)
    return living.update(used_at=at) == 1
