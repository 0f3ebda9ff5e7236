"""Letters to the owner of an account: in the account's language and time zone, to one of its addresses."""

from datetime import datetime
from typing import Any

from dure.accounts.models import Account, Address
from dure.accounts.queries import id_of
from dure.core.secrets import Issued
from dure.mail import outbox
from dure.mail.kinds import Kind


def post_to(
    account: Account,
    kind: Kind,
    address: Address,
    *,
    secret: Issued | None = None,
    expires_at: datetime | None = None,
    **more: Any,
) -> None:
    """Post a letter to one address of an account; part of an action. ``more`` is what it tells."""
    outbox.post(
        kind,
        address=address.canonical,
        to=address.kind,
        language=account.language,
        account_id=account.pk,
        secret=secret,
        expires_at=expires_at,
        context={"zone": account.time_zone, **more},
    )


def post_to_id(account: Account, kind: Kind, *, secret: Issued | None = None, **more: Any) -> None:
    """Post a letter to the account's ID, naming it; part of an action."""
    address = id_of(account.pk)
    post_to(account, kind, address, secret=secret, id_address=address.canonical, **more)
