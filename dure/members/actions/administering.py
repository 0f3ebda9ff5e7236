"""Admin rights: nobody grants more than they hold (PRODUCT.md §4.10, §6)."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import queries
from dure.members.models import Grant, Member


@action(needs=Permission.ADMINS_MANAGE, records=Event.PERMISSIONS_CHANGED)
def grant(actor: Actor, *, member_uid: str, permissions: Iterable[Permission], until: datetime | None = None) -> Member:
    """Give a member exactly these permissions; none of them takes all away. Every permission brings ``admin.enter``.

    :raises NotFound: no such member here.
    :raises NotAllowed: for a super admin, or for a right the actor does not hold.
    """
    wanted = set(permissions)
    wanted |= {Permission.ADMIN_ENTER} if wanted else set()
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    held = {Permission(code) for code in member.grants.values_list("permission", flat=True)}
    if member.is_super_admin or not all(actor.may(permission) for permission in wanted ^ held):
        raise NotAllowed
    member.grants.all().delete()
    Grant.objects.bulk_create(
        Grant(workspace_id=member.workspace_id, member=member, permission=code, granted_at=clock.now(), until=until)
        for code in sorted(wanted)
    )
    Member.objects.filter(pk=member.pk).update(epoch=F("epoch") + 1)
    record(actor, Event.PERMISSIONS_CHANGED, subject_kind="member", subject_id=member.pk, fields=sorted(wanted ^ held))
    return member
