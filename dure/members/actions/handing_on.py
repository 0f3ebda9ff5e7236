"""Handing the role of super admin on, with acceptance (PRODUCT.md §2, §4.10)."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dure.core import clock, links
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail.kinds import Kind
from dure.members import names, queries, rules
from dure.members.actions.administering import check_can_lead, make_admin, make_super_admin
from dure.members.letters import post_to_id
from dure.members.models import HandOver, Member
from dure.workspaces.models import Workspace

LASTS = timedelta(days=7)


class OfferEnded(DomainError):
    """Accepted, declined, withdrawn, too old, or made by somebody who is no longer an active super admin."""

    code = "offer_ended"
    message = _("This offer is over.")
    status = 409


def _name(member: Member) -> str:
    return names.display_name(member.family_name, member.given_name, member.name_language)


@action(needs=Permission.ADMINS_MANAGE, records=Event.ROLE_OFFERED)
def offer_role(actor: Actor, *, member_uid: str, keeps: Iterable[Permission]) -> HandOver:
    """Offer one's own role of super admin to a member; an older offer of one's own ends.

    ``keeps`` are the permissions one keeps as an admin after the other has accepted.

    :raises NotAllowed: unless the actor is a super admin, or for oneself.
    :raises CannotLead: when the person could not run the workspace.
    """
    if not actor.is_super_admin or actor.kind != "member":
        raise NotAllowed
    Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    taker = queries.one(actor.workspace_id, member_uid, lock=True)
    if taker is None:
        raise NotFound
    if taker.pk == actor.id or taker.is_super_admin:
        raise NotAllowed
    check_can_lead(taker)
    at = clock.now()
    giver = queries.of(actor.workspace_id).get(pk=actor.id or 0)
    HandOver.objects.filter(giver=giver, accepted_at=None, ended_at=None).update(ended_at=at)
    offer = HandOver.objects.create(
        workspace_id=actor.workspace_id,
        giver=giver,
        taker=taker,
        keeps=sorted(set(keeps)),
        offered_at=at,
        expires_at=at + LASTS,
    )
    address = links.absolute(f"/w/{taker.workspace.uid}/hand-over/{offer.uid}/")
    post_to_id(taker, Kind.HAND_OVER, {"colleague": _name(giver), "address": address}, about=offer.uid)
    record(actor, Event.ROLE_OFFERED, subject_kind="member", subject_id=taker.pk, via=offer.uid)
    return offer


def _mine(actor: Actor, offer_uid: str) -> HandOver:
    """Lock the workspace and the offer that waits for this member."""
    Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    joined = HandOver.objects.select_related("giver__account", "giver__workspace", "taker__account", "taker__workspace")
    offer = joined.select_for_update(of=("self",)).filter(
        workspace_id=actor.workspace_id, uid=offer_uid, taker_id=actor.id or 0
    )
    found = offer.first()
    if found is None:
        raise NotFound
    if not is_open(found):
        raise OfferEnded
    return found


def is_open(offer: HandOver) -> bool:
    """Tell whether an offer can still be accepted."""
    living = offer.accepted_at is None and offer.ended_at is None and offer.expires_at > clock.now()
    return living and not clock.is_ahead(offer.offered_at) and offer.giver.is_super_admin and rules.opens(offer.giver)


@action(needs=None, records=Event.ROLE_ACCEPTED)
def accept_role(actor: Actor, *, offer_uid: str) -> HandOver:
    """Become super admin in the place of the one who offered; both are told.

    :raises NotFound: no such offer for this member.
    :raises OfferEnded: as its name says.
    :raises CannotLead: when the member could not run the workspace.
    """
    offer = _mine(actor, offer_uid)
    check_can_lead(offer.taker)
    HandOver.objects.filter(pk=offer.pk).update(accepted_at=clock.now())
    make_super_admin(offer.taker)
    make_admin(offer.giver, [Permission(code) for code in offer.keeps])
    post_to_id(offer.giver, Kind.HAND_OVER_DONE, {"colleague": _name(offer.taker)}, about=offer.uid)
    record(
        actor, Event.ROLE_ACCEPTED, subject_kind="member", subject_id=offer.giver_id, fields=["is_super_admin"],
        via=offer.uid,
    )  # fmt: skip
    return offer


@action(needs=None, records=Event.ROLE_DECLINED)
def decline_role(actor: Actor, *, offer_uid: str) -> HandOver:
    """Leave the role where it is.

    :raises NotFound, OfferEnded: as in ``accept_role``.
    """
    offer = _mine(actor, offer_uid)
    HandOver.objects.filter(pk=offer.pk).update(ended_at=clock.now())
    record(actor, Event.ROLE_DECLINED, subject_kind="member", subject_id=offer.giver_id, via=offer.uid)
    return offer


@action(needs=Permission.ADMINS_MANAGE, records=Event.ROLE_WITHDRAWN)
def withdraw_role(actor: Actor) -> None:
    """Take one's own offer back."""
    HandOver.objects.filter(giver_id=actor.id or 0, accepted_at=None, ended_at=None).update(ended_at=clock.now())
    record(actor, Event.ROLE_WITHDRAWN, subject_kind="member", subject_id=actor.id)
