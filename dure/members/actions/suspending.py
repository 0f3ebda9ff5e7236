"""Suspending and resuming: leaving means out, at once (PRODUCT.md §4.9)."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.members import queries, rules
from dure.members.actions.keeping import keep_a_super_admin
from dure.members.models import Member
from dure.workspaces.models import Workspace


class StateChanged(DomainError):
    """The step is not possible from the member's present state."""

    code = "state_changed"
    message = _("This is not possible in the member's present state.")
    status = 409


def _locked(actor: Actor, member_uid: str, step: str) -> Member:
    Workspace.objects.select_for_update().get(pk=actor.workspace_id)
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    if member.is_super_admin and not actor.is_super_admin:
        raise NotAllowed
    if not rules.may(step, member):
        raise StateChanged
    return member


def _save(member: Member) -> None:
    member.state = rules.stored_state(member)
    member.epoch = F("epoch") + 1
    member.save(update_fields=["suspended_at", "state", "epoch"])


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_SUSPENDED)
def suspend(actor: Actor, *, member_uid: str) -> Member:
    """Close the workspace to a member until they are resumed; the other workspaces of the person stay open.

    :raises NotFound: no such member here.
    :raises StateChanged: already suspended.
    :raises LastSuperAdmin: nobody able would be left.
    """
    member = _locked(actor, member_uid, "suspend")
    keep_a_super_admin(member)
    member.suspended_at = clock.now()
    _save(member)
    record(actor, Event.MEMBER_SUSPENDED, subject_kind="member", subject_id=member.pk, fields=["state"])
    return member


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_RESUMED)
def resume(actor: Actor, *, member_uid: str) -> Member:
    """Open the workspace again; the member is what they were before.

    :raises NotFound: no such member here.
    :raises StateChanged: not suspended.
    """
    member = _locked(actor, member_uid, "resume")
    member.suspended_at = None
    _save(member)
    record(actor, Event.MEMBER_RESUMED, subject_kind="member", subject_id=member.pk, fields=["state"])
    return member
