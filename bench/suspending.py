"""Suspending 10,000 selected members, against bare statements that write the same rows."""

import time
from typing import Any

from bench.place import apart, place, verdict

PEOPLE, ROUNDS = 10_000, 5
GOAL = 5.0


def run() -> bool:
    """Run in a process of its own: without a mail server, and with one that gets a letter for each."""
    print(f"suspending: {PEOPLE:,} selected members against bare updates of the same rows")
    return all([apart("suspending", "measure"), apart("suspending", "measure_with_letters")])


def measure() -> bool:
    """Suspend and resume; nobody is written to."""
    return _measured("no mail server", "")


def measure_with_letters() -> bool:
    """Suspend and resume; each gets a letter, sealed, in the same transaction."""
    return _measured("a letter each", "smtp://127.0.0.1:9")


def _measured(label: str, smtp: str) -> bool:
    """Take turns between the job and the floor, so that both meet the same disk."""
    with place() as here:
        here.settings["DURE_SMTP_URL"] = smtp
        here.enter()
        from bench.people import admin, crowd
        from dure.members.rules import Step

        actor = admin()
        crowd(actor.member.workspace, "active", PEOPLE)
        best = floor = update = float("inf")
        for _ in range(ROUNDS):
            best = min(best, _timed(lambda: _worked(actor, Step.SUSPEND)))
            update = min(update, _timed(lambda: _update("suspended", "NULL")))
            floor = min(floor, _timed(lambda: _bare(bool(smtp))))
            _worked(actor, Step.RESUME)
    print(
        f"       {label}: {best * 1000:.0f} ms; floor {floor * 1000:.0f} ms: one durable transaction of the same rows"
    )
    print(f"       the UPDATE of the members alone: {update * 1000:.0f} ms")
    return verdict("ratio", best / floor, GOAL, at_most=True)


def _timed(step: Any) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _worked(actor: Any, step: Any) -> None:
    """Do what the page does for a selection of this size: a job, in chunks of 500."""
    from dure.core import clock
    from dure.members.actions import working
    from dure.members.selecting import Selection

    chosen = Selection(everybody=True)
    job = working.begin(actor, step=step, selection=chosen, facts={}, seen_at=clock.now())
    job = working.work_for(job, 600)
    assert job.ended_at and job.done == PEOPLE, (job.done, job.refused)


def _update(state: str, suspended: str) -> None:
    """Write the members' rows alone, once there and once back; the better half counts twice."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT registered_at FROM dure_member LIMIT 1")
        at = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE dure_member SET suspended_at = %s, stepped_at = %s, epoch = epoch + 1, state = 'suspended',"
            " turns_at = NULL WHERE NOT is_super_admin",
            [at, at],
        )


def _bare(letters: bool) -> None:
    """Write what must be written: each member, each event, each letter."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT id, account_id FROM dure_member WHERE NOT is_super_admin ORDER BY id")
        people = cursor.fetchall()
        cursor.execute("SELECT at FROM dure_auditevent LIMIT 1")
        at = cursor.fetchone()[0]
        cursor.executemany(
            "UPDATE dure_member SET suspended_at = %s, stepped_at = %s, epoch = epoch + 1, state = 'suspended',"
            " turns_at = NULL WHERE id = %s",
            [(at, at, member) for member, _account in people],
        )
        cursor.execute("SELECT number FROM dure_audithead WHERE workspace_id = 1")
        last = cursor.fetchone()[0]
        cursor.executemany(
            "INSERT INTO dure_auditevent (workspace_id, number, at, event, actor_kind, actor_id, door, subject_kind,"
            " subject_id, fields, via, digest) VALUES (1, %s, %s, 'bench', 'member', 1, 'web', 'member', %s, '[]',"
            " %s, %s)",
            [(last + number, at, member, "x" * 22, bytes(32)) for number, (member, _account) in enumerate(people, 1)],
        )
        cursor.execute("UPDATE dure_audithead SET number = %s WHERE workspace_id = 1", [last + len(people)])
        if letters:
            _bare_letters(cursor, people, at)


def _bare_letters(cursor: Any, people: list[tuple[int, int]], at: Any) -> None:
    import secrets

    cursor.executemany(
        'INSERT INTO dure_letter (uid, kind, language, account_id, workspace_id, about, "to", sealed, state, posted_at,'
        " expires_at, attempts, due_at, lease, problem) VALUES (%s, 'suspended', 'ko', %s, 1, '', 'id', %s, 'waiting',"
        " %s, %s, 0, %s, '', '')",
        [(secrets.token_urlsafe(16), account, b"x" * 420, at, at, at) for _member, account in people],
    )
