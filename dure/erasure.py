"""What "erases everything" means, table by table (PRODUCT.md §4.18).

``RULES`` names every model; a test fails on one that is not here. A person's data hang on the account and go with it
(cascade), or hold its bare id and are deleted by ``erase_account``; the trail holds ids and names of fields only and
stays, and ids are never used again.
"""

from datetime import timedelta

from dure.accounts.models import Account, Address, Device, ListingCode, RecoveryRequest, Session, SpentChallenge
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.joining import queries as joining
from dure.joining.models import Invitation
from dure.joining.rules import KEPT
from dure.mail.models import Letter
from dure.members import indexing, photos
from dure.members.models import Member, Profile

RULES = {
    "Account": "deleted",
    "Address": "with the account",
    "Session": "with the account",
    "Device": "with the account",
    "SecondFactor": "with the account; its key is sealed",
    "Passkey": "with the account; only its public key",
    "SpareCode": "with the account; only a keyed hash",
    "ActivationCode": "with the account",
    "Member": "with the account, or with the workspace",
    "SearchTerm": "deleted by the member's own terms, first",
    "DeviceUse": "with the member, or with the device",
    "KeptFilter": "with the member who keeps it",
    "Profile": "with the member; its photo's files are deleted first",
    "Change": "with the member",
    "Grant": "with the member",
    "OneTimeSecret": "deleted by the account's id",
    "Letter": "deleted by the account's id; its content was wiped before, at its end",
    "RecoveryRequest": "deleted when answered, within a day at the latest; sealed until then",
    "ListingCode": "deleted a day after its ten minutes; sealed until then",
    "HandOver": "with either member, or with the workspace",
    "RescueCode": "with the member; only a keyed hash",
    "HelpRequest": "with the member, or with the workspace",
    "Invitation": "30 days after its end, with whoever is invited, or with the workspace; its details go at its end",
    "InvitationToken": "with the invitation; only a keyed hash",
    "SpentChallenge": "deleted when its five minutes are over; random, nobody's",
    "Tries": "deleted after 30 days; keyed hashes, nothing can be read back",
    "Workspace": "deleted; the files of its logo first",
    "WorkspaceChange": "with the workspace; nothing personal",
    "AuditEvent": "stays: ids and names of fields, nothing personal",
    "AuditHead": "stays: a number and two hashes",
    "Reading": "stays: numbers of the whole server, written anew all the time",
}


def erase_account(account: Account) -> None:
    """Delete an account and everything that is about it; part of an action or of the worker's purge."""
    wished = (Address.PRIVATE, Address.PENDING)
    own = [one.canonical for one in joining.addresses_of(account) if one.proven_at or one.kind not in wished]
    invitations = Invitation.objects.filter(address__in=own)
    for row in (Profile.objects.filter(member__account=account), invitations):
        for name in row.exclude(photo="").values_list("photo", flat=True):
            photos.remove(name)
    invitations.delete()
    indexing.forget(Member.objects.filter(account=account).values_list("pk", flat=True))
    OneTimeSecret.objects.filter(account_id=account.pk).delete()
    Letter.objects.filter(account_id=account.pk).delete()
    account.delete()


def purge_dead() -> int:
    """Delete what ended, or ended long ago: sessions, aliases, secrets, letters a year old, old devices, questions."""
    at = clock.now()
    deleted = Session.objects.filter(expire_date__lt=at).delete()[0]
    deleted += OneTimeSecret.objects.filter(expires_at__lt=at - timedelta(days=90)).delete()[0]
    deleted += Letter.objects.filter(ended_at__lt=at - timedelta(days=365)).delete()[0]
    deleted += Address.objects.filter(until__lt=at).delete()[0]
    deleted += Device.objects.filter(last_used_at__lt=at - timedelta(days=400)).delete()[0]
    deleted += Invitation.objects.filter(ended_at__lt=at - KEPT, photo="").delete()[0]
    deleted += SpentChallenge.objects.filter(until__lt=at).delete()[0]
    deleted += ListingCode.objects.filter(expires_at__lt=at - timedelta(days=1)).delete()[0]
    deleted += RecoveryRequest.objects.filter(asked_at__lt=at - timedelta(days=1)).delete()[0]
    return deleted
