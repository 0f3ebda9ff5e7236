"""What ``dure doctor`` looks at: each look is one line that says how it is and what to do."""

import os
import shutil
import sqlite3
import ssl
import stat
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from dure.audit.models import AuditEvent
from dure.core import clock
from dure.core.models import Reading
from dure.core.readings import all_kept
from dure.mail.queries import underway
from dure.mail.transport import Transport
from dure.members import indexing

FIXED_SQLITE = (3, 51, 3)
OLDEST_POSTGRESQL = 15
LOW = 500 * 2**20
"""Bytes below which a disk is nearly full."""
LONG_LOG = 256 * 2**20
"""Bytes of a write-ahead log that nobody folds back."""
QUIET = timedelta(minutes=2)
"""How long a worker may be silent: it writes every quarter of a minute, and a slow mail server holds it up."""
STUCK = timedelta(hours=1)
OLD_BACKUP = timedelta(days=2)
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Level(StrEnum):
    """How a look ended; only ``bad`` makes the command fail."""

    OK = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True)
class Look:
    """One line; ``to_do`` is empty when there is nothing to do."""

    name: str
    level: Level
    found: str
    to_do: str = ""

    def line(self) -> str:
        """Return it as it is printed."""
        return f"{self.level:<5}{self.name}: {self.found}" + (f" → {self.to_do}" if self.to_do else "")

    def facts(self) -> dict[str, str]:
        """Return it for a program."""
        return {name: str(value) for name, value in asdict(self).items()}


def _judge(name: str, good: bool, found: str, to_do: str, *, otherwise: Level = Level.BAD) -> Look:
    return Look(name, Level.OK, found) if good else Look(name, otherwise, found, to_do)


def around() -> Iterator[Look]:
    """Look at what needs no database: settings, addresses, permissions, disk, mail."""
    yield _mode()
    yield _address()
    yield from _permissions()
    yield _disk("disk", settings.DURE["DATA"], "the data folder")
    if connection.vendor == "sqlite":
        folder = Path(settings.DATABASES["default"]["NAME"]).parent
        if folder.exists() and os.stat(folder).st_dev != os.stat(settings.DURE["DATA"]).st_dev:  # noqa: PTH116
            yield _disk("database disk", folder, "the database's folder")
    yield _mail()


def _mode() -> Look:
    mode = settings.DURE["MODE"]
    to_do = "unset DURE_MODE where real people sign in"
    return _judge(
        "settings", mode == "production", f"all known and well-formed, mode {mode}", to_do, otherwise=Level.NOTE
    )


def _address() -> Look:
    """A public https address means a proxy in front, and its word must be believed or all visitors look like one."""
    address, proxies = settings.DURE["PUBLIC_URL"], settings.DURE["TRUSTED_PROXIES"]
    if not settings.HTTPS:
        return Look("address", Level.NOTE, f"{address} is reached without https", "only this machine can use it safely")
    host = settings.DURE["LISTEN"].rpartition(":")[0].strip("[]")
    if not proxies:
        to_do = "set DURE_TRUSTED_PROXIES, such as 127.0.0.1/32: wrong tries are counted by the visitor's network"
        return Look("address", Level.BAD, f"{address} has a proxy in front that is not trusted", to_do)
    found = f"{address}, X-Forwarded-For is believed from {', '.join(proxies)}"
    open_to_all = host in ("0.0.0.0", "::") and any(network.endswith("/0") for network in proxies)  # noqa: S104
    return _judge("address", not open_to_all, found, "name the proxy's own network; anybody could claim any address")


def _permissions() -> Iterator[Look]:
    data: Path = settings.DURE["DATA"]
    if not data.exists():
        yield Look("data folder", Level.NOTE, f"{data} is not there yet", "dure serve makes it")
    else:
        closed = not data.stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP) and os.access(data, os.W_OK | os.X_OK)
        found = f"{data} has mode {stat.S_IMODE(data.stat().st_mode):o}"
        yield _judge("data folder", closed, found, f"chmod 700 {data}, and let it belong to the user that runs Dure")
    for setting in ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DATABASE_URL", "SMTP_URL"):
        file = os.environ.get(f"DURE_{setting}_FILE")
        if file:
            mode = Path(file).stat().st_mode
            found = f"{file} has mode {stat.S_IMODE(mode):o}"
            yield _judge(f"DURE_{setting}_FILE", not mode & stat.S_IRWXO, found, f"chmod 600 {file}")


def _disk(name: str, folder: Path, what: str) -> Look:
    while not folder.exists():
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    found = f"{usage.free // 2**20:,} MB of {usage.total // 2**20:,} MB free for {what}"
    return _judge(name, usage.free > LOW, found, "make room: without it nothing can be written, only read")


def _mail() -> Look:
    url = urlsplit(settings.DURE["SMTP_URL"])
    if not url.scheme:
        to_do = "set DURE_SMTP_URL, or live with it"
        return Look("mail", Level.NOTE, "no server is set; links are shown to admins instead", to_do)
    with Transport() as transport:
        try:
            facts = transport.greet()
        except OSError as error:
            to_do = "check DURE_SMTP_URL, the firewall and the server's certificate"
            return Look("mail", Level.BAD, f"{url.scheme}://{url.hostname}: {type(error).__name__}: {error}", to_do)
    found = f"{url.scheme}://{url.hostname or ''} greets, {facts.words}"
    if url.scheme == "smtp" and url.hostname not in LOOPBACK:
        return Look("mail", Level.NOTE, found, "letters cross the network in the clear; use starttls:// or smtps://")
    if facts.certificate_ends:
        left = (datetime.fromtimestamp(ssl.cert_time_to_seconds(facts.certificate_ends), UTC) - clock.now()).days
        found += f", its certificate ends in {left} days"
        return _judge("mail", left > 14, found, "have the mail server's certificate renewed", otherwise=Level.NOTE)
    return Look("mail", Level.OK, found)


def database() -> Iterator[Look]:
    """Look at the database itself.

    :raises django.db.Error: when it cannot be reached.
    """
    with connection.cursor() as cursor:
        yield from _sqlite(cursor) if connection.vendor == "sqlite" else _postgresql(cursor)
    yield _migrations()


def _migrations() -> Look:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _judge("migrations", not pending, f"{len(pending)} pending", "dure serve applies them at its start")


def _sqlite(cursor: Any) -> Iterator[Look]:
    fixed = sqlite3.sqlite_version_info >= FIXED_SQLITE
    safety = (
        "its bug with write-ahead logs is fixed"
        if fixed
        else ("before 3.51.3 several connections could corrupt the write-ahead log; here the worker alone checkpoints")
    )
    yield Look("database", Level.OK, f"SQLite {sqlite3.sqlite_version} answers; {safety}")
    file = Path(connection.settings_dict["NAME"])
    log = file.with_name(f"{file.name}-wal")
    size = log.stat().st_size if log.exists() else 0
    to_do = "let dure serve run: its worker folds the log back into the database"
    yield _judge("write-ahead log", size < LONG_LOG, f"{size // 2**20} MB", to_do)
    if file.exists():
        mode = file.stat().st_mode
        hidden = not mode & stat.S_IRWXO or not file.parent.stat().st_mode & stat.S_IXOTH
        yield _judge("database file", hidden, f"{file} has mode {stat.S_IMODE(mode):o}", f"chmod 600 {file}*")


POSTGRESQL = """
SELECT pg_encoding_to_char(encoding), datcollate, datcollversion, pg_database_collation_actual_version(oid),
pg_database_size(oid), clock_timestamp() FROM pg_database WHERE datname = current_database()
"""


def _postgresql(cursor: Any) -> Iterator[Look]:
    version = connection.connection.info.server_version
    found = f"PostgreSQL {version // 10000}.{version % 10000} answers"
    yield _judge("database", version // 10000 >= OLDEST_POSTGRESQL, found, "upgrade PostgreSQL to 15 or newer")
    cursor.execute(POSTGRESQL)
    encoding, collation, sorted_by, sorts_now, size, moment = cursor.fetchone()
    found = f"{encoding}, {collation}, {size // 2**20} MB"
    yield _judge("encoding", encoding == "UTF8", found, "create the database anew with ENCODING 'UTF8', then restore")
    if sorted_by != sorts_now:
        found = f"indexes were sorted by version {sorted_by}, the system sorts by {sorts_now}"
        to_do = "REINDEX DATABASE, then ALTER DATABASE … REFRESH COLLATION VERSION"
        yield Look("collation", Level.BAD, found, to_do)
    off = abs((moment - clock.now()).total_seconds())
    found = f"{off:.1f} s away from the database server's"
    yield _judge("clock", off < 5, found, "let both machines follow NTP (systemd-timesyncd or chrony)")


def running() -> Iterator[Look]:
    """Look at what the server does: clock, worker, letters, search, backups.

    :raises django.db.Error: when the tables are not there.
    """
    yield _written()
    kept = all_kept()
    yield _worker(kept.get("worker_rounds"))
    yield from _letters()
    yield _search()
    yield _backup(kept.get("backup"))


def _search() -> Look:
    wrong = indexing.stale()
    found = f"{wrong} of the newest members are not found as they are" if wrong else "the newest members are found"
    return _judge("search", not wrong, found, "dure members reindex mends it")


def _written() -> Look:
    """Compare with the newest event: on one machine there is no other clock, and a mail server tells none."""
    newest = AuditEvent.objects.order_by("-id").first()
    if newest is None:
        return Look("newest event", Level.OK, "nothing was recorded yet that the clock could be compared with")
    ahead = (newest.at - clock.now()).total_seconds()
    found = "the clock is not behind it" if ahead <= 0 else f"it is {ahead:.0f} s ahead of the clock"
    to_do = "the clock was turned back: let the machine follow NTP; what was made since then opens nothing"
    return _judge("newest event", ahead < clock.SKEW.total_seconds(), found, to_do)


def _worker(reading: Reading | None) -> Look:
    to_do = "start dure serve" + (" and dure worker" if settings.DURE["WORKER"] == "separate" else "")
    if reading is None:
        return Look("worker", Level.BAD, "it never ran here: no letter goes out", to_do)
    ago = clock.now() - reading.at
    return _judge("worker", ago < QUIET, f"last heard of {_in_words(ago)} ago", to_do)


def _letters() -> Iterator[Look]:
    numbers = underway()
    waiting, failed = int(numbers["letters.waiting"] + numbers["letters.sending"]), int(numbers["letters.failed"])
    age = timedelta(seconds=numbers["oldest_letter"])
    found = f"{waiting} wait, the oldest {_in_words(age)}" if waiting else "none waits"
    yield _judge(
        "letters", age < STUCK, found, "look at Mail in the Admin service for why, and at the line on mail here"
    )
    if failed:
        yield Look("letters failed", Level.NOTE, f"{failed} within a day", "Mail in the Admin service says why")


def _backup(reading: Reading | None) -> Look:
    to_do = "run dure backup FOLDER by a timer (docs/production.md)"
    if reading is None:
        return Look("backup", Level.NOTE, "dure backup never ran here", to_do)
    ago = clock.now() - reading.at
    found = f"the newest is {_in_words(ago)} old, {reading.value / 2**20:.1f} MB"
    return _judge("backup", ago < OLD_BACKUP, found, to_do)


def _in_words(time: timedelta) -> str:
    seconds = max(int(time.total_seconds()), 0)
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"
