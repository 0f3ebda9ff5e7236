"""Registering through the action, durable, with rules, trail and letter, against bare inserts of the same rows."""

import time
import uuid
from typing import Any

from bench.place import apart, place, verdict

ROUNDS, EACH = 5, 200
GOAL = 0.15


def run() -> bool:
    """Run in a process of its own."""
    print("registering: action against bare durable inserts of the same rows")
    return apart("registering", "measure")


def measure() -> bool:
    """Take turns between action and floor, so that both meet the same disk."""
    with place() as here:
        here.settings["DURE_SMTP_URL"] = "smtp://127.0.0.1:9"
        here.enter()
        from django.db import connection

        from bench.people import admin

        actor = admin()
        _register(actor, 20)
        rows = _rows_of_one(connection)
        best, floor = 0.0, 0.0
        for _ in range(ROUNDS):
            best = max(best, EACH / _timed(lambda: _register(actor, EACH)))
            floor = max(floor, EACH / _timed(lambda: _insert(connection, rows, EACH)))
        print(f"       {best:.0f} a second; floor {floor:.0f} a second, {len(rows)} rows each")
        return verdict("ratio", best / floor, GOAL)


def _timed(step: Any) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _register(actor: Any, count: int) -> None:
    from dure.joining.actions.registering import register_member

    for _ in range(count):
        number = str(uuid.uuid4())
        register_member(
            actor,
            submission=number,
            id=f"{number}@example.com",
            family_name="정",
            given_name="하은",
            private_address="",
            send_to="id",
            language="ko",
        )


TABLES = ("dure_account", "dure_address", "dure_member", "dure_onetimesecret", "dure_letter", "dure_auditevent")
UNIQUE = {"uid", "canonical", "submission"}


def _rows_of_one(connection: Any) -> list[tuple[str, list[str], list[Any]]]:
    """Return the newest registration's rows, to be written again with other unique values."""
    rows = []
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM {table} ORDER BY id DESC LIMIT 1")
            names = [column[0] for column in cursor.description]
            values = list(cursor.fetchone())
            rows.append((table, names[1:], values[1:]))
    return rows


def _quoted(name: str) -> str:
    return f'"{name}"'


def _insert(connection: Any, rows: list[tuple[str, list[str], list[Any]]], count: int) -> None:
    """Write the same rows as plain SQL, one durable transaction for each registration."""
    statements = [
        f"INSERT INTO {table} ({', '.join(map(_quoted, names))}) VALUES ({', '.join('?' * len(names))})"
        for table, names, _values in rows
    ]
    bare = connection.connection
    for _ in range(count):
        bare.execute("BEGIN IMMEDIATE")
        account_id = 0
        for (table, names, values), statement in zip(rows, statements, strict=True):
            changed = [_other(name, value, table, account_id) for name, value in zip(names, values, strict=True)]
            last = bare.execute(statement, changed).lastrowid
            account_id = last if table == "dure_account" else account_id
        bare.execute("UPDATE dure_audithead SET number = number WHERE workspace_id = 1")
        bare.execute("COMMIT")


_numbers = iter(range(10**9, 10**10))


def _other(name: str, value: Any, table: str, account_id: int) -> Any:
    if name in UNIQUE:
        return uuid.uuid4().hex[:22]
    if name == "account_id" and table in ("dure_address", "dure_member"):
        return account_id
    if table == "dure_auditevent" and name == "number":
        return next(_numbers)
    return value
