"""A new ID takes effect, and "this wasn't me" takes it back for 72 hours (PRODUCT.md §4.15).

Both are links in letters: whoever presses the button proved a mailbox. Several changes may be taken back within their
hours; the one that was there first wins, and taking it back ends every later one.
"""

import secrets as random
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import hashing, ids
from dure.accounts.actions.factors import clear_factors_since, end_everything
from dure.accounts.actions.links import LinkEnded, spend_link
from dure.accounts.addresses import AddressTaken
from dure.accounts.letters import post_to
from dure.accounts.models import Account, Address, Device
from dure.accounts.queries import id_of
from dure.core import clock, secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.models import OneTimeSecret
from dure.core.secrets import Issued, Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import indexing
from dure.members.actions.editing import remember
from dure.members.models import Member, RescueCode


class IdTaken(AddressTaken):
    """Somebody else's ID or alias by now; the reader proved the mailbox and may be told."""

    code = "id_taken"
    message = _("Another account signs in with this address. Nothing was changed.")


@action(needs=None, records=Event.ID_CHANGED)
def take_new_id(actor: Actor, *, secret: OneTimeSecret) -> Account:
    """Make the pending address a link was mailed to the ID, and the old ID an alias; every session and link ends.

    Returns the account with its new epoch. The old ID is told, and given 72 hours to take it back if it was proven.

    :raises LinkEnded: when it was used, cancelled, replaced or is too old.
    :raises IdTaken: the address signs somebody else in; nothing is changed, and the link is not spent.
    """
    account = spend_link(secret, purposes={Purpose.TAKE_ID})
    pending = Address.objects.filter(pk=secret.address_id or 0, account=account, kind=Address.PENDING).first()
    if pending is None:
        raise LinkEnded("withdrawn")
    undo = _let_undo(account)
    try:
        old, new = ids.move(account, pending, at=undo.row.issued_at if undo else clock.now())
    except AddressTaken:
        raise IdTaken from None
    indexing.refresh_accounts([account.pk])
    end_everything(account)
    secrets.withdraw_all(account.pk)
    outbox.withdraw_dead(account.pk)
    record(actor, Event.ID_CHANGED, subject_kind="account", subject_id=account.pk, fields=["id"], via=secret.uid)
    _remember(actor, account, old, new, Event.ID_CHANGED, via=secret.uid)
    _tell(account, old, old, new, secret=undo)
    _tell(account, new, old, new)
    return account


def _let_undo(account: Account) -> Issued | None:
    """Issue the link that takes the change back, to an ID that was proven: another one may be a stranger's mailbox."""
    old = id_of(account.pk)
    if old.proven_at is None or not outbox.can_send():
        return None
    return secrets.issue(Purpose.UNDO_ID, account_id=account.pk, workspace_id=None, address_id=old.pk)


def _lock_out(_actor: Actor, *, secret: OneTimeSecret, **_rest: Any) -> dict[str, Any]:
    """Make a password that nobody knows, whoever knew the last one."""
    end = secrets.end_of(secret)
    if end:
        raise LinkEnded(end)
    return {"nobody_knows": hashing.hash_password(random.token_urlsafe(32))}


@action(needs=None, records=Event.ID_CHANGE_UNDONE, before=_lock_out)
def undo_new_id(actor: Actor, *, secret: OneTimeSecret, nobody_knows: str = "") -> Issued:
    """Give the account back to the earlier ID: what was added since goes, everything ends, and no password works.

    Returns the link that sets a new password, for the one who just proved the mailbox.

    :raises LinkEnded: when it was used, withdrawn or is too old.
    """
    account, since = spend_link(secret, purposes={Purpose.UNDO_ID}), secret.issued_at
    if not Address.objects.filter(pk=secret.address_id or 0, account=account).exists():
        raise LinkEnded("withdrawn")
    left, restored = ids.restore(account, secret.address_id or 0, since=since)
    indexing.refresh_accounts([account.pk])
    factor_removed = clear_factors_since(account, since)
    RescueCode.objects.filter(member__account=account, issued_at__gte=since).delete()
    Device.objects.filter(account=account).delete()
    account.password = nobody_knows
    account.save(update_fields=["password"])
    end_everything(account)
    secrets.withdraw_all(account.pk, undo_since=since)
    outbox.withdraw_dead(account.pk)
    fields = ["id", "password", *(["second_factor"] if factor_removed else [])]
    record(actor, Event.ID_CHANGE_UNDONE, subject_kind="account", subject_id=account.pk, fields=fields, via=secret.uid)
    if left.pk != restored.pk:
        _remember(actor, account, left, restored, Event.ID_CHANGE_UNDONE, via=secret.uid)
        _tell(account, left, left, restored, undone=True)
    return secrets.issue(Purpose.RESET_PASSWORD, account_id=account.pk, workspace_id=None, address_id=restored.pk)


def _remember(actor: Actor, account: Account, old: Address, new: Address, event: Event, *, via: str) -> None:
    """Write before and after into each membership's history, and each workspace's trail."""
    for member in Member.objects.filter(account=account).order_by("workspace_id"):
        remember(actor, member, {"id": (old.canonical, new.canonical)})
        record(
            actor, event, subject_kind="member", subject_id=member.pk, fields=["id"], via=via,
            workspace_id=member.workspace_id,
        )  # fmt: skip


def _tell(
    account: Account, to: Address, old: Address, new: Address, *, secret: Issued | None = None, undone: bool = False
) -> None:
    """Post the notice; one to an ID that nobody ever proved does not name the new one."""
    known = to.proven_at is not None
    post_to(
        account,
        Kind.ID_CHANGED,
        to,
        secret=secret,
        id_address=new.canonical if known else to.canonical,
        before=old.canonical,
        undone=undone,
        to_new=to.pk == new.pk,
        known=known,
    )
