"""Who acts: a protocol, so that this floor knows no table of the floors above."""

from __future__ import annotations

from typing import Protocol

from dure.core.errors import NotAllowed
from dure.core.permissions import Permission


class Actor(Protocol):
    """Somebody or something that opens actions."""

    @property
    def kind(self) -> str:
        """``member``, ``account``, ``operator`` or ``visitor``: the word the trail uses."""

    @property
    def id(self) -> int | None:
        """The row that ``kind`` names."""

    @property
    def workspace_id(self) -> int:
        """The workspace whose chain tells of it; 0 is the server."""

    @property
    def is_super_admin(self) -> bool:
        """Stands above admins, as super admins and the operator do."""

    @property
    def door(self) -> str:
        """``web``, ``command`` or ``worker``."""

    def may(self, permission: Permission) -> bool:
        """Tell whether the rights, as last read, include this one."""

    def again(self) -> Actor:
        """Lock and read the rights anew, inside the transaction.

        :raises NotAllowed: when the actor may no longer act at all.
        """


def require(actor: Actor, permission: Permission | None) -> None:
    """Refuse an actor without the permission.

    :raises NotAllowed: as its name says.
    """
    if permission is not None and not actor.may(permission):
        raise NotAllowed
