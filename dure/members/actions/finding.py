"""Answering *Find ID* and *I don't know my ID*, by mail alone (K9 K12); done by the worker."""

from datetime import timedelta
from typing import Any

from django.utils import translation

from dure.accounts.actions.recovering import draw_code
from dure.accounts.actors import Visitor
from dure.accounts.letters import post_to
from dure.accounts.models import Address, RecoveryRequest
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import queries, rules

MAILS_AN_HOUR = 5


def answer(request: RecoveryRequest, address: str) -> None:
    """Mail the code, or the list of IDs; a private address nobody proved gets the list alone (PRODUCT.md §4.15)."""
    found = queries.holders(address)
    if not found or not outbox.can_send():
        return
    listed = [one for one in found if one.kind != Address.PRIVATE or one.proven_at]
    actor = Visitor(door="worker")
    if request.code is not None and listed:
        if not _had_enough(listed[0], Kind.EMAIL_CODE):
            mail_code(actor, holder=listed[0], request=request)
    elif not _had_enough(found[0], Kind.YOUR_IDS):
        mail_ids(actor, holders=found)


def _had_enough(holder: Address, kind: Kind) -> bool:
    """Count each kind for itself: a stranger who uses the codes up leaves the owner the mail with the IDs."""
    since = clock.now() - timedelta(hours=1)
    mailed = Letter.objects.filter(account_id=holder.account_id, kind=kind, posted_at__gt=since)
    return mailed.count() >= MAILS_AN_HOUR


@action(needs=None, records=Event.CODE_FOR_LIST_MAILED)
def mail_code(actor: Actor, *, holder: Address, request: RecoveryRequest) -> None:
    """Mail the six digits that open the list of one's workspaces on the page that asked."""
    code = request.code
    record_many(actor, Event.CODE_FOR_LIST_MAILED, subject_kind="account", subjects={holder.account_id: ""})
    if code is None:
        return
    post_to(holder.account, Kind.EMAIL_CODE, holder, expires_at=code.expires_at, code=draw_code(code))


@action(needs=None, records=Event.IDS_MAILED)
def mail_ids(actor: Actor, *, holders: list[Address]) -> None:
    """Mail the IDs and workspaces that go with an address."""
    first = holders[0]
    with translation.override(first.account.language):
        accounts = [_listed(account_id) for account_id in dict.fromkeys(one.account_id for one in holders)]
    post_to(first.account, Kind.YOUR_IDS, first, accounts=accounts)
    subjects: dict[int | None, str] = {one.account_id: "" for one in holders}
    record_many(actor, Event.IDS_MAILED, subject_kind="account", subjects=subjects)


def _listed(account_id: int) -> dict[str, Any]:
    places = queries.places_of(account_id)[:50]
    address = Address.objects.get(account_id=account_id, kind=Address.ID)
    listed = [{"name": place.workspace.name, "state": str(rules.LABELS[rules.state_of(place)])} for place in places]
    return {"id": address.canonical, "places": listed}
