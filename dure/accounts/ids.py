"""How an address comes to be somebody's ID, stays an alias, and goes (PRODUCT.md §4.15); parts of actions.

Nothing is looked up first: the database's constraint says what is taken, also to whoever comes at the same moment.
"""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from dure.accounts.addresses import AddressTaken
from dure.accounts.models import Account, Address
from dure.core import clock, secrets
from dure.core.secrets import Purpose
from dure.mail import outbox

ALIAS_LASTS = timedelta(days=30)
"""How long an old ID still signs in and is reserved."""


def release(canonical: str) -> None:
    """Delete an alias whose time has passed, at the moment somebody needs its address."""
    Address.objects.filter(canonical=canonical, kind=Address.ALIAS, until__lte=clock.now()).delete()


def claim(row: Address) -> None:
    """Save an address that signs in; the account's private address of the same spelling becomes one with it.

    :raises AddressTaken: it signs somebody else in, or is reserved.
    """
    release(row.canonical)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise AddressTaken from None
    Address.objects.filter(account_id=row.account_id, kind=Address.PRIVATE, canonical=row.canonical).delete()


def move(account: Account, pending: Address, *, at: datetime) -> tuple[Address, Address]:
    """Make a pending address, proven a moment ago, the ID and the old ID an alias; returns both, the old one first.

    The address is claimed before the old ID is touched, so that two accounts that want each other's never wait for
    one another. An alias of one's own comes back as the row it is, as old as it was.

    :raises AddressTaken: as in ``claim``.
    """
    release(pending.canonical)
    own = Address.objects.filter(account=account, kind=Address.ALIAS, canonical=pending.canonical).first()
    if own is None:
        new = pending
        new.kind, new.until, new.since = Address.ALIAS, at + ALIAS_LASTS, at
    else:
        pending.delete()
        new = own
    new.proven_at = at
    claim(new)
    old = Address.objects.get(account=account, kind=Address.ID)
    _step_back(old, at)
    _step_up(new)
    return old, new


def drop_pending(account_id: int) -> None:
    """Take the pending address away; its mailed link ends. So does whatever ends the account's sessions everywhere."""
    Address.objects.filter(account_id=account_id, kind=Address.PENDING).delete()
    secrets.withdraw(Purpose.TAKE_ID, account_id=account_id)
    outbox.withdraw_dead(account_id)


def restore(account: Account, address_id: int, *, since: datetime) -> tuple[Address, Address]:
    """Make an earlier ID the ID again and take off every address added since; returns what was the ID, and what is.

    The earlier ID is reserved for longer than it can be asked back, so that nobody else can have it.
    """
    old, at = Address.objects.get(account=account, kind=Address.ID), clock.now()
    restored = Address.objects.get(account=account, pk=address_id)
    others = Address.objects.filter(account=account).exclude(pk=restored.pk)
    others.filter(since__gte=since).delete()
    if restored.kind != Address.ID:
        left = others.filter(kind=Address.ID).first()
        if left:
            _step_back(left, at)
        _step_up(restored)
    return old, restored


def _step_back(row: Address, at: datetime) -> None:
    row.kind, row.until = Address.ALIAS, at + ALIAS_LASTS
    row.save(update_fields=["kind", "until"])


def _step_up(row: Address) -> None:
    row.kind, row.until = Address.ID, None
    row.save(update_fields=["kind", "until"])


def take_private_away(account_id: int, *, added_by_holder: bool = False) -> None:
    """Delete the private address there is, or only one that no admin typed; the link that would prove it ends."""
    private = Address.objects.filter(account_id=account_id, kind=Address.PRIVATE)
    (private.exclude(since=None) if added_by_holder else private).delete()
    secrets.withdraw(Purpose.PROVE_PRIVATE, account_id=account_id)
    outbox.withdraw_dead(account_id)


def add_private(account_id: int, canonical: str, *, since: datetime | None = None) -> Address:
    """Write a private address, unproven; one that an admin typed has no ``since`` (PRODUCT.md §4.15)."""
    return Address.objects.create(account_id=account_id, canonical=canonical, kind=Address.PRIVATE, since=since)
