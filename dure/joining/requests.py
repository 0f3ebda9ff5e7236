"""Reading join requests: a workspace's own, and those of one account (PRODUCT.md §4.3)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from dure.accounts.models import Account, Address
from dure.core import clock
from dure.joining.models import JoinRequest
from dure.joining.rules import REQUEST_LASTS, RequestState
from dure.members import queries as members
from dure.members.models import Member
from dure.members.waiting import counts
from dure.workspaces.models import Workspace

PAGE = 50
COUNTED = 1000
"""How far those that wait are counted."""
MOST_OF_ONE = 50


def of(workspace: Workspace | int) -> QuerySet[JoinRequest]:
    """Return the join requests of a workspace: where every query of an admin starts."""
    return JoinRequest.objects.filter(workspace_id=workspace if isinstance(workspace, int) else workspace.pk)


def living(found: QuerySet[JoinRequest]) -> QuerySet[JoinRequest]:
    """Keep those that can still be answered."""
    at = clock.now()
    return found.filter(ended_at=None, expires_at__gt=at, expires_at__lte=at + REQUEST_LASTS + clock.SKEW)


def in_state(found: QuerySet[JoinRequest], state: str) -> QuerySet[JoinRequest]:
    """Keep those in one state, as ``rules.request_state_of`` tells it."""
    ends = {
        RequestState.APPROVED: Q(approved_at__isnull=False),
        RequestState.REFUSED: Q(refused_at__isnull=False),
        RequestState.WITHDRAWN: Q(withdrawn_at__isnull=False),
    }
    if state == RequestState.WAITING:
        return living(found)
    if state == RequestState.RUN_OUT:
        at = clock.now()
        over = Q(ended_at__isnull=False) | Q(expires_at__lte=at) | Q(expires_at__gt=at + REQUEST_LASTS + clock.SKEW)
        return found.filter(over, approved_at=None, refused_at=None, withdrawn_at=None)
    return found.filter(ends[RequestState(state)]) if state else found


def with_ids(found: QuerySet[JoinRequest]) -> QuerySet[JoinRequest]:
    """Add the ID of whoever asks as ``id_address`` and when it was proven, their account and the link.

    ``was_removed``: they were a member here and were removed; approving restores them.
    """
    ids = Address.objects.filter(account_id=OuterRef("account_id"), kind=Address.ID)
    return found.select_related("account", "link", "member").annotate(
        id_address=Subquery(ids.values("canonical")[:1]),
        id_proven_at=Subquery(ids.values("proven_at")[:1]),
        was_removed=_was_removed(),
    )


def _was_removed() -> Exists:
    place = Member.objects.filter(workspace_id=OuterRef("workspace_id"), account_id=OuterRef("account_id"))
    return Exists(place.exclude(members.here()))


def page(workspace: Workspace, *, state: str = "", older: str = "") -> tuple[list[JoinRequest], str]:
    """Return a page of requests, the newest first, and where the next one begins; empty at the end."""
    found = with_ids(in_state(of(workspace), state))
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def one(workspace: Workspace, uid: str) -> Any:
    """Return one request of this workspace, with ``id_address`` and ``id_proven_at`` of whoever asks, or None."""
    return with_ids(of(workspace)).filter(uid=uid).first()


def newest(workspace: Workspace) -> int:
    """Return the row of the newest that waits, so that *all that wait* means those who did when a list was shown."""
    return living(of(workspace)).order_by("-id").values_list("pk", flat=True).first() or 0


def waiting(workspace: Workspace, *, up_to: str, most: int, but_removed: bool) -> list[str]:
    """Return the uids of those that wait and did when ``up_to`` was the newest, the oldest first.

    ``but_removed`` leaves out who was removed before: nobody restores somebody they have not looked at.
    """
    if not up_to.isdecimal() or len(up_to) > 18:
        return []
    found = living(of(workspace)).filter(pk__lte=int(up_to)).order_by("id")
    if but_removed:
        found = found.filter(~_was_removed())
    return list(found.values_list("uid", flat=True)[:most])


def count_up_to(workspace: Workspace, newest: int, *, most: int) -> tuple[int, int]:
    """Return how many of those that wait did so when ``newest`` was, and how many of them were removed before.

    One more than ``most`` when there are more.
    """
    found = living(of(workspace)).filter(pk__lte=newest)
    waiting, removed = counts(found, found.filter(_was_removed()), most=most)
    return waiting, removed


def count_waiting(workspace: Workspace) -> int:
    """Return how many wait, and one more than are counted when there are more."""
    return living(of(workspace)).order_by().values("pk")[: COUNTED + 1].count()


def own(account: Account) -> list[JoinRequest]:
    """Return what somebody asked and was not let in by yet: what waits first, then what was refused or ran out.

    Of each workspace the newest alone, and nothing that ended where they are a member by now.
    """
    mine = JoinRequest.objects.filter(account=account)
    newer = mine.filter(workspace=OuterRef("workspace"), pk__gt=OuterRef("pk"))
    place = Member.objects.filter(members.here(), workspace=OuterRef("workspace"), account=account)
    open_ones = mine.filter(~Exists(newer), approved_at=None, withdrawn_at=None)
    shown = open_ones.filter(Q(ended_at=None) | ~Exists(place))
    rows = list(shown.select_related("workspace").order_by("-id")[:MOST_OF_ONE])
    return sorted(rows, key=lambda one: one.ended_at is not None)


def newest_of(workspace: Workspace, account_ids: Iterable[int]) -> dict[int, JoinRequest]:
    """Return the newest request of each of these accounts that asked a workspace, in one query."""
    found = of(workspace).filter(account_id__among=list(account_ids)).order_by("id")
    return {one.account_id: one for one in found}


def waiting_of(workspace_id: int, account: Account) -> JoinRequest | None:
    """Return the request of an account that waits for an answer of this workspace."""
    return living(of(workspace_id)).filter(account=account).first()


def refused_last(workspace_id: int, account: Account) -> JoinRequest | None:
    """Return the newest request of an account here when the answer was no."""
    newest = of(workspace_id).filter(account=account).order_by("-id").first()
    return newest if newest is not None and newest.refused_at is not None else None


def mine(account: Account, uid: str) -> JoinRequest | None:
    """Return one request of this account, workspace, member and link joined, or None."""
    found = JoinRequest.objects.filter(account=account, uid=uid)
    return found.select_related("workspace", "member", "account", "link").first()
