"""The one choke point that keeps a super admin able to sign in (PRODUCT.md §4.10)."""

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


def keep_a_super_admin(member: Member) -> None:
    """Lock the workspace and refuse to lose this member when nobody else who can sign in runs it; part of an action.

    Whatever takes a super admin away comes through here: suspending, dismissing, handing over, leaving, removing.

    :raises LastSuperAdmin: as its name says.
    """
    Workspace.objects.select_for_update().get(pk=member.workspace_id)
    able = member.is_super_admin and rules.can_sign_in(member)
    if able and not queries.able_super_admins(member.workspace_id, without=member.pk):
        raise LastSuperAdmin
