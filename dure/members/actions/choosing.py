"""Locking the members a step is taken for, and saying of whom it cannot be (PRODUCT.md §4.4, §4.8, §4.10)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.members import queries, rules
from dure.members.actions.keeping import LastSuperAdmin, last_super_admins
from dure.members.facts import after, in_right_state
from dure.members.models import Member
from dure.members.rules import Step
from dure.workspaces.models import Workspace

CLOSING = (Step.SUSPEND, Step.LEAVE, Step.REMOVE)
"""Steps that take somebody away, at once or on a day."""


class StateChanged(DomainError):
    """The step is not possible from the member's present state."""

    code = "state_changed"
    message = _("This is not possible in the member's present state.")
    status = 409


class ChangedSince(StateChanged):
    """Somebody took another step after the preview was read (told, not overwritten)."""

    code = "changed_since"
    message = _("Somebody changed this member's state in the meantime. Nothing was overwritten.")


class WindowOver(StateChanged):
    """The time for restoring has passed, or erasing was ordered."""

    code = "window_over"
    message = _("The time for restoring is over. What is left of this member is being erased.")


class HigherRank(NotAllowed):
    """A super admin, acted on by somebody who is none."""

    code = "higher_rank"
    message = _("Only a super admin can do this to a super admin.")


class NotOneself(DomainError):
    """Shutting oneself out."""

    code = "not_oneself"
    message = _("You cannot suspend yourself. Ask another admin to do it.")
    status = 409


class NotOneselfAlone(NotOneself):
    """Taking oneself away when nobody else could run the workspace."""

    code = "not_oneself_alone"
    message = _("You cannot take yourself away while no other super admin can sign in. Appoint another one first.")


@dataclass
class Done:
    """Whom a step was taken for, and who was left as they are, with why."""

    workspace: Workspace
    ids: list[int]
    accounts: list[int]
    refused: list[tuple[Member, DomainError]]

    @cached_property
    def members(self) -> list[Member]:
        """Read whom it was taken for; ask for it after the step has been written."""
        return read(self.workspace, self.ids)

    def only(self, ids: Collection[int]) -> "Done":
        """Return the same of some of them alone."""
        kept = [pair for pair in zip(self.ids, self.accounts, strict=True) if pair[0] in ids]
        return Done(self.workspace, [pk for pk, _account in kept], [account for _pk, account in kept], [])

    def alone(self) -> Member:
        """Return the one member it was about.

        :raises NotFound: there was no such member here.
        :raises DomainError: why it was refused.
        """
        if self.refused:
            raise self.refused[0][1]
        if not self.ids:
            raise NotFound
        return self.members[0]


def read(workspace: Workspace, ids: Sequence[int]) -> list[Member]:
    """Return members by their rows, workspace and account at hand."""
    members = list(queries.of(workspace).filter(pk__among=ids).select_related("account").order_by("id")) if ids else []
    for member in members:
        member.workspace = workspace
    return members


def named(actor: Actor, *uids: str) -> QuerySet[Member]:
    """Return members of the actor's workspace by their uids."""
    return queries.of(actor.workspace_id).filter(uid__among=uids)


def lock(actor: Actor, step: Step, chosen: QuerySet[Member], seen_at: datetime | None = None) -> Done:
    """Lock the workspace and the chosen ones, and part those the step can be taken for from those it cannot.

    ``seen_at`` is when the actor read what they decided on. Nothing is written yet. Only those a rule may be about are
    read as members: super admins, oneself, and whoever is in another state or was changed since.
    """
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    own = chosen.filter(workspace_id=workspace.pk)
    facts = ("pk", "account_id", "is_super_admin", "stepped_at")
    rows = list(own.order_by("id").select_for_update().values_list(*facts))
    ready = set(in_right_state(own, step).values_list("pk", flat=True))
    me = actor.id if actor.kind == "member" else None
    apart = [
        pk
        for pk, _account, leads, stepped_at in rows
        if leads or pk == me or pk not in ready or (seen_at and stepped_at and stepped_at > seen_at)
    ]
    looked_at = read(workspace, apart)
    why = refusals(actor, step, looked_at, seen_at)
    kept = [(pk, account_id) for pk, account_id, _leads, _stepped_at in rows if pk not in why]
    refused = [(member, why[member.pk]) for member in looked_at if member.pk in why]
    return Done(workspace, [pk for pk, _account in kept], [account_id for _pk, account_id in kept], refused)


def refusals(
    actor: Actor, step: Step, members: Sequence[Member], seen_at: datetime | None = None
) -> dict[int, DomainError]:
    """Return, by row, why a step cannot be taken; also asked by a preview, without any lock."""
    at = clock.now()
    found: dict[int, DomainError] = {}
    for member in members:
        error = _refusal(actor, step, member, at, seen_at)
        if error is not None:
            found[member.pk] = error
    if step in CLOSING:
        left = [member for member in members if member.pk not in found]
        for member in last_super_admins(actor.workspace_id, left):
            found[member.pk] = LastSuperAdmin()
    return found


def _refusal(actor: Actor, step: Step, member: Member, at: datetime, seen_at: datetime | None) -> DomainError | None:
    if member.is_super_admin and not actor.is_super_admin:
        return HigherRank()
    if seen_at and member.stepped_at and member.stepped_at > seen_at:
        return ChangedSince()
    if not rules.may(step, member, at):
        over = step in (Step.RESTORE, Step.ERASE) and not rules.is_here(member, at)
        return WindowOver() if over else StateChanged()
    oneself = actor.kind == "member" and actor.id == member.pk
    return _against_oneself(step, member) if oneself and step in CLOSING else None


def _against_oneself(step: Step, member: Member) -> DomainError | None:
    """Suspending oneself is refused; leaving needs another super admin who can sign in."""
    if last_super_admins(member.workspace_id, [member]):
        return LastSuperAdmin()
    if step is Step.SUSPEND:
        return NotOneself()
    left = queries.able_super_admins(member.workspace_id, without=member.pk)
    return None if left else NotOneselfAlone()


def save(ids: Sequence[int], *, ends_access: bool = True, **columns: Any) -> None:
    """Write the same facts about many members in one statement, with the state and the turn that come of it.

    ``ends_access`` raises the epoch, so that whatever was open before is read anew (PRODUCT.md §4.9).
    """
    at = clock.now()
    facts = columns | after(columns, at) | {"stepped_at": at} | ({"epoch": F("epoch") + 1} if ends_access else {})
    if ids:
        Member.objects.filter(pk__among=ids).update(**facts)
