"""Letters of invitations, to whoever is invited and to whoever invited, and the code of a sign-up."""

import secrets
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format

from dure.accounts.models import Account, Address
from dure.core import clock, keys
from dure.core.rows import insert_many
from dure.joining import queries
from dure.joining.models import Invitation, InvitationToken, SignUp
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import names, rules
from dure.members.letters import post_to_id
from dure.members.models import Member
from dure.workspaces.models import Workspace


def name_of(invitation: Invitation) -> str:
    """Return the name the admin wrote, in its owner's order, or the address when there is none."""
    return own_name_of(invitation) or invitation.address


def own_name_of(invitation: Invitation) -> str:
    """Return the name the admin wrote, in its owner's order; empty when there is none."""
    return names.display_name(invitation.family_name, invitation.given_name, invitation.name_language)


def add_links(invitations: Sequence[Invitation], *, proves_address: bool = True) -> list[str]:
    """Add one link to each invitation, beside its living ones, and return their secrets; part of an action."""
    at, made = clock.now(), []
    for one in invitations:
        key = secrets.token_urlsafe(32)
        row = InvitationToken(
            invitation=one, hash=keys.keyed_hash(queries.TOKEN, key), proves_address=proves_address, issued_at=at
        )
        made.append((row, f"{row.uid}.{key}"))
    insert_many([row for row, _link in made])
    return [link for _row, link in made]


def post_invitations(invitations: Sequence[Invitation], *, kind: Kind = Kind.INVITATION, anew: bool = True) -> None:
    """Post one more link to each, workspaces joined; part of an action. Nothing without a mail server.

    A letter about it that still waits is taken back, which those who were never written to (``anew`` false) have not.
    """
    if not invitations or not outbox.can_send():
        return
    if anew:
        outbox.withdraw_about(one.uid for one in invitations)
    links = add_links(invitations)
    inviters = queries.inviters(invitations)
    holders = _holders(invitations)
    outbox.post_many(
        [
            _written(one, kind, link, inviters.get(one.invited_by_id or 0), holders.get(one.address))
            for one, link in zip(invitations, links, strict=True)
        ]
    )


def _holders(invitations: Iterable[Invitation]) -> dict[str, Address]:
    return {one.canonical: one for one in queries.signing_in([invitation.address for invitation in invitations])}


def _written(invitation: Invitation, kind: Kind, link: str, inviter: Member | None, holder: Address | None) -> Letter:
    """Write to the address, in the recipient's language where their account is known; else in the one chosen."""
    workspace = invitation.workspace
    language = holder.account.language if holder else invitation.language
    return outbox.write(
        kind,
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
            "name": own_name_of(invitation),
            "id_address": invitation.address,
            "inviter": _display(inviter) if inviter else "",
            "day": _day(invitation, language),
            "message": invitation.message,
        },
    )


def _display(member: Member) -> str:
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


def take_codes(sign_up_uid: str, account: Account) -> None:
    """Let the codes mailed for a sign-up belong to the account it became, and go with it; part of an action."""
    own = Letter.objects.exclude(about="").filter(about=sign_up_uid)  # the index is of those about something
    own.filter(kind=Kind.SIGN_UP_CODE, account_id=None).update(account_id=account.pk)


def post_code(row: SignUp, number: str, workspace: Workspace) -> None:
    """Post the six digits of a sign-up, in the language of the page; the same whoever the address is of."""
    outbox.post(
        Kind.SIGN_UP_CODE,
        address=row.address,
        to=Address.ID,
        language=row.language,
        account_id=None,
        workspace_id=workspace.pk,
        about=row.uid,
        expires_at=row.code_until,
        context={"workspace_name": workspace.name, "zone": workspace.time_zone, "code": number},
    )
