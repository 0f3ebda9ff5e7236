"""Putting a backup back: everything is checked and prepared before anything is touched."""

import os
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader

from dure.core.actor import Actor
from dure.management import archive, databases
from dure.management.ending import end_secrets

SCRATCH = ".restoring-"


@dataclass
class Restored:
    """What came back, how many migrations it took, and what ended."""

    manifest: dict[str, Any]
    migrated: int = 0
    ended: dict[str, int] = field(default_factory=dict)


def read(path: Path, *, other_key: bool) -> dict[str, Any]:
    """Check a backup from its first byte to its last, and that this server can take it; returns its manifest.

    :raises CommandError: saying what is wrong and what to do.
    """
    manifest = archive.check(path, other_key=other_key)
    if manifest["vendor"] != connection.vendor:
        raise CommandError(
            f"{path} is a backup of {manifest['vendor']}, and DURE_DATABASE_URL names {connection.vendor}; "
            "restore it into the same kind of database."
        )
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "dure"}
    newer = sorted(set(manifest["migrations"]) - known)
    if newer:
        raise CommandError(f"{path} was made by a newer Dure ({manifest['dure']}: {newer[-1]}). Upgrade Dure first.")
    return manifest


def whose() -> str | None:
    """Return the name of the first workspace here, or that of an account's, and None when nothing is here."""
    with connection.cursor() as cursor:
        if "dure_workspace" not in connection.introspection.table_names(cursor):
            return None
        cursor.execute("SELECT name FROM dure_workspace ORDER BY id LIMIT 1")
        row = cursor.fetchone()
        if row is None:
            cursor.execute("SELECT 1 FROM dure_account LIMIT 1")
            return "accounts without a workspace" if cursor.fetchone() else None
        return str(row[0])


def put_back(actor: Actor, path: Path, manifest: dict[str, Any]) -> Restored:
    """Unpack beside, upgrade and end all secrets, then put files and database in place."""
    os.umask(0o077)
    data: Path = settings.DURE["DATA"]
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    archive.sweep(data, f"{SCRATCH}*")
    restored = Restored(manifest)
    with tempfile.TemporaryDirectory(dir=data, prefix=SCRATCH) as scratch:
        copy, files = Path(scratch) / "database", Path(scratch) / "data"
        files.mkdir()
        try:
            archive.unpack(path, database=copy, data=files)
            _add(files, data)
            databases.put_in_place(copy, lambda: _prepare(actor, restored))
        except (Error, connection.Database.Error) as error:  # type: ignore[attr-defined]
            raise CommandError(f"The database refused: {str(error).strip()}. What was here is still here.") from None
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}. The database was not touched.") from None
        _remove_others(files, data)
    return restored


def _prepare(actor: Actor, restored: Restored) -> None:
    """Bring an older database up to this version, and let nothing secret of that day live on."""
    call_command("migrate", interactive=False, verbosity=0)
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "dure"}
    restored.migrated = len(known - set(restored.manifest["migrations"]))
    restored.ended = end_secrets(actor)


def _add(files: Path, data: Path) -> None:
    """Put files in place beside those that are there: their names are random, and none is read before its row."""
    for path in archive.files_below(files):
        target = data / path.relative_to(files)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if target.exists():
            target.unlink()
        try:
            target.hardlink_to(path)
        except OSError:
            shutil.copy2(path, target)
        databases.sync_folder(target.parent)


def _remove_others(files: Path, data: Path) -> None:
    """Delete the files of whatever was here before."""
    for path in archive.files_below(data):
        if not (files / path.relative_to(data)).exists():
            path.unlink(missing_ok=True)
