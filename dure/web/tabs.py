"""The tabs above Invitations: links, invitations by mail, join requests, with what is open or waits; and chips."""

from typing import Any

from django.db.models import QuerySet

from dure.core.permissions import Permission
from dure.joining import links, queries
from dure.joining.rules import LinkState
from dure.members import waiting
from dure.members.actors import MemberActor

MOST = 1_000


def counted(actor: MemberActor) -> dict[str, str]:
    """Return the counts of what the reader may see, each as far as 99, in one query."""
    workspace = actor.member.workspace
    found = [links.in_state(links.of(workspace), LinkState.OPEN)]
    if not actor.may(Permission.MEMBERS_MANAGE):
        return {"links": _told(*waiting.counts(*found))}
    waits = queries.living(queries.invitations(workspace)), links.requests_waiting(workspace)
    opened, invited, asked = waiting.counts(*found, *waits)
    return {"links": _told(opened), "invitations": _told(invited), "requests": _told(asked)}


def _told(number: int) -> str:
    return f"{waiting.COUNTED}+" if number > waiting.COUNTED else str(number)


def numbers(*found: QuerySet[Any]) -> list[str]:
    """Return how many there are of each, as chips say it: as far as 1,000, in one query."""
    counts = waiting.counts(*found, most=MOST)
    return [f"{MOST:,}+" if number > MOST else f"{number:,}" for number in counts]
