"""A consistent copy of the database while it is in use, and putting one in its place in a single step."""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from django.core.management.base import CommandError
from django.db import connection, connections, transaction

MIGRATING = 76850
"""The advisory lock of PostgreSQL that whoever changes the tables holds."""
COPY = re.compile(rb"COPY \S+ \(.*\) FROM stdin;\s*\Z")


def copy_into(target: Path) -> dict[str, Any]:
    """Copy the database into an empty file and return what the manifest says about that very copy."""
    return _copy_sqlite(target) if connection.vendor == "sqlite" else _copy_postgresql(target)


def _copy_sqlite(target: Path) -> dict[str, Any]:
    """``VACUUM INTO`` is one read transaction; copying a live file gave 4 good copies of 20 (ARCHITECTURE §8)."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])
    with closing(sqlite3.connect(target)) as copied:
        facts = _facts(lambda question: copied.execute(question).fetchall(), "SELECT name FROM sqlite_master")
    return facts | {"vendor": "sqlite", "version": sqlite3.sqlite_version}


def _copy_postgresql(target: Path) -> dict[str, Any]:
    """Dump with ``pg_dump`` what one snapshot sees, and count in the same one."""
    version = _version()
    program = program_for("pg_dump", version)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]

        def asked(question: str) -> list[tuple[Any, ...]]:
            cursor.execute(question)
            return cursor.fetchall()

        facts = _facts(asked, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}"]
        with target.open("wb") as file:
            done = subprocess.run(  # noqa: S603
                [program, *options], stdout=file, stderr=subprocess.PIPE, env=_environment(), check=False
            )
    if done.returncode:
        raise CommandError(f"pg_dump failed: {done.stderr.decode(errors='replace').strip()}")
    return facts | {"vendor": "postgresql", "version": version}


def _facts(ask: Callable[[str], list[Any]], tables: str) -> dict[str, Any]:
    names = sorted(name for (name,) in ask(tables) if name.startswith("dure_") and re.fullmatch(r"[a-z_]+", name))
    applied = ask("SELECT name FROM django_migrations WHERE app = 'dure' ORDER BY name")
    counts = {name: ask(f"SELECT count(*) FROM {name}")[0][0] for name in names}  # noqa: S608
    return {"migrations": [name for (name,) in applied], "counts": counts}


def _version() -> int:
    """Return PostgreSQL's major version."""
    connection.ensure_connection()
    return int(connection.connection.info.server_version // 10000)


def program_for(name: str, version: int) -> str:
    """Return ``pg_dump`` or ``pg_restore`` of at least this major version.

    :raises CommandError: saying what to install.
    """
    found = [path for path in (shutil.which(name),) if path]
    found += [str(path) for path in Path("/usr/lib/postgresql").glob(f"*/bin/{name}")]
    for path in found:
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        number = re.search(r"\d+", said)
        if number and int(number.group()) >= version:
            return path
    raise CommandError(f"{name} {version} or newer is not installed; on Debian: apt install postgresql-client")


def _environment() -> dict[str, str]:
    """Name the database to PostgreSQL's programs; the password stays out of the list of processes."""
    facts = connection.settings_dict
    named = {
        "PGHOST": facts["HOST"],
        "PGPORT": facts["PORT"],
        "PGUSER": facts["USER"],
        "PGPASSWORD": facts["PASSWORD"],
        "PGDATABASE": facts["NAME"],
        "PGSSLMODE": facts["OPTIONS"].get("sslmode"),
        "PGSSLROOTCERT": facts["OPTIONS"].get("sslrootcert"),
    }
    return dict(os.environ) | {name: str(value) for name, value in named.items() if value}


def put_in_place(copy: Path, prepare: Callable[[], None]) -> None:
    """Replace the database by a copy that ``prepare`` worked on; others see the old or the new one, nothing between."""
    (_put_sqlite if connection.vendor == "sqlite" else _put_postgresql)(copy, prepare)


def _put_sqlite(copy: Path, prepare: Callable[[], None]) -> None:
    """Prepare the copy as a file of its own, then write it over the database as one transaction of SQLite's."""
    target = str(connection.settings_dict["NAME"])
    with _pointed_at(copy):
        prepare()
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with closing(sqlite3.connect(copy)) as source, closing(sqlite3.connect(target, timeout=20)) as database:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0"):
            database.execute(f"PRAGMA {pragma}")
        source.backup(database)


@contextmanager
def _pointed_at(file: Path) -> Iterator[None]:
    """Let the one connection of this command lead to another file."""
    facts, before = connection.settings_dict, connection.settings_dict["NAME"]
    connections.close_all()
    facts["NAME"] = str(file)
    try:
        yield
    finally:
        connections.close_all()
        facts["NAME"] = before


def _put_postgresql(copy: Path, prepare: Callable[[], None]) -> None:
    """Drop, load and prepare in one transaction: a server that runs meanwhile waits for its end."""
    program = program_for("pg_restore", _version())
    command = [program, "--file=-", "--no-owner", "--no-privileges", str(copy)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [MIGRATING])
        _drop_all(cursor)
        with subprocess.Popen(command, stdout=subprocess.PIPE) as script:  # noqa: S603
            _run(cursor, cast("IO[bytes]", script.stdout))
        if script.returncode:
            raise CommandError("pg_restore could not read the copy; nothing was changed.")
        cursor.execute("SET search_path TO DEFAULT")
        cursor.execute("SET row_security TO DEFAULT")
        prepare()
    connection.close()


def _drop_all(cursor: Any) -> None:
    """Drop the tables and functions of our schema but those that belong to an extension."""
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
    cursor.execute(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace "
        "AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"
    )
    for (function,) in cursor.fetchall():
        cursor.execute(f"DROP FUNCTION IF EXISTS {function} CASCADE")


def _run(cursor: Any, script: IO[bytes]) -> None:
    """Run what ``pg_restore`` wrote on our own connection; rows go in as they come, none are gathered."""
    statements: list[bytes] = []
    for line in script:
        if line.startswith((b"\\restrict ", b"\\unrestrict ")):  # words for psql alone
            continue
        statements.append(line)
        if COPY.match(line):
            copied = b"".join(statements)
            statements = []
            before, _at, last = copied.rpartition(b"COPY ")
            _execute(cursor, before)
            with cursor.cursor.copy(b"COPY " + last) as rows:
                for row in iter(script.readline, b"\\.\n"):
                    rows.write(row)
    _execute(cursor, b"".join(statements))


def _execute(cursor: Any, statements: bytes) -> None:
    if statements.strip():
        cursor.cursor.execute(statements)


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder durable."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
