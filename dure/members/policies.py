"""What the policies of workspaces mean for their members: the strictest of somebody's workspaces holds (PRODUCT.md §5).

They reach ``accounts`` as numbers: it knows no workspaces.
"""

from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from dure.accounts.models import Session
from dure.core import clock
from dure.members import queries
from dure.members.rules import State
from dure.workspaces.models import Workspace

SESSIONS = """
SELECT min(workspace.session_idle_hours), min(workspace.session_absolute_days)
FROM dure_member member JOIN dure_workspace workspace ON workspace.id = member.workspace_id
WHERE member.account_id = %s
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
    """Return the strictest limits of an account's workspaces; plain SQL, because every request asks."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, [account_id])
        hours, days = cursor.fetchone()
    if hours is None:
        return SessionLimits(settings.SESSION_IDLE, settings.SESSION_ABSOLUTE)
    idle, absolute = timedelta(hours=hours), timedelta(days=days)
    return SessionLimits(min(idle, settings.SESSION_IDLE), min(absolute, settings.SESSION_ABSOLUTE))


def idle_sessions(workspace: Workspace, hours: int) -> QuerySet[Session]:
    """Return the sessions of members of a workspace that nobody has used for so long."""
    cutoff = clock.now() - timedelta(hours=hours)
    members = queries.of(workspace).values("account_id")
    return Session.objects.filter(account_id__in=members, seen_at__lt=cutoff, expire_date__gt=clock.now())


def counted(rows: QuerySet[Session]) -> str:
    """Return how many there are, counted as far as ``1,000+``."""
    found = rows.order_by().values("pk")[: queries.COUNTED + 1].count()
    return f"{queries.COUNTED:,}+" if found > queries.COUNTED else str(found)


def waiting(workspace: Workspace) -> str:
    """Return how many have not come yet and keep the deadline they were told."""
    return queries.counts(workspace)[State.REGISTERED]
