"""The one catalogue of permissions (PRODUCT.md §6)."""

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Permission(StrEnum):
    """What an admin may be allowed; a super admin holds all of them."""

    ADMIN_ENTER = "admin.enter"
    MEMBERS_MANAGE = "members.manage"
    ORGANISATION_MANAGE = "organisation.manage"
    ADMINS_MANAGE = "admins.manage"
    WORKSPACE_EDIT = "workspace.edit"
    SECURITY_MANAGE = "security.manage"
    APPS_MANAGE = "apps.manage"
    AUDIT_READ = "audit.read"


LABELS = {
    Permission.ADMIN_ENTER: _("Enter the admin service"),
    Permission.MEMBERS_MANAGE: _("Member management"),
    Permission.ORGANISATION_MANAGE: _("Organisation"),
    Permission.ADMINS_MANAGE: _("Administrators"),
    Permission.WORKSPACE_EDIT: _("Workspace environment"),
    Permission.SECURITY_MANAGE: _("Security"),
    Permission.APPS_MANAGE: _("Apps and provisioning"),
    Permission.AUDIT_READ: _("Audit"),
}

MEANINGS = {
    Permission.ADMIN_ENTER: _("open the admin service, make and revoke invite links"),
    Permission.MEMBERS_MANAGE: _("register, edit, suspend, remove, restore, re-issue, import, approve join requests"),
    Permission.ORGANISATION_MANAGE: _("units, positions, levels, employment types, fields"),
    Permission.ADMINS_MANAGE: _("appoint and dismiss admins, within what one holds"),
    Permission.WORKSPACE_EDIT: _("name, logo, colour, languages, policies"),
    Permission.SECURITY_MANAGE: _("password and session policy, end others' sessions, second factor"),
    Permission.APPS_MANAGE: _("sign-in clients, provisioning and API tokens, webhooks"),
    Permission.AUDIT_READ: _("read and export the trail"),
}


def effective(granted: frozenset[Permission]) -> frozenset[Permission]:
    """Return what a set of grants opens: every permission requires ``admin.enter``."""
    return granted if Permission.ADMIN_ENTER in granted else frozenset()
