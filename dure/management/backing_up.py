"""Making one backup while the server runs, and keeping the newest few."""

import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import Error

from dure import __version__
from dure.core import clock, readings
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.management import archive, databases

SCRATCH = ".dure-backup-"
PREFIX, SUFFIX = "dure-", ".tar"
LEEWAY = 2.0
"""Seconds by which a file may be younger than the copy of the database; one more or less does no harm."""


def back_up(actor: Actor, target: Path) -> tuple[Path, dict[str, Any]]:
    """Write a backup to a new file, or into a folder under the name of this moment; returns it and its manifest.

    It is written beside its place, made durable and renamed: what has the name is whole.

    :raises CommandError: when there is something already, or it cannot be written.
    """
    at = clock.now()
    place = target / f"{PREFIX}{at:%Y-%m-%dT%H%M%SZ}{SUFFIX}" if target.is_dir() else target
    if place.exists():
        raise CommandError(f"{place} exists already; nothing was written.")
    if _is_kept(place):
        raise CommandError(f"{place} would be part of the next backup; choose another folder.")
    os.umask(0o077)
    try:
        manifest = _write(place, {"made_at": at.isoformat(), "dure": __version__})
    except OSError as error:
        raise CommandError(f"{place}: {error.strerror}; nothing was left there.") from None
    except Error as error:
        raise CommandError(f"{place}: {str(error).strip()}; nothing was left there.") from None
    note(actor, size=place.stat().st_size)
    return place, manifest


def _is_kept(place: Path) -> bool:
    data = Path(settings.DURE["DATA"]).resolve()
    found = place.parent.resolve()
    return data in found.parents and found.relative_to(data).parts[0] not in archive.NOT_KEPT


def _write(place: Path, facts: dict[str, Any]) -> dict[str, Any]:
    archive.sweep(place.parent, f"{SCRATCH}*")
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=SCRATCH) as scratch:
        copy, partial = Path(scratch) / "database", Path(scratch) / "archive"
        begun = time.time()
        copy.touch(mode=0o600)
        facts = facts | databases.copy_into(copy)
        with partial.open("wb") as file:
            manifest = archive.write(
                file, database=copy, data=settings.DURE["DATA"], before=begun + LEEWAY, facts=facts
            )
            file.flush()
            os.fsync(file.fileno())
        partial.rename(place)
    databases.sync_folder(place.parent)
    return manifest


@action(needs=None, records=Event.BACKED_UP)
def note(actor: Actor, *, size: int) -> None:
    """Tell the trail that a copy of everything was made, and the doctor when."""
    readings.keep({"backup": size})
    record(actor, Event.BACKED_UP, subject_kind="server", subject_id=None, workspace_id=0)


def keep_newest(folder: Path, number: int) -> list[Path]:
    """Delete the older backups of a folder but so many; returns what was deleted."""
    found = sorted(folder.glob(f"{PREFIX}*{SUFFIX}"))
    old = found[:-number] if number else []
    for path in old:
        with suppress(FileNotFoundError):
            path.unlink()
    return old
