"""Finding on the command line what people name by hand."""

from django.core.management.base import CommandError

from dure.accounts import addresses
from dure.members.models import Member
from dure.workspaces.models import Workspace


def workspace_named(text: str) -> Workspace:
    """Return the workspace with this uid, or the only one with this name; empty means the only one there is."""
    found = Workspace.objects.filter(uid=text) if text else Workspace.objects.all()
    found = found if not text or found.exists() else Workspace.objects.filter(name=text)
    chosen = list(found.order_by("id")[:2])
    if len(chosen) == 1:
        return chosen[0]
    raise CommandError("No such workspace." if not chosen else "Several workspaces; name one with --workspace <uid>.")


def member_with_id(workspace: Workspace, address: str) -> Member:
    """Return the member of a workspace with this ID."""
    try:
        holder = addresses.holder(addresses.canonical(address, sought=True))
    except addresses.InvalidAddress as error:
        raise CommandError(error.sentence()) from None
    member = Member.objects.filter(workspace=workspace, account_id=holder.account_id).first() if holder else None
    if member is None:
        raise CommandError(f"{address} is no member of {workspace.name}.")
    return member
