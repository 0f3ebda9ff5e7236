"""Letters to a member: in the member's language, naming workspace and ID."""

from datetime import datetime
from typing import Any

from dure.accounts.models import Address
from dure.accounts.queries import id_of
from dure.core.rows import insert
from dure.core.secrets import Issued
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import names
from dure.members.models import Member


def post_to(member: Member, kind: Kind, *, address: Address, id_address: str, **more: Any) -> None:
    """Post a letter to one of the member's addresses; part of an action. ``more`` as in ``write_to``."""
    if outbox.can_send():
        insert(write_to(member, kind, address=address, id_address=id_address, **more))


def post_to_id(member: Member, kind: Kind, more: dict[str, Any] | None = None, *, about: str = "") -> None:
    """Post a letter to the member's ID; part of an action."""
    if outbox.can_send():
        address = id_of(member.account_id)
        post_to(member, kind, address=address, id_address=address.canonical, more=more, about=about)


def write_to(
    member: Member,
    kind: Kind,
    *,
    address: Address,
    id_address: str,
    secret: Issued | None = None,
    opens_at: datetime | None = None,
    expires_at: datetime | None = None,
    more: dict[str, Any] | None = None,
    about: str = "",
) -> Letter:
    """Return a letter to one of the member's addresses, not in the outbox yet; ``more`` is what else it tells.

    ``about`` is the uid of a row about somebody else whom it names, so that it can be taken back with them.
    """
    return outbox.write(
        kind,
        address=address.canonical,
        to=address.kind,
        language=member.account.language,
        account_id=member.account_id,
        workspace_id=member.workspace_id,
        secret=secret,
        about=about,
        opens_at=opens_at,
        expires_at=expires_at,
        context={
            "workspace_name": member.workspace.name,
            "zone": member.workspace.time_zone,
            "name": names.display_name(member.family_name, member.given_name, member.name_language),
            "id_address": id_address,
            **(more or {}),
        },
    )
