"""Telling many members the same by mail (PRODUCT.md §7)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from dure.accounts.models import Address
from dure.core import clock
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import names, queries
from dure.members.actions.choosing import Done
from dure.members.models import Member
from dure.workspaces.models import Workspace


class Told(NamedTuple):
    """What a letter needs of a member; models would cost more than the letters themselves."""

    pk: int
    account_id: int
    family_name: str
    given_name: str
    name_language: str
    starts_at: datetime | None
    activated_at: datetime | None
    account__language: str


def tell(
    done: Done,
    kind: Kind,
    *,
    facts: dict[str, Any] | None = None,
    more: Callable[[Member], dict[str, Any] | None] | None = None,
) -> None:
    """Post one letter to each; whoever waits for their first day knows of nothing yet and gets none.

    Those who have not come get it where their set-password mail went. ``facts`` are told to all, and ``more`` returns
    what else one is told, or None for whoever gets no letter. Part of an action, after the step was written.
    """
    if not done.ids or not outbox.can_send():
        return
    at, workspace = clock.now(), done.workspace
    apart = {member.pk: more(member) for member in done.members} if more else {}
    rows = queries.of(workspace).filter(pk__among=done.ids).order_by("id").values_list(*Told._fields)
    told = [one for one in map(Told._make, rows) if one.activated_at or not (one.starts_at and one.starts_at > at)]
    went_to = letters.went_to([one.account_id for one in told if not one.activated_at])
    addresses = _addresses([one.account_id for one in told])
    written = []
    for one in told:
        about, to = apart.get(one.pk, {}), went_to.get(one.account_id, "")
        if about is not None:
            written.append(_letter(workspace, kind, one, addresses[one.account_id], to, {**(facts or {}), **about}))
    outbox.post_many(written)


def _letter(workspace: Workspace, kind: Kind, one: Told, own: dict[str, str], to: str, facts: dict[str, Any]) -> Letter:
    to = to if to in own else Address.ID
    return outbox.write(
        kind,
        address=own[to],
        to=to,
        language=one.account__language,
        account_id=one.account_id,
        workspace_id=workspace.pk,
        context={
            "workspace_name": workspace.name,
            "zone": workspace.time_zone,
            "name": names.display_name(one.family_name, one.given_name, one.name_language),
            "id_address": own[Address.ID],
            **facts,
        },
    )


def _addresses(account_ids: list[int]) -> dict[int, dict[str, str]]:
    """Return ID and private address of each account, as text."""
    found: dict[int, dict[str, str]] = {account_id: {} for account_id in account_ids}
    own = Address.objects.filter(account_id__among=account_ids, kind__in=[Address.ID, Address.PRIVATE])
    for account_id, kind, canonical in own.values_list("account_id", "kind", "canonical"):
        found[account_id][kind] = canonical
    return found
