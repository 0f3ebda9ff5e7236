"""How many invitations a workspace mails in an hour: far more than a first day needs, far fewer than abuse does."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from dure.accounts.models import Tries
from dure.accounts.tries import Counter
from dure.core import clock
from dure.core.errors import DomainError

HOURLY = 5_000
TIME = "H:i"
HOUR = timedelta(hours=1)
SPAN = timedelta(minutes=10)
"""Mails are counted in spans of the clock, so that what was mailed an hour ago makes room, whenever the first went."""
SPANS = HOUR // SPAN + 1


class TooManyInvitations(DomainError):
    """The workspace has mailed as many invitations within an hour as it may; ``frees_at`` is when there is room."""

    code = "too_many_invitations"
    message = _("This workspace has mailed %(limit)s invitations within an hour, and more may go from %(time)s on.")
    status = 429

    def __init__(self, frees_at: datetime) -> None:
        super().__init__()
        self.frees_at = frees_at

    def sentence(self) -> str:
        """Return the message, in the reader's time."""
        return str(self.message) % {"limit": f"{HOURLY:,}", "time": date_format(localtime(self.frees_at), TIME)}


@dataclass(frozen=True)
class Room:
    """How many more may go now, and when the next ones may."""

    workspace_id: int
    left: int
    frees_at: datetime


def lock(workspace_id: int) -> Room:
    """Wait for whoever invites for this workspace at the same moment, and return the room there is; in an action."""
    at = clock.now()
    whole = Counter("invitations", str(workspace_id), HOUR).key
    Tries.objects.bulk_create([Tries(key=whole, failures=0, last_at=at)], ignore_conflicts=True)
    Tries.objects.select_for_update().get(key=whole)
    begun = {_counter(workspace_id, at - number * SPAN).key: _begin(at - number * SPAN) for number in range(SPANS)}
    counted = [(begun[bytes(row.key)], row.failures) for row in Tries.objects.filter(key__in=list(begun))]
    used, since = sum(number for _begun, number in counted), min((one for one, _number in counted), default=_begin(at))
    return Room(workspace_id, max(HOURLY - used, 0), since + SPANS * SPAN)


def spend(room: Room, number: int) -> None:
    """Count invitations that are about to be mailed; part of the action that locked.

    :raises TooManyInvitations: when there is no room for them.
    """
    if number > room.left:
        raise TooManyInvitations(room.frees_at)
    at, counter = clock.now(), _counter(room.workspace_id, clock.now())
    row, is_new = Tries.objects.get_or_create(key=counter.key, defaults={"failures": number, "last_at": at})
    if not is_new:
        Tries.objects.filter(pk=row.pk).update(failures=row.failures + number, last_at=at)


def _begin(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // SPAN.total_seconds() * SPAN.total_seconds(), UTC)


def _counter(workspace_id: int, at: datetime) -> Counter:
    return Counter("invitations", f"{workspace_id} {_begin(at):%Y-%m-%dT%H:%M}", HOUR)
