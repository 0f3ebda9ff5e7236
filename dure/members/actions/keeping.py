"""The one choke point that keeps a super admin able to sign in (PRODUCT.md §4.10)."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError
from dure.members import queries, rules
from dure.members.models import Member
from dure.workspaces.models import Workspace


class LastSuperAdmin(DomainError):
    """Nobody who can sign in would be left to run the workspace (PRODUCT.md §4.10)."""

    code = "last_super_admin"
    message = _("This is the last super admin who can sign in. Appoint another one first.")
    status = 409


def last_super_admins(workspace_id: int, members: Sequence[Member]) -> list[Member]:
    """Return those of these members who must stay because nobody else who can sign in runs the workspace.

    Lock the workspace first. Whatever takes super admins away, now or on a date, comes through here.
    """
    able = [member for member in members if member.is_super_admin and rules.can_sign_in(member)]
    if able and queries.able_super_admins_without(workspace_id, [member.pk for member in able]):
        return []
    return able


def keep_a_super_admin(member: Member) -> None:
    """Lock the workspace and refuse to lose this member when nobody else who can sign in runs it; part of an action.

    :raises LastSuperAdmin: as its name says.
    """
    Workspace.objects.select_for_update(no_key=True).get(pk=member.workspace_id)
    if last_super_admins(member.workspace_id, [member]):
        raise LastSuperAdmin
