"""A member as an actor: rights read from the workspace, and read again under the lock."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.db import connection

from dure.core import clock
from dure.core.errors import NotAllowed
from dure.core.permissions import Permission, effective
from dure.members import rules
from dure.members.models import Member

GRANTED = """
SELECT permission FROM dure_grant
WHERE member_id = %s AND workspace_id = %s AND unit_id IS NULL AND (until IS NULL OR until > %s)
"""


@dataclass(frozen=True)
class MemberActor:
    """Somebody acting in one workspace; ``member`` has its account and workspace joined."""

    member: Member
    permissions: frozenset[Permission]
    door: str = "web"
    kind: str = "member"

    @property
    def id(self) -> int:
        """The member's row."""
        return self.member.pk

    @property
    def workspace_id(self) -> int:
        """The workspace whose chain tells of it."""
        return self.member.workspace_id

    @property
    def is_super_admin(self) -> bool:
        """Stands above admins."""
        return self.member.is_super_admin

    def may(self, permission: Permission) -> bool:
        """Tell whether the rights, as last read, include this one."""
        return permission in self.permissions

    def again(self) -> MemberActor:
        """Lock the membership and read the rights anew.

        :raises NotAllowed: when the membership or the account changed since the page was opened.
        """
        locked = Member.objects.select_for_update(of=("self",)).select_related("account", "workspace")
        member = locked.filter(pk=self.member.pk, epoch=self.member.epoch).first()
        if member is None or member.account.epoch != self.member.account.epoch or not rules.opens(member):
            raise NotAllowed
        return replace(self, member=member, permissions=permissions_of(member))


def permissions_of(member: Member) -> frozenset[Permission]:
    """Return what a member may do now: everything for a super admin, else the grants that have not run out."""
    if member.is_super_admin:
        return frozenset(Permission)
    at = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(GRANTED, [member.pk, member.workspace_id, at])
        return effective(frozenset(Permission(code) for (code,) in cursor.fetchall()))


def actor_for(member: Member, door: str = "web") -> MemberActor:
    """Return the member as an actor, rights as they are now."""
    return MemberActor(member=member, permissions=permissions_of(member), door=door)
