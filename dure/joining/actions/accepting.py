"""Answering an invitation: from *My workspaces*, or from the mailed link (PRODUCT.md §4.2, §4.3)."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dure.accounts.actors import Owner
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import action, record, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.joining import coming_in, letters, pasted, queries
from dure.joining.actions.inviting import InvitationEnded, end
from dure.joining.actions.requesting import give_back_of, settle
from dure.joining.models import Invitation, InvitationToken
from dure.joining.people import Person, person
from dure.joining.rules import state_of
from dure.mail import outbox
from dure.members import queries as members
from dure.members import rules
from dure.members.actions.editing import fill_new
from dure.members.models import Member
from dure.members.profile import InvalidField


class ForSomebodyElse(DomainError):
    """The address of the invitation signs in another account."""

    code = "for_somebody_else"
    message = _("This invitation is for another account. Sign out, and sign in with the address it went to.")
    status = 409


class IdNotProven(DomainError):
    """An account whose ID nobody proved accepts nothing in other workspaces (PRODUCT.md §4.2)."""

    code = "id_not_proven"
    message = _("Confirm your own ID first: have the mail for it sent again from Home, and open its link.")
    status = 409


class AddressNotProven(IdNotProven):
    """A copied link was seen by others, so whoever holds it proves the address another way first (PRODUCT.md §4.2)."""

    code = "address_not_proven"
    message = _("This link was handed on, so it does not show that the address is yours. Have a mail sent to it.")


class HereAlready(DomainError):
    """A member of the workspace came upon somebody else's invitation to it, which stays that one's."""

    code = "here_already"
    message = _("You are a member already, and this invitation is for somebody else. Sign out to go on with it.")
    status = 409


class RemovedHere(DomainError):
    """Whoever was removed comes back by being restored, not by an older invitation."""

    code = "removed_here"
    message = _("You were removed from this workspace. Ask its admins to restore you.")
    status = 409


@dataclass(frozen=True)
class Accepted:
    """The place; ``is_new`` is false when the account was a member already."""

    member: Member
    is_new: bool


@action(needs=None, records=Event.INVITATION_ACCEPTED)
def accept(actor: Owner, *, invitation_uid: str, family_name: str = "", given_name: str = "") -> Accepted:
    """Accept an invitation that waits for one of one's proven addresses.

    The names count where the invitation holds none.

    :raises InvalidName: none there and none here.
    :raises NotFound: no such invitation for this account, or it has no own password or no proven ID.
    :raises InvitationEnded: withdrawn, answered or run out a moment ago.
    """
    return accepted(actor, _mine(actor, invitation_uid), names=(family_name, given_name))


@action(needs=None, records=Event.INVITATION_DECLINED)
def decline(actor: Owner, *, invitation_uid: str) -> Invitation:
    """Decline an invitation that waits for one of one's proven addresses; who invited is told.

    :raises NotFound, InvitationEnded: as in ``accept``.
    """
    return _declined(actor, _mine(actor, invitation_uid))


@action(needs=None, records=Event.INVITATION_ACCEPTED)
def accept_by_link(actor: Owner, *, link: str, family_name: str = "", given_name: str = "") -> Accepted:
    """Accept with the mailed link, which also proves the address it went to when that is one's own.

    An address that signs nobody in may be answered by whoever got the mail, with the account they have. A link that an
    admin copied proves nothing: with it, the address must be one's own and proven. The names count where the
    invitation holds none.

    :raises InvalidName: none there and none here.
    :raises AddressNotProven: as its name says.
    :raises NotFound: no such link.
    :raises ForSomebodyElse: the address signs in another account.
    :raises HereAlready: the address signs nobody in, and the account needs no invitation.
    :raises IdNotProven: the ID is unproven, and the link went to another address.
    :raises InvitationEnded: withdrawn, answered or run out.
    """
    token = _token(link)
    invitation = token.invitation
    if not actor.account.has_own_password:
        raise NotAllowed
    own = next((one for one in queries.addresses_of(actor.account) if one.canonical == invitation.address), None)
    if own is None and not token.proves_address:
        raise AddressNotProven  # whether the address signs somebody else in is told to who got the mail alone
    if own is None and queries.signing_in([invitation.address]).exists():
        raise ForSomebodyElse
    if own is None and members.present(actor.id, invitation.workspace.uid) is not None:
        raise HereAlready
    if own is not None and own.proven_at is None and token.proves_address:
        Address.objects.filter(pk=own.pk, proven_at=None).update(proven_at=clock.now())
        record(actor, Event.ADDRESS_PROVEN, subject_kind="account", subject_id=actor.id, via=token.uid)
    if not queries.has_proven_id(actor.account):
        raise IdNotProven
    if own is not None and own.proven_at is None and not token.proves_address:
        raise AddressNotProven
    return accepted(actor, invitation, via=token.uid, names=(family_name, given_name), as_typed=own is None)


@action(needs=None, records=Event.INVITATION_DECLINED)
def decline_by_link(actor: Actor, *, link: str) -> Invitation:
    """Decline with the mailed link, signed in or not: whoever reads the mailbox may say no.

    :raises NotFound: no such link.
    :raises AddressNotProven: a link that an admin copied, and the address is not one's own and proven.
    :raises InvitationEnded: withdrawn, answered or run out.
    """
    token = _token(link)
    if not token.proves_address and not _owns(actor, token.invitation.address):
        raise AddressNotProven
    return _declined(actor, token.invitation, via=token.uid)


def _owns(actor: Actor, address: str) -> bool:
    own = queries.addresses_of(actor.account) if isinstance(actor, Owner) else []
    return any(one.canonical == address and one.proven_at for one in own)


def _token(link: str) -> InvitationToken:
    token = queries.token(link)
    if token is None:
        raise NotFound
    return token


def _mine(actor: Owner, invitation_uid: str) -> Invitation:
    invitation = queries.waiting_for(actor.account).filter(uid=invitation_uid).first()
    if invitation is None:
        raise _ended_or_unknown(actor.account, invitation_uid)
    return invitation


def _ended_or_unknown(account: Account, invitation_uid: str) -> DomainError:
    """Tell an invitation of one's own that is over from one that never was."""
    own = [one.canonical for one in queries.addresses_of(account) if one.proven_at]
    invitation = Invitation.objects.filter(uid=invitation_uid, address__in=own).first()
    over = invitation is not None and not queries.living(Invitation.objects.filter(pk=invitation.pk)).exists()
    return InvitationEnded(state_of(invitation)) if invitation and over else NotFound()


def _declined(actor: Actor, invitation: Invitation, *, via: str = "") -> Invitation:
    end(invitation, "declined_at")
    letters.post_declined(invitation)
    _record(actor, Event.INVITATION_DECLINED, invitation, via)
    return invitation


def accepted(
    actor: Owner, invitation: Invitation, *, via: str = "", names: tuple[str, str] = ("", ""), as_typed: bool = False
) -> Accepted:
    """Answer with yes, as somebody who may; ``names`` are what they typed. Part of an action.

    ``as_typed``: they are not who was invited, so that the name they typed counts and not the one in the invitation.

    :raises RemovedHere, InvitationEnded, InvalidName: as their names say.
    """
    member = members.of(invitation.workspace_id).filter(account=actor.account).first()
    if member is not None and not rules.is_here(member):
        raise RemovedHere
    at = end(invitation, "accepted_at")
    give_back_of(invitation.workspace_id, actor.account)
    is_new = member is None
    if member is None:
        member = _join(actor, invitation, _somebody(actor, invitation, names, as_typed=as_typed))
        Invitation.objects.filter(pk=invitation.pk).update(photo="")
    Invitation.objects.filter(pk=invitation.pk).update(member=member)
    end_invitations_of(actor, invitation.workspace_id, {actor.id: member}, at)
    settle(actor, member)
    _record(actor, Event.INVITATION_ACCEPTED, invitation, via)
    return Accepted(member=member, is_new=is_new)


def _somebody(actor: Owner, invitation: Invitation, names: tuple[str, str], *, as_typed: bool) -> Person:
    """Return who comes: by the names the admin wrote, else by those they typed.

    :raises InvalidName: when there are none.
    """
    written = (invitation.family_name, invitation.given_name)
    if not any(written) or (as_typed and any(names)):
        pasted.refuse_link(*names)
        written = names
    family_name, given_name = written
    return person(
        id=invitation.address, family_name=family_name, given_name=given_name, language=actor.account.language
    )


def _record(actor: Actor, event: Event, invitation: Invitation, via: str) -> None:
    record(
        actor, event, subject_kind="invitation", subject_id=invitation.pk, via=via,
        workspace_id=invitation.workspace_id,
    )  # fmt: skip


def _join(actor: Owner, invitation: Invitation, somebody: Person) -> Member:
    """Write the membership; it is active at once, or on its day, and the mail of K9 goes with it."""
    member = coming_in.write_member(
        actor, invitation.workspace, actor.account, somebody,
        via=invitation.uid, fields=invitation.details, starts_at=invitation.starts_at,
    )  # fmt: skip
    _fill(member, invitation)
    coming_in.greet(member)
    return member


def _fill(member: Member, invitation: Invitation) -> None:
    """Write the profile; an employee number that somebody else got in the meantime is the admins' to sort out."""
    try:
        fill_new(member, invitation.details, invitation.photo)
    except InvalidField:
        without = {name: value for name, value in invitation.details.items() if name != "employee_number"}
        fill_new(member, without, invitation.photo)


def end_invitations_of(actor: Actor, workspace_id: int, members: dict[int, Member], at: datetime) -> None:
    """End the living invitations of this workspace to the IDs and aliases of these accounts: their places are taken.

    Part of an action, whichever way they came in. Most have none, so those who have are found first.
    """
    own = Address.objects.filter(account_id__among=members, kind__in=[Address.ID, Address.ALIAS])
    living = queries.invitations(workspace_id).filter(address__in=own.values("canonical"), ended_at=None)
    holders = own.filter(Q(until=None) | Q(until__gt=clock.now()), canonical__in=living.values("address"))
    account_of = dict(holders.values_list("canonical", "account_id"))
    ended = list(living.filter(address__among=list(account_of)).select_for_update(no_key=True).order_by("id"))
    for one in ended:
        one.accepted_at = one.ended_at = at
        one.details, one.member = {}, members[account_of[one.address]]
    if ended:
        Invitation.objects.bulk_update(ended, ["accepted_at", "ended_at", "details", "member"])
        outbox.withdraw_about([one.uid for one in ended])
        subjects: dict[int | None, str] = {one.pk: "" for one in ended}
        record_many(actor, Event.INVITATION_SETTLED, subject_kind="invitation", subjects=subjects, of=workspace_id)
