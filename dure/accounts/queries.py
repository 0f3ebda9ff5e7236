"""Reading accounts."""

from django.db import connection
from django.db.models import Max, Q

from dure.accounts.activation import Code
from dure.accounts.addresses import living
from dure.accounts.models import Account, Address, Device
from dure.core import clock, rows
from dure.core.database import moment_of

ID = "FROM dure_address own WHERE own.account_id = %s AND own.kind = 'id'"


def id_of(account_id: int) -> Address:
    """Return the account's ID."""
    found = rows.first(Address, f"SELECT {rows.columns(Address, 'own')} {ID}", [account_id])
    if found is None:
        raise Address.DoesNotExist
    return found


def id_address(account: Account) -> str:
    """Return the account's ID as text."""
    return id_of(account.pk).canonical


def addresses_of(account_id: int) -> dict[str, list[Address]]:
    """Return every address of an account that counts, by kind; aliases in the order of their end."""
    found: dict[str, list[Address]] = {kind: [] for kind in Address.KINDS}
    for address in Address.objects.filter(living(), account_id=account_id).order_by("until", "id"):
        found[address.kind].append(address)
    return found


def spellings_of(account_id: int) -> list[str]:
    """Return the ID and the aliases of an account as text."""
    signing_in = Address.objects.filter(account_id=account_id, kind__in=[Address.ID, Address.ALIAS])
    return list(signing_in.values_list("canonical", flat=True))


# In the order of the model, as from_db asks.
SIGNS_IN = ("id", "password", "language", "time_zone", "epoch", "has_factor")
CODE = ("uid", "encoded", "issued_at", "opens_at", "expires_at", "used_at")
FIND = f"""
SELECT {", ".join([*(f"account.{name}" for name in SIGNS_IN), *(f"code.{name}" for name in CODE)])}
FROM dure_account account
JOIN dure_address address ON address.account_id = account.id
LEFT JOIN dure_activationcode code ON code.account_id = account.id
WHERE address.canonical = %s AND (address.kind = 'id' OR address.kind = 'alias' AND address.until > %s)
"""  # noqa: S608 - the names are those above


def signing_in(address: str) -> tuple[Account | None, Code | None]:
    """Return the account an ID or living alias signs in, with only what a sign-in needs, and its temporary password.

    Plain SQL: building this query anew costs ten times what it takes to run, at every sign-in of everybody.
    """
    with connection.cursor() as cursor:
        cursor.execute(FIND, [address, connection.ops.adapt_datetimefield_value(clock.now())])
        row = cursor.fetchone()
    if row is None:
        return None, None
    account, facts = Account.from_db(connection.alias, SIGNS_IN, row[: len(SIGNS_IN)]), row[len(SIGNS_IN) :]
    if account.has_own_password or facts[0] is None:
        return account, None
    uid, encoded, *moments = facts
    return account, Code(uid, encoded, *map(moment_of, moments))


def with_epoch(account_id: int, epoch: int) -> Account | None:
    """Return the account a session belongs to, unless its epoch moved on (PRODUCT.md §4.9)."""
    return Account.objects.filter(pk=account_id, epoch=epoch).first()


def devices_of(account_id: int) -> list[Device]:
    """Return the browsers that are signed in now, the one used last first, with ``seen_at``."""
    living = Q(sessions__expire_date__gt=clock.now())
    found = Device.objects.filter(living, account_id=account_id)
    return list(found.annotate(seen_at=Max("sessions__seen_at", filter=living)).order_by("-seen_at", "-id")[:100])
