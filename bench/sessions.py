"""Signing in with 100 living sessions against signing in with one."""

import statistics
import time
from typing import Any

from bench.place import PASSWORD, apart, place, verdict

SESSIONS, ROUNDS = 100, 60
GOAL = 1.05


def run() -> bool:
    """Run in a process of its own."""
    print(f"sessions: a sign-in of somebody with {SESSIONS} sessions against somebody with one")
    return apart("sessions", "measure")


def measure() -> bool:
    """Take turns between the two; medians, and the queries of each."""
    with place() as here:
        here.enter()
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        from bench.people import admin, crowd

        members = crowd(admin().member.workspace, "active", 2)
        many, one = members[0].account_id, members[1].account_id
        for _ in range(SESSIONS - 1):
            _sign_in(0)
        times: dict[int, list[float]] = {0: [], 1: []}
        for _ in range(ROUNDS):
            for number, account_id in ((0, many), (1, one)):
                _keep(account_id, SESSIONS if number == 0 else 1)
                started = time.perf_counter()
                _sign_in(number)
                times[number].append(time.perf_counter() - started)
        counts = []
        for number in (0, 1):
            with CaptureQueriesContext(connection) as captured:
                _sign_in(number)
            counts.append(len(captured))
    medians = [statistics.median(times[number]) * 1000 for number in (0, 1)]
    print(f"       {medians[0]:.1f} ms against {medians[1]:.1f} ms; {counts[0]} and {counts[1]} queries")
    good = verdict("queries more", counts[0] - counts[1], 0, at_most=True)
    return verdict("ratio", medians[0] / medians[1], GOAL, at_most=True) and good


def _sign_in(number: int) -> Any:
    from dure.accounts.actions.signing_in import Browser, sign_in
    from dure.accounts.actors import Visitor

    return sign_in(
        Visitor(),
        address=f"active{number}@example.com",
        password=PASSWORD,
        network="192.0.2.0/24",
        browser=Browser(name="bench"),
        language="en",
    )


def _keep(account_id: int, count: int) -> None:
    """Delete sessions beyond the count, so that both stay where they began."""
    from dure.accounts.models import Session

    kept = Session.objects.filter(account_id=account_id).order_by("-expire_date")[:count].values_list("pk", flat=True)
    Session.objects.filter(account_id=account_id).exclude(pk__in=list(kept)).delete()
