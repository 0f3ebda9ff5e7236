"""Issuing 1,000 temporary passwords anew in one action, against bare statements that write the same rows."""

import time
from typing import Any

from bench.place import apart, place, verdict

PEOPLE, ROUNDS = 1000, 20
GOAL = 3.0


def run() -> bool:
    """Run in a process of its own."""
    print(f"reissuing: {PEOPLE:,} temporary passwords against bare updates of the same rows")
    return apart("reissuing", "measure")


def measure() -> bool:
    """Take turns between action and floor, so that both meet the same disk."""
    with place() as here:
        here.settings["DURE_SMTP_URL"] = "smtp://127.0.0.1:9"
        here.enter()
        from bench.people import admin, crowd
        from dure.members.actions.handing import Method
        from dure.members.actions.sending_again import send_again

        actor = admin()
        uids = [member.uid for member in crowd(actor.member.workspace, "registered", PEOPLE)]
        send_again(actor, member_uids=uids, method=Method.GENERATE)
        best = floor = float("inf")
        for _ in range(ROUNDS):
            best = min(best, _timed(lambda: send_again(actor, member_uids=uids, method=Method.GENERATE)))
            floor = min(floor, _timed(_bare))
    print(f"       {best * 1000:.0f} ms; floor {floor * 1000:.0f} ms: one durable transaction of {3 * PEOPLE:,} rows")
    return verdict("ratio", best / floor, GOAL, at_most=True)


def _timed(step: Any) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _bare() -> None:
    """Write what must be written: each code, each deadline, each event."""
    import secrets

    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT account_id FROM dure_activationcode ORDER BY account_id")
        accounts = [account_id for (account_id,) in cursor.fetchall()]
        cursor.execute("SELECT at FROM dure_auditevent LIMIT 1")
        at = cursor.fetchone()[0]
        cursor.executemany(
            "UPDATE dure_activationcode SET uid = %s, encoded = %s, issued_at = %s, opens_at = %s, expires_at = %s,"
            " used_at = NULL WHERE account_id = %s",
            [(secrets.token_urlsafe(16), secrets.token_hex(35), at, at, at, one) for one in accounts],
        )
        cursor.executemany(
            "UPDATE dure_member SET deadline_at = %s, remind_at = %s WHERE account_id = %s",
            [(at, at, one) for one in accounts],
        )
        cursor.execute("SELECT max(number) FROM dure_auditevent WHERE workspace_id = 1")
        last = cursor.fetchone()[0]
        cursor.executemany(
            "INSERT INTO dure_auditevent (workspace_id, number, at, event, actor_kind, actor_id, door, subject_kind,"
            " subject_id, fields, via, digest) VALUES (1, %s, %s, 'bench', 'member', 1, 'web', 'member', %s, '[]',"
            " %s, %s)",
            [(last + number, at, one, "x" * 22, bytes(32)) for number, one in enumerate(accounts, 1)],
        )
        cursor.execute("UPDATE dure_audithead SET number = %s WHERE workspace_id = 1", [last + len(accounts)])
