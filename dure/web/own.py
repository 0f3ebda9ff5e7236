"""What the reader's own profile shows: all that their workspace holds about them."""

from typing import Any

from dure.accounts import queries as accounts
from dure.accounts.addresses import for_readers
from dure.core.permissions import LABELS, Permission
from dure.members import profile, queries
from dure.members.actors import MemberActor
from dure.members.models import Grant, Member, Profile
from dure.web.context import ROLES, avatar_of, name_of
from dure.web.panel import LANGUAGE_NAMES, changes_of


def shown(actor: MemberActor) -> dict[str, Any]:
    """Return the profile, what others see of it, rights, days and history."""
    member = actor.member
    row = Profile.objects.filter(member=member).first()
    known = profile.texts(row)
    local, _at, domain = for_readers(accounts.id_address(member.account)).partition("@")
    return {
        "id_local": local,
        "id_domain": domain,
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "photo": row.photo if row else "",
        "role_label": ROLES[queries.roles([member])(member)],
        "seen": _facts(known, profile.OPEN),
        "unseen": _facts(known, [name for name in profile.FIELDS if name not in profile.OPEN]),
        "rights": _rights(member),
        "language_name": LANGUAGE_NAMES.get(member.account.language, ""),
        "registered_at": member.registered_at,
        "activated_at": member.activated_at,
        "changes": changes_of(member),
    }


def _facts(known: dict[str, str], fields: Any) -> list[dict[str, Any]]:
    return [
        {
            "label": profile.FIELDS[name].label,
            "value": profile.shown(name, known[name]),
            "fixed": name not in profile.OWN,
        }
        for name in fields
        if known[name]
    ]


def _rights(member: Member) -> list[dict[str, Any]]:
    granted = Grant.objects.filter(workspace_id=member.workspace_id, member=member).order_by("id")
    return [{"label": LABELS[Permission(grant.permission)], "until": grant.until} for grant in granted]
