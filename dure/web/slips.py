"""What is shown once after registering: passwords and links to hand over (PRODUCT.md §4.2, §4.7 a, N8)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils.dateparse import parse_datetime

from dure.accounts.models import Address
from dure.core import clock, keys, links
from dure.members.actions import handing
from dure.members.actions.handing import Handed
from dure.members.queries import with_accounts
from dure.web.context import avatar_of, name_of

LASTS = timedelta(hours=1)
"""How long what stands on a screen may still be mailed from it."""


def keep(request: Any, handed: Iterable[Handed]) -> None:
    """Carry over the redirect, sealed, in this browser's session, what there is to show."""
    shown = [one for one in handed if one.password or one.link]
    addresses = handing.addresses_of(with_accounts([one.member for one in shown]))
    slips = [_slip(one, addresses[one.member.account_id]) for one in shown]
    request.session["slips"] = seal(slips)


def _slip(one: Handed, addresses: dict[str, Address]) -> dict[str, Any]:
    member = one.member
    return {
        "member": member.uid,
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "language": member.account.language,
        "id_address": addresses[Address.ID].canonical,
        "private": addresses[Address.PRIVATE].canonical if Address.PRIVATE in addresses else "",
        "password": one.password,
        "link": links.mailed(one.link) if one.link else "",
        "code": one.via if one.password else "",
        "starts_at": member.starts_at.isoformat() if member.starts_at else "",
        "deadline_at": member.deadline_at.isoformat() if member.deadline_at else "",
    }


def seal(slips: list[dict[str, Any]]) -> str:
    """Return slips as a text that only this server reads, with the moment."""
    return keys.seal("slips", {"slips": slips, "at": clock.now().isoformat()}).decode()


def read(sealed: str) -> list[dict[str, Any]]:
    """Return the slips, or nothing when they are older than an hour or not ours."""
    try:
        found = keys.unseal("slips", sealed.encode())
    except (keys.Unreadable, UnicodeError):
        return []
    at = parse_datetime(found["at"])
    fresh = at and clock.now() - at < LASTS and not clock.is_ahead(at)
    return found["slips"] if fresh else []


def take(request: Any) -> list[dict[str, Any]]:
    """Return the slips of this browser and forget them."""
    return read(request.session.pop("slips", ""))
