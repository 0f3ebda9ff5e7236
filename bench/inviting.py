"""Inviting 1,000 pasted addresses, against bare statements that write the same rows, on both databases."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.cluster import cluster
from bench.place import ROOT, place, verdict

PEOPLE, ROUNDS = 1_000, 5
SECONDS, GOAL = 2.0, 12.0
TABLES = ("dure_invitation", "dure_invitationtoken", "dure_letter", "dure_auditevent")


def run() -> bool:
    """Run on each database in a process of its own."""
    print(f"inviting: {PEOPLE:,} pasted addresses, answered; the worker delivers")
    good = _apart("")
    with tempfile.TemporaryDirectory(prefix="dure-bench-") as folder, cluster(Path(folder)) as url:
        if not url:
            print("       no PostgreSQL here: set DURE_BENCH_POSTGRES to an empty database")
            return good
        return _apart(url) and good


def _apart(url: str) -> bool:
    code = f"import sys; from bench.inviting import measure; sys.exit(0 if measure({url!r}) else 1)"
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def measure(url: str) -> bool:
    """Take turns between the action and the floor, so that both meet the same disk."""
    with place() as here:
        here.settings |= {"DURE_SMTP_URL": "smtp://127.0.0.1:9", **({"DURE_DATABASE_URL": url} if url else {})}
        here.enter()
        from django.db import connection

        from bench.people import admin
        from dure.joining import limits

        limits.HOURLY = PEOPLE * ROUNDS * 2
        actor = admin()
        best = floor = float("inf")
        worst = 0.0
        for number in range(ROUNDS):
            taken = _timed(lambda number=number: _paste(actor, number))
            best, worst = min(best, taken), max(worst, taken)
            floor = min(floor, _bare())
        print(
            f"    {connection.vendor}: {best * 1000:.0f} ms (worst {worst * 1000:.0f}); floor {floor * 1000:.0f} ms:"
            " one durable transaction of the same rows"
        )
        return all(
            [
                verdict("worst answer", worst, SECONDS, unit=" s", at_most=True),
                verdict("ratio", best / floor, GOAL, at_most=True),
            ]
        )


def _timed(step: Any) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _paste(actor: Any, number: int) -> None:
    from dure.joining.actions.inviting_many import Verdict, invite_many

    text = "\n".join(f"사람 {one} <p{number}.{one}@company{one % 20}.example>" for one in range(PEOPLE))
    made = invite_many(actor, text=text, language="ko", message="반갑습니다.", submission="")
    assert made.numbers[Verdict.INVITED] == PEOPLE, made.numbers


def _bare() -> float:
    """Write the newest rows of each table once more; returns the seconds of that alone, and takes them away again."""
    from django.db import connection, transaction

    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        copies = [_copy(cursor, table) for table in TABLES]
        started = time.perf_counter()
        with transaction.atomic():
            for table, names, rows in copies:
                places = ", ".join(["%s"] * len(names))
                cursor.executemany(f"INSERT INTO {table} ({', '.join(map(quote, names))}) VALUES ({places})", rows)
        taken = time.perf_counter() - started
        for table in reversed(TABLES):
            cursor.execute(f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} ORDER BY id DESC LIMIT {PEOPLE})")
    return taken


def _copy(cursor: Any, table: str) -> tuple[str, list[str], list[tuple[Any, ...]]]:
    """Return the newest rows of a table under other names."""
    cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT {PEOPLE}")
    names = [column[0] for column in cursor.description]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    kept = [name for name in names if name != "id"]
    return table, kept, [tuple(_other(name, row[name]) for name in kept) for row in found]


def _other(name: str, value: Any) -> Any:
    if name == "uid":
        return value[::-1]
    if name == "address":
        return f"x{value}"
    if name == "number":
        return value + 10**9
    return bytes(value) if isinstance(value, memoryview) else value
