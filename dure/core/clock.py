"""The only clock of Dure, so that a test can turn it."""

from datetime import UTC, datetime, timedelta

SKEW = timedelta(minutes=5)
"""How far two servers' clocks may differ, and all that a clock turned back adds to what has a deadline."""


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)


def is_ahead(moment: datetime) -> bool:
    """Tell whether something was made at a time that is yet to come: the clock was turned back since.

    What has a deadline opens nothing then; else it would live longer by as much as the clock was wrong.
    """
    return moment > now() + SKEW
