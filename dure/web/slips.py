"""A set-password link that is shown once, because there is no mail server to send it (PRODUCT.md §4.2, §4.7 a)."""

from typing import Any

from dure.core import keys, links
from dure.members.models import Member
from dure.web.context import name_of


def keep(request: Any, member: Member, secret: str) -> None:
    """Carry the link over the redirect, sealed, in this browser's session."""
    slip = {"member": member.uid, "name": name_of(member), "link": links.mailed(secret)}
    request.session["slip"] = keys.seal("slip", slip).decode()


def take(request: Any, member_uid: str) -> dict[str, Any] | None:
    """Return the slip about a member and forget it."""
    sealed = request.session.pop("slip", None)
    if sealed is None:
        return None
    slip = keys.unseal("slip", sealed.encode())
    return slip if slip["member"] == member_uid else None
