"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import pgettext_lazy

from dure.core import links
from dure.core.permissions import Permission
from dure.members import names
from dure.members.models import Member
from dure.workspaces.models import Workspace

ROLES = {
    "super_admin": pgettext_lazy("role", "super admin"),
    "admin": pgettext_lazy("role", "admin"),
    "member": pgettext_lazy("role", "member"),
}


def name_of(member: Member) -> str:
    """Return a member's name in its owner's order."""
    return names.display_name(member.family_name, member.given_name, member.name_language)


def avatar_of(member: Member) -> str:
    """Return what stands in a member's round."""
    return names.avatar(member.family_name, member.given_name, member.name_language)


def seal_of(workspace: Workspace) -> dict[str, str]:
    """Return what stands in a workspace's square: its logo, or the first letter of its name."""
    logo_url = reverse("logo", args=[workspace.logo]) if workspace.logo else ""
    return {"letter": workspace.name[:1], "logo_url": logo_url}


def look_url(accent: str) -> str:
    """Return the stylesheet of a colour, empty for Dure's own."""
    return reverse("look", args=[accent]) if accent else ""


def common(request: HttpRequest) -> dict[str, Any]:
    """Return reader, place, languages and path."""
    current = translation.get_language()
    return {
        "here": _here(request),
        "languages": [{"code": code, "name": name, "current": code == current} for code, name in settings.LANGUAGES],
        "path": request.get_full_path(),
        "passkey_origin": links.passkey_origin(),
        "mailbox_url": reverse("demo_mailbox") if settings.DURE["MODE"] == "demo" else None,
    }


def _here(request: Any) -> dict[str, Any] | None:
    actor = getattr(request, "actor", None)
    if actor is None:
        return None
    workspace = actor.member.workspace
    return {
        "workspace_name": workspace.name,
        "workspace_uid": workspace.uid,
        "seal": seal_of(workspace),
        "look_url": look_url(workspace.accent),
        "name": name_of(actor.member),
        "avatar": avatar_of(actor.member),
        "lang": actor.member.name_language,
        "may_enter_admin": actor.may(Permission.ADMIN_ENTER),
        "may_manage_members": actor.may(Permission.MEMBERS_MANAGE),
        "may_manage_admins": actor.may(Permission.ADMINS_MANAGE),
        "may_edit_workspace": actor.may(Permission.WORKSPACE_EDIT),
        "may_manage_security": actor.may(Permission.SECURITY_MANAGE),
        "may_read_audit": actor.may(Permission.AUDIT_READ),
        "is_super_admin": actor.is_super_admin,
    }
