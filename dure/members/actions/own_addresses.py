"""One's own private address as the workspaces see it: the member lists find the new one, and no longer the old one."""

from dure.accounts.actions import private_address
from dure.accounts.actors import Owner
from dure.accounts.models import Address
from dure.core.action import writing
from dure.members import indexing


def set_private_address(actor: Owner, *, address: str) -> Address:
    """Set it (``accounts.actions.private_address``), in one transaction with the index."""
    with writing():
        private = private_address.set_private_address(actor, address=address)
        indexing.refresh_accounts([actor.id])
    return private


def remove_private_address(actor: Owner) -> None:
    """Remove it, in one transaction with the index."""
    with writing():
        private_address.remove_private_address(actor)
        indexing.refresh_accounts([actor.id])
