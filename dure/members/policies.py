"""What the policies of workspaces mean for their members: the strictest of somebody's workspaces holds (PRODUCT.md §5).

They reach ``accounts`` as numbers: it knows no workspaces.
"""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from dure.accounts.models import Address, Session
from dure.core import clock
from dure.members import counting, queries
from dure.members.models import Member
from dure.members.rules import State
from dure.workspaces.models import Workspace

SESSIONS = """
SELECT min(workspace.session_idle_hours), min(workspace.session_absolute_days)
FROM dure_member member JOIN dure_workspace workspace ON workspace.id = member.workspace_id
WHERE member.account_id = %s AND (member.removed_at IS NULL OR member.removed_at > %s)
"""


class SessionLimits(NamedTuple):
    """How long a session lives unused, and at all."""

    idle: timedelta
    absolute: timedelta

    def end(self, *, since: float, touched: float) -> bool:
        """Tell whether a session that began and was last used at these moments is over."""
        at = clock.now().timestamp()
        return at - since > self.absolute.total_seconds() or at - touched > self.idle.total_seconds()


def session_limits(account_id: int) -> SessionLimits:
    """Return the strictest limits of an account's workspaces, but those it was removed from.

    Plain SQL, because every request asks.
    """
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [account_id, connection.ops.adapt_datetimefield_value(clock.now())])
        hours, days = cursor.fetchone()
    if hours is None:
        return SessionLimits(settings.SESSION_IDLE, settings.SESSION_ABSOLUTE)
    idle, absolute = timedelta(hours=hours), timedelta(days=days)
    return SessionLimits(min(idle, settings.SESSION_IDLE), min(absolute, settings.SESSION_ABSOLUTE))


def idle_sessions(workspace: Workspace, hours: int) -> QuerySet[Session]:
    """Return the sessions of members of a workspace, but not of removed ones, that nobody has used for so long."""
    cutoff = clock.now() - timedelta(hours=hours)
    members = queries.of(workspace).filter(queries.here()).values("account_id")
    return Session.objects.filter(account_id__in=members, seen_at__lt=cutoff, expire_date__gt=clock.now())


def counted(rows: QuerySet[Session]) -> str:
    """Return how many there are, counted as far as ``1,000+``."""
    found = rows.order_by().values("pk")[: queries.COUNTED + 1].count()
    return f"{queries.COUNTED:,}+" if found > queries.COUNTED else str(found)


def waiting(workspace: Workspace) -> str:
    """Return how many have not come yet and keep the deadline they were told."""
    return counting.counts(workspace)[State.REGISTERED]


def password_policy(account_id: int) -> tuple[int, list[str]]:
    """Return the strictest shortest length and the words others know about a person (PRODUCT.md §4, K5)."""
    places = list(Member.objects.filter(queries.here(), account_id=account_id).select_related("workspace"))
    words = [word for place in places for word in (place.workspace.name, place.family_name, place.given_name)]
    addresses = Address.objects.filter(account_id=account_id).values_list("canonical", flat=True)
    minimum = max((place.workspace.password_minimum for place in places), default=12)
    return minimum, [*words, *addresses]
