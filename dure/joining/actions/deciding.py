"""Answering join requests, one or many at once (PRODUCT.md §4.3, §4.8, §6)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import readable
from dure.joining import funnel, ledger, request_letters, requests, rules
from dure.joining.actions.accepting import end_invitations_of
from dure.joining.actions.requesting import RequestEnded, end_without_place, give_back, via_of
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.people import BeingErased, Person, member_of
from dure.joining.rules import RequestState
from dure.mail import outbox
from dure.members import indexing
from dure.members import queries as members
from dure.members import rules as states
from dure.members.actions.leaving import restore_all
from dure.members.models import Member
from dure.workspaces.models import Workspace

MOST = 500
LONGEST_REASON = 500


class NobodyChosen(DomainError):
    """No request was chosen."""

    code = "nobody_chosen"
    message = _("Choose at least one request.")


class TooManyChosen(DomainError):
    """More than 500 in one step."""

    code = "too_many_chosen"
    message = _("Choose at most 500 requests at a time.")


class ApplicantUnproven(DomainError):
    """The account has no proven ID any more; without one nothing is accepted anywhere (PRODUCT.md §4.2)."""

    code = "applicant_unproven"
    message = _("The ID of this account is not confirmed by mail any more. The request waits until it is.")
    status = 409


class ApplicantWithoutPassword(DomainError):
    """The account has no password of its own any more, so nothing would open for it."""

    code = "applicant_without_password"
    message = _("This account has no password of its own at the moment. The request waits until it has one.")
    status = 409


@dataclass
class Decided:
    """Which requests were answered, which were left waiting or had ended and why, and how many are gone."""

    workspace: Workspace
    done: list[JoinRequest]
    refused: list[tuple[JoinRequest, DomainError]] = field(default_factory=list)
    gone: int = 0

    def alone(self) -> JoinRequest:
        """Return the one request it was about.

        :raises NotFound: there is no such request here.
        :raises DomainError: why it was not answered.
        """
        if self.refused:
            raise self.refused[0][1]
        if not self.done:
            raise NotFound
        return self.done[0]


@action(needs=Permission.MEMBERS_MANAGE, records=Event.JOIN_APPROVED)
def approve(actor: Actor, *, request_uids: Sequence[str]) -> Decided:
    """Let people in: each becomes an active member and gets the mail of K9.

    Whoever is a member by now gets no second place and spends no use, and whoever was removed is restored. A link that
    was paused, withdrawn or used up since changes nothing: the request holds its use, and approving is the admins'
    word. An ID that changed since is the admins' to judge: they see it.

    :raises NotAllowed: without *Member management*.
    :raises NobodyChosen, TooManyChosen: as their names say.
    """
    found = _lock(actor, request_uids)
    _refuse(found, _why_not(found.done))
    present = members.of(found.workspace).filter(account_id__among=[one.account_id for one in found.done])
    known = {one.account_id: one for one in present}
    here = {account_id for account_id, one in known.items() if states.is_here(one)}
    give_back(one for one in found.done if one.account_id in here)
    restored = _restore(actor, found, known)
    new = _let_in(found, [one for one in found.done if one.account_id not in known])
    came = {**known, **new}
    at = clock.now()
    _write(actor, found.done, approved_at=at, ended_at=at)
    for one in found.done:
        one.member = came[one.account_id]
    JoinRequest.objects.bulk_update(found.done, ["member"])
    end_invitations_of(actor, found.workspace.pk, {one.account_id: came[one.account_id] for one in found.done}, at)
    via = via_of(found.done)
    joined: dict[int | None, str] = {new[one.account_id].pk: via[one.pk] for one in found.done if one.account_id in new}
    record_many(
        actor, Event.MEMBER_JOINED, subject_kind="member", subjects=joined, fields=["family_name", "given_name"]
    )  # fmt: skip
    record_many(actor, Event.JOIN_APPROVED, subject_kind="join_request", subjects=via)
    outbox.withdraw_about([one.uid for one in found.done])
    request_letters.post_approved([one for one in found.done if one.account_id in new])
    _count([one for one in found.done if one.account_id in new or one.account_id in restored], "joined")
    return found


@action(needs=Permission.MEMBERS_MANAGE, records=Event.JOIN_REFUSED)
def refuse(actor: Actor, *, request_uids: Sequence[str], reason: str = "") -> Decided:
    """Refuse requests, with a sentence that is mailed, or without; the uses they held go back to their links.

    :raises NotAllowed: without *Member management*.
    :raises NobodyChosen, TooManyChosen: as their names say.
    """
    found = _lock(actor, request_uids)
    at, plain = clock.now(), readable(reason)[:LONGEST_REASON].strip()
    _write(actor, found.done, refused_at=at, ended_at=at, answer=plain)
    end_without_place(found.done, at)
    request_letters.post_refused(found.done, reason=plain)
    _count(found.done, "refused")
    record_many(actor, Event.JOIN_REFUSED, subject_kind="join_request", subjects=via_of(found.done))
    return found


def _lock(actor: Actor, uids: Sequence[str]) -> Decided:
    """Lock the workspace, the accounts and the requests, in this order, and part those that wait from the others."""
    chosen = list(dict.fromkeys(uids))
    if not chosen:
        raise NobodyChosen
    if len(chosen) > MOST:
        raise TooManyChosen
    workspace = Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    own = requests.of(workspace).filter(uid__among=chosen)
    list(Account.objects.select_for_update().filter(pk__in=own.values("account_id")).order_by("id"))
    rows = list(own.select_related("account").select_for_update(of=("self",)).order_by("id"))
    found = Decided(workspace, rows, gone=len(chosen) - len(rows))
    ended = {one.pk: RequestEnded(rules.request_state_of(one)) for one in rows}
    _refuse(found, {pk: why for pk, why in ended.items() if why.state is not RequestState.WAITING})
    return found


def _refuse(found: Decided, why: dict[int, DomainError] | dict[int, RequestEnded]) -> None:
    found.refused += [(one, why[one.pk]) for one in found.done if one.pk in why]
    found.done = [one for one in found.done if one.pk not in why]


def _write(actor: Actor, waiting: Sequence[JoinRequest], **columns: object) -> None:
    """End requests by one conditional UPDATE: exactly one of two answers wins (PRODUCT.md §4.8)."""
    still = JoinRequest.objects.filter(pk__among=[one.pk for one in waiting], ended_at=None)
    decider = actor.id if actor.kind == "member" else None
    if waiting and still.update(decided_by_id=decider, **columns) != len(waiting):
        raise RequestEnded(RequestState.RUN_OUT)


def _why_not(waiting: Sequence[JoinRequest]) -> dict[int, DomainError]:
    """Return, by row, why an account cannot come in at this moment."""
    ids = Address.objects.filter(account_id__among=[one.account_id for one in waiting], kind=Address.ID)
    proven = set(ids.exclude(proven_at=None).values_list("account_id", flat=True))
    found: dict[int, DomainError] = {}
    for one in waiting:
        if one.account_id not in proven:
            found[one.pk] = ApplicantUnproven()
        elif not one.account.has_own_password:
            found[one.pk] = ApplicantWithoutPassword()
    return found


def _restore(actor: Actor, found: Decided, known: dict[int, Member]) -> set[int]:
    """Restore those who were removed, by the rules of restoring, and enter by which link; returns their accounts."""
    gone = {account_id: one for account_id, one in known.items() if not states.is_here(one)}
    why: dict[int, DomainError] = {}
    back = [one.pk for one in gone.values() if states.is_restorable(one)]
    if back:
        done = restore_all(actor, chosen=members.of(found.workspace).filter(pk__in=back))
        why = {member.account_id: error for member, error in done.refused}
    why |= {account_id: BeingErased() for account_id, one in gone.items() if one.pk not in back}
    _refuse(found, {one.pk: why[one.account_id] for one in found.done if one.account_id in why})
    restored = set(gone) - set(why)
    came = [one for one in found.done if one.account_id in restored]
    ledger.enter_many((one.link_id, gone[one.account_id], False) for one in came if one.link_id is not None)
    return restored


def _let_in(found: Decided, coming: Sequence[JoinRequest]) -> dict[int, Member]:
    """Write the memberships of those who are no members yet; returns them by account."""
    rows = [member_of(found.workspace, one.account, _person(one), has_come=True) for one in coming]
    Member.objects.bulk_create(rows)
    indexing.refresh_accounts([one.account_id for one in coming])
    ledger.enter_many(
        (one.link_id, member, _is_new(one.account))
        for one, member in zip(coming, rows, strict=True)
        if one.link_id is not None
    )
    Account.objects.filter(pk__among=[one.account_id for one in coming]).update(without_place_since=None)
    return {one.account_id: one for one in rows}


def _is_new(account: Account) -> bool:
    """Tell whether an account came by sign-up and has had no place yet."""
    return account.origin_id is None and account.without_place_since is not None


def _person(request: JoinRequest) -> Person:
    return Person(id="", family_name=request.family_name, given_name=request.given_name, language=request.name_language)


def _count(ended: Sequence[JoinRequest], step: str) -> None:
    """Add to the funnels of the links these requests came by."""
    numbers = Counter(one.link_id for one in ended if one.link_id)
    for link in InviteLink.objects.select_related("workspace").filter(pk__in=numbers):
        funnel.count(link, step, times=numbers[link.pk])
