"""Reading the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Case, Count, Min, When

from dure.core import clock
from dure.mail.kinds import UNTIL_JOINED
from dure.mail.models import Letter

PAGE = 50


@dataclass(frozen=True)
class Page:
    """One page of letters, the newest first; the cursors are empty at its ends."""

    rows: list[Letter]
    newer: str
    older: str


def page(workspace_id: int, *, state: str = "", older: str = "", newer: str = "") -> Page:
    """Return letters of a workspace by keyset; ``waiting`` includes the one being sent."""
    letters = Letter.objects.filter(workspace_id=workspace_id)
    if state:
        states = [Letter.WAITING, Letter.SENDING] if state == Letter.WAITING else [state]
        letters = letters.filter(state__in=states)
    cursor = older or newer
    if not cursor.isdecimal() or len(cursor) > 18:
        cursor = ""
    backwards = bool(cursor) and not older
    if cursor:
        letters = letters.filter(pk__gt=int(cursor)) if backwards else letters.filter(pk__lt=int(cursor))
    rows = list(letters.order_by("id" if backwards else "-id")[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards:
        rows.reverse()
    has_newer, has_older = (more, True) if backwards else (bool(cursor), more)
    return Page(
        rows=rows,
        newer=str(rows[0].pk) if rows and has_newer else "",
        older=str(rows[-1].pk) if rows and has_older else "",
    )


def fates(account_ids: Iterable[int]) -> dict[int, str]:
    """Return the state of the last letter about the first password of each account that had one."""
    about = Letter.objects.filter(account_id__among=list(account_ids), kind__in=UNTIL_JOINED).order_by("id")
    return {account_id: state for account_id, state in about.values_list("account_id", "state") if account_id}


def went_to(account_ids: Iterable[int]) -> dict[int, str]:
    """Return where the last letter about the first password of each account went, ``id`` or ``private``."""
    sent = Letter.objects.filter(account_id__among=list(account_ids), kind__in=UNTIL_JOINED).order_by("id")
    return {account_id: to for account_id, to in sent.values_list("account_id", "to") if account_id}


def underway() -> dict[str, float]:
    """Return for the operator what waits, what is being sent, what failed within a day, and how old the oldest is.

    The age is in seconds, from the moment a letter was due; it is a little inexact for one that was written ahead of
    its day and then met trouble.
    """
    at = clock.now()
    open_ones = Letter.objects.filter(state__in=[Letter.WAITING, Letter.SENDING])
    numbers = dict(open_ones.values_list("state").annotate(Count("pk")).order_by())
    since = Case(When(attempts=0, then="due_at"), default="posted_at")
    oldest = open_ones.exclude(attempts=0, due_at__gt=at).aggregate(oldest=Min(since))["oldest"]
    return {
        "letters.waiting": numbers.get(Letter.WAITING, 0),
        "letters.sending": numbers.get(Letter.SENDING, 0),
        "letters.failed": Letter.objects.filter(state=Letter.FAILED, ended_at__gt=at - timedelta(days=1)).count(),
        "oldest_letter": max((at - oldest).total_seconds(), 0.0) if oldest else 0.0,
    }
