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
        "seal": workspace.name[:1],
        "name": name_of(actor.member),
        "avatar": avatar_of(actor.member),
        "lang": actor.member.name_language,
        "may_enter_admin": actor.may(Permission.ADMIN_ENTER),
        "may_manage_members": actor.may(Permission.MEMBERS_MANAGE),
        "may_manage_admins": actor.may(Permission.ADMINS_MANAGE),
        "is_super_admin": actor.is_super_admin,
    }
