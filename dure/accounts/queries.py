"""Reading accounts."""

from django.db import connection

from dure.accounts.models import Account, Address


def id_of(account_id: int) -> Address:
    """Return the account's ID."""
    return Address.objects.get(account_id=account_id, kind=Address.ID)


def id_address(account: Account) -> str:
    """Return the account's ID as text."""
    return id_of(account.pk).canonical


SIGNS_IN = ("id", "password", "language", "epoch")  # in the order of the model, as from_db asks
FIND = f"""
SELECT {", ".join(f"account.{name}" for name in SIGNS_IN)} FROM dure_account account
JOIN dure_address address ON address.account_id = account.id
WHERE address.canonical = %s AND address.kind IN ('id', 'alias')
"""  # noqa: S608 - the names are the four above


def signing_in(address: str) -> Account | None:
    """Return the account an ID or alias signs in, with only what a sign-in needs.

    Plain SQL: building this query anew costs ten times what it takes to run, at every sign-in of everybody.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND, [address])
        row = cursor.fetchone()
    return Account.from_db(connection.alias, SIGNS_IN, row) if row else None


def with_epoch(account_id: int, epoch: int) -> Account | None:
    """Return the account a session belongs to, unless its epoch moved on (PRODUCT.md §4.9)."""
    return Account.objects.filter(pk=account_id, epoch=epoch).first()
