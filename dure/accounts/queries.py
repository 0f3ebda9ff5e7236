"""Reading accounts."""

from dure.accounts.models import Account, Address


def id_of(account_id: int) -> Address:
    """Return the account's ID."""
    return Address.objects.get(account_id=account_id, kind=Address.ID)


def id_address(account: Account) -> str:
    """Return the account's ID as text."""
    return id_of(account.pk).canonical


def with_epoch(account_id: int, epoch: int) -> Account | None:
    """Return the account a session belongs to, unless its epoch moved on (PRODUCT.md §4.9)."""
    return Account.objects.filter(pk=account_id, epoch=epoch).first()
