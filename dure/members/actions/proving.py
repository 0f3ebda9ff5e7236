"""The link that proves an address (PRODUCT.md §4.2)."""

from dure.accounts.models import Address
from dure.core import secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.core.secrets import Issued, Purpose
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members.letters import post_to
from dure.members.models import Member


def post_proof(member: Member, address: Address) -> Issued:
    """Issue and post the link that proves an address; part of an action."""
    issued = secrets.reissue(
        Purpose.PROVE_ADDRESS, account_id=member.account_id, workspace_id=None, address_id=address.pk
    )
    outbox.withdraw_dead(member.account_id)
    post_to(member, Kind.PROVE_ADDRESS, address=address, id_address=address.canonical, secret=issued)
    return issued


@action(needs=None, records=Event.PROOF_MAILED)
def prove_again(actor: Actor) -> None:
    """Mail a new link that proves one's own ID; the older one ends."""
    member = Member.objects.select_related("account", "workspace").get(pk=actor.id or 0)
    address = Address.objects.get(account_id=member.account_id, kind=Address.ID)
    if address.proven_at is None:
        post_proof(member, address)
    record(actor, Event.PROOF_MAILED, subject_kind="account", subject_id=member.account_id)
