"""Actors that are not members of anything: a visitor, the owner of an account, the operator."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dure.accounts.models import Account
from dure.core.errors import NotAllowed
from dure.core.permissions import Permission


@dataclass(frozen=True)
class Visitor:
    """Somebody whose browser proved nothing yet."""

    door: str = "web"
    kind: str = "visitor"
    id: int | None = None
    workspace_id: int = 0
    is_super_admin: bool = False

    def may(self, permission: Permission) -> bool:
        """Nothing that needs a permission."""
        return False

    def again(self) -> Visitor:
        """There is nothing to read anew."""
        return self


@dataclass(frozen=True)
class Operator:
    """Whoever runs commands on the server; the trail names the door, not a person."""

    workspace_id: int = 0
    door: str = "command"
    kind: str = "operator"
    id: int | None = None
    is_super_admin: bool = True

    def may(self, permission: Permission) -> bool:
        """Everything: the database file is in the operator's hands anyway."""
        return True

    def again(self) -> Operator:
        """There is nothing to read anew."""
        return self


@dataclass(frozen=True)
class Owner:
    """The owner of an account, signed in, acting on it."""

    account: Account
    door: str = "web"
    kind: str = "account"
    workspace_id: int = 0
    is_super_admin: bool = False

    @property
    def id(self) -> int:
        """The account's row."""
        return self.account.pk

    def may(self, permission: Permission) -> bool:
        """Rights belong to members; an account as such has none."""
        return False

    def again(self) -> Owner:
        """Lock the account.

        :raises NotAllowed: when its epoch moved on, as after a change of the password elsewhere.
        """
        account = Account.objects.select_for_update().filter(pk=self.account.pk, epoch=self.account.epoch).first()
        if account is None:
            raise NotAllowed
        return replace(self, account=account)
