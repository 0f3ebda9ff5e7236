"""What a step would do, counted before it is taken: for whom, for whom not, what ends and what stays."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet

from dure.accounts.models import Session
from dure.core import clock
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.mail.models import Letter
from dure.members import queries
from dure.members.actions.administering import beyond
from dure.members.actions.choosing import HigherRank, StateChanged, refusals
from dure.members.actions.working import chosen_by
from dure.members.facts import in_right_state
from dure.members.models import Grant, HandOver, HelpRequest, Member, RescueCode
from dure.members.rules import State, Step
from dure.members.selecting import Selection

NAMED = 12
MOST_ABOVE = 1000


@dataclass(frozen=True)
class Preview:
    """The members a step would be taken for, how many, and how many are left as they are for each reason."""

    able: QuerySet[Member]
    count: int
    total: int
    states: list[tuple[State, int]]
    first: list[Member]
    refused: list[tuple[DomainError, int, str]] = field(default_factory=list)


def preview(actor: Actor, step: Step, selection: Selection) -> Preview:
    """Count what a step would do for a selection, without taking it."""
    chosen = chosen_by(actor, step, selection)
    ready = in_right_state(chosen, step)
    refused, apart = _apart(actor, step, chosen, ready)
    able = ready.exclude(pk__in=apart)
    if not actor.is_super_admin:
        able = able.filter(is_super_admin=False)
    total, count = chosen.count(), able.count()
    unfit = total - count - sum(number for _error, number, _name in refused)
    if unfit:
        refused.append((StateChanged(), unfit, ""))
    states = [(state, queries.in_state(able, state).count()) for state in State] if total > 1 else []
    return Preview(
        able=able,
        count=count,
        total=total,
        states=[(state, number) for state, number in states if number],
        first=list(able.select_related("account").order_by("sort_key", "id")[:NAMED]),
        refused=refused,
    )


def _apart(
    actor: Actor, step: Step, chosen: QuerySet[Member], ready: QuerySet[Member]
) -> tuple[list[tuple[DomainError, int, str]], list[int]]:
    """Look at the few a rule is about: super admins and oneself."""
    found: list[tuple[DomainError, int, str]] = []
    own = Q(pk=actor.id or 0) if actor.kind == "member" else Q(pk=0)
    if not actor.is_super_admin:
        above = ready.filter(is_super_admin=True).count()
        if above:
            found.append((HigherRank(), above, ""))
        few = list(ready.filter(own).exclude(is_super_admin=True))
    else:
        few = list(ready.filter(own | Q(is_super_admin=True)).select_related("account")[:MOST_ABOVE])
    why = refusals(actor, step, few)
    for member in few:
        if member.pk in why:
            found.append((why[member.pk], 1, member.uid))
    return found, list(why)


@dataclass(frozen=True)
class Ends:
    """How much of each kind a step ends, or closes for a while."""

    devices: int
    admins: int
    letters: int
    passwords: int
    offers: int
    questions: int
    codes: int


def ends(actor: Actor, able: QuerySet[Member]) -> Ends:
    """Count what these members would no longer have."""
    at, workspace_id = clock.now(), actor.workspace_id
    ids, accounts = able.values("pk"), able.values("account_id")
    granted = Grant.objects.filter(Q(until=None) | Q(until__gt=at), workspace_id=workspace_id)
    codes = RescueCode.objects.filter(member_id__among=queries.super_admins(workspace_id), used_at=None)
    offers = HandOver.objects.filter(workspace_id=workspace_id, accepted_at=None, ended_at=None, expires_at__gt=at)
    letters = Letter.objects.filter(workspace_id=workspace_id, state__in=[Letter.WAITING, Letter.SENDING])
    return Ends(
        devices=Session.objects.filter(account__in=accounts, expire_date__gt=at, device__isnull=False).count(),
        admins=able.filter(is_super_admin=True).count() + _those(able.filter(is_super_admin=False), granted),
        letters=letters.filter(account_id__in=accounts).count(),
        passwords=able.filter(activated_at=None).count(),
        offers=offers.filter(Q(giver__in=ids) | Q(taker__in=ids)).count(),
        questions=HelpRequest.objects.filter(workspace_id=workspace_id, answered_at=None, member__in=ids).count(),
        codes=_those(able, codes),
    )


def _those(able: QuerySet[Member], few: QuerySet[Any]) -> int:
    """Count those of these members whom rows of a small table are about, without reading everybody beside them."""
    return able.filter(pk__among=set(few.values_list("member_id", flat=True))).count()


def rights_that_stay_away(actor: Actor, able: QuerySet[Member]) -> int:
    """Count the rights that do not come back, because the actor could not give them (PRODUCT.md §4.10)."""
    return Grant.objects.filter(beyond(actor), member__in=able.values("pk")).count()
