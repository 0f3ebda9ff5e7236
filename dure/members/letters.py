"""Letters to a member: in the member's language, naming workspace and ID."""

from dure.accounts.models import Address
from dure.core.secrets import Issued
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import names
from dure.members.models import Member


def post_to(member: Member, kind: Kind, *, address: Address, id_address: str, secret: Issued | None = None) -> None:
    """Post a letter to one of the member's addresses; part of an action."""
    outbox.post(
        kind,
        address=address.canonical,
        to=address.kind,
        language=member.account.language,
        account_id=member.account_id,
        workspace_id=member.workspace_id,
        secret=secret,
        context={
            "workspace_name": member.workspace.name,
            "zone": member.workspace.time_zone,
            "name": names.display_name(member.family_name, member.given_name, member.name_language),
            "id_address": id_address,
        },
    )
