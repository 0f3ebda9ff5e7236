"""Letters of invitations: to whoever is invited, and to whoever invited."""

from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format

from dure.accounts.models import Address
from dure.joining import queries
from dure.joining.models import Invitation, InvitationToken
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.members import names, rules
from dure.members.letters import post_to_id


def name_of(invitation: Invitation) -> str:
    """Return the name the admin wrote, in its owner's order."""
    return names.display_name(invitation.family_name, invitation.given_name, invitation.name_language)


def post_invitation(invitation: Invitation, token: InvitationToken, link: str) -> None:
    """Post the invitation with one more link; an older one that still waits is taken back. Part of an action.

    It is written in the recipient's language, where their account is known.
    """
    workspace, inviter = invitation.workspace, queries.inviter(invitation)
    holder = queries.signing_in([invitation.address]).first()
    language = holder.account.language if holder else invitation.language
    outbox.withdraw_about([invitation.uid])
    outbox.post(
        Kind.INVITATION,
        address=invitation.address,
        to=Address.ID,
        language=language,
        account_id=holder.account_id if holder else None,
        workspace_id=workspace.pk,
        link=link,
        about=invitation.uid,
        expires_at=invitation.expires_at,
        context={
            "workspace_name": workspace.name,
            "zone": workspace.time_zone,
            "name": name_of(invitation),
            "id_address": invitation.address,
            "inviter": _display(inviter) if inviter else workspace.name,
            "day": _day(invitation, language),
        },
    )


def _display(member: "queries.Member") -> str:
    return names.display_name(member.family_name, member.given_name, member.name_language)


def _day(invitation: Invitation, language: str) -> str:
    if invitation.starts_at is None:
        return ""
    with translation.override(language):
        return date_format(invitation.starts_at.astimezone(ZoneInfo(invitation.workspace.time_zone)), "DATE_FORMAT")


def post_declined(invitation: Invitation) -> None:
    """Tell whoever invited that the answer is no, while they are here; an acceptance shows in the list of members."""
    inviter = queries.inviter(invitation)
    if inviter and rules.opens(inviter):
        post_to_id(inviter, Kind.INVITATION_DECLINED, {"invited": name_of(invitation), "address": invitation.address})
