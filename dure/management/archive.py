"""One backup: a tar of the database's copy, the files beside it and a manifest (README, docs/production.md).

Nothing is held in memory: what is checked is one running digest over every name, size and byte, in order, which the
manifest carries under a keyed hash, so that a changed backup and one of another server's key both show.
"""

import hmac
import io
import json
import os
import shutil
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.core.management.base import CommandError

from dure.core import keys

MANIFEST, DATABASE, DATA = "manifest.json", "database", "data"
FORMAT = 1
CHUNK = 1 << 20
ABANDONED = 3600.0
"""Seconds without a write after which a half-written one is deleted."""
LONGEST_MANIFEST = 1 << 20
NOT_KEPT = ("static", "backups")
"""Folders of the data folder that are made anew, or are backups themselves."""


@dataclass
class Running:
    """The digest so far, and how many entries and bytes it covers."""

    digest: Any = field(default_factory=sha256)
    entries: int = 0
    bytes: int = 0

    def begin(self, name: str, size: int) -> None:
        """Enter the next file."""
        self.digest.update(f"{name}\n{size}\n".encode())
        self.entries += 1
        self.bytes += size

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        return {"entries": self.entries, "bytes": self.bytes, "sha256": self.digest.hexdigest()}


class _Watched:
    """A file that tells somebody what is read from it, and never reads more than its size was."""

    def __init__(self, file: IO[bytes], size: int, told: Callable[[bytes], None]) -> None:
        self.file, self.left, self.told = file, size, told

    def read(self, size: int = -1) -> bytes:
        """Return the next piece."""
        piece = self.file.read(self.left if size < 0 else min(size, self.left))
        self.left -= len(piece)
        self.told(piece)
        return piece


def write(target: IO[bytes], *, database: Path, data: Path, before: float, facts: dict[str, Any]) -> dict[str, Any]:
    """Write the whole archive; files younger than ``before`` are left out, since the copied database names none.

    A file that is deleted in the meantime is left out, too. Returns the manifest.
    """
    running = Running()
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        _add(archive, running, DATABASE, database)
        for path in files_below(data):
            if path.lstat().st_mtime <= before:
                _add(archive, running, f"{DATA}/{path.relative_to(data).as_posix()}", path)
        manifest = _sealed({"format": FORMAT, **facts, "content": running.facts()})
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size, entry.mode = len(text), 0o600
        archive.addfile(entry, io.BytesIO(text))
    return manifest


def _add(archive: tarfile.TarFile, running: Running, name: str, path: Path) -> None:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = os.fstat(file.fileno()).st_size, 0o600, int(path.stat().st_mtime)
        running.begin(name, entry.size)
        archive.addfile(entry, _Watched(file, entry.size, running.digest.update))  # type: ignore[arg-type]
    _forget(archive)


def _forget(archive: tarfile.TarFile) -> None:
    """Keep no list of what went by: there may be millions of photos."""
    archive.members = []  # type: ignore[attr-defined]


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(CHUNK):
        yield piece


def files_below(data: Path) -> Iterator[Path]:
    """Walk the files of the folders in the data folder that a backup holds; links are not followed."""
    folders = sorted(one for one in data.iterdir() if one.is_dir() and not one.is_symlink()) if data.is_dir() else []
    for folder in folders:
        if folder.name in NOT_KEPT or folder.name.startswith("."):
            continue
        for parent, below, names in os.walk(folder):
            below.sort()
            for name in sorted(names):
                path = Path(parent) / name
                if path.is_file() and not path.is_symlink() and path.suffix != ".part":
                    yield path


def _sealed(manifest: dict[str, Any]) -> dict[str, Any]:
    return manifest | {"seal": keys.keyed_hash("backup", _text(manifest)).hex()}


def _text(manifest: dict[str, Any]) -> str:
    return json.dumps({name: manifest[name] for name in manifest if name != "seal"}, sort_keys=True)


def check(path: Path, *, other_key: bool = False) -> dict[str, Any]:
    """Read the whole archive once and return its manifest; nothing is written.

    :raises CommandError: when it is no backup, incomplete, changed, or made under another secret key.
    """
    running, manifest = Running(), None
    with _opened(path) as archive:
        for entry in archive:
            file = archive.extractfile(entry) if _is_expected(entry) else None
            if manifest is not None or file is None:
                raise CommandError(f"{path} is no backup of Dure.")
            if entry.name == MANIFEST:
                manifest = _manifest(path, file.read(LONGEST_MANIFEST))
            else:
                running.begin(entry.name, entry.size)
                for piece in _pieces(file):
                    running.digest.update(piece)
            _forget(archive)
    if manifest is None:
        raise CommandError(f"{path} is incomplete: its manifest, which is written last, is missing.")
    if manifest.get("content") != running.facts():
        raise CommandError(f"{path} is damaged: its checksum does not fit. Take another backup; nothing was touched.")
    _check_seal(path, manifest, other_key)
    return manifest


def _manifest(path: Path, text: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(text)
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise CommandError(f"{path} has a manifest this version does not read. Was it made by a newer Dure?")
    return manifest


def _check_seal(path: Path, manifest: dict[str, Any], other_key: bool) -> None:
    found = keys.keyed_hashes("backup", _text(manifest))
    if any(hmac.compare_digest(one.hex(), str(manifest.get("seal", ""))) for one in found) or other_key:
        return
    raise CommandError(
        f"{path} was made under another secret key, or changed since. Set the DURE_SECRET_KEY of that server, or add "
        "it to DURE_SECRET_KEY_FALLBACKS. If that key is lost: --other-key; then second factors by app end, and the "
        "trail so far cannot be verified."
    )


def _is_expected(entry: tarfile.TarInfo) -> bool:
    """Only plain files, and only where a backup has them."""
    parts = PurePosixPath(entry.name).parts
    inside = entry.name in (MANIFEST, DATABASE) or (len(parts) > 2 and parts[0] == DATA and ".." not in parts)
    return inside and entry.isreg()


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r|") as archive:
            yield archive
    except (tarfile.TarError, EOFError):
        raise CommandError(f"{path} is no backup of Dure, or incomplete.") from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}.") from None


def unpack(path: Path, *, database: Path, data: Path) -> None:
    """Write a checked archive's database copy and files to new places."""
    with _opened(path) as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            if entry.name != MANIFEST and file is not None:
                target = database if entry.name == DATABASE else data / PurePosixPath(entry.name).relative_to(DATA)
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                _write(target, file)
            _forget(archive)


def sweep(folder: Path, pattern: str) -> None:
    """Delete what a killed backup or restore left in a folder, once it is old enough to be nobody's any more."""
    for path in folder.glob(pattern):
        written = max(one.stat().st_mtime for one in (path, *path.rglob("*")))
        if time.time() - written > ABANDONED:
            shutil.rmtree(path, ignore_errors=True)


def _write(target: Path, file: IO[bytes]) -> None:
    with target.open("wb") as written:
        for piece in _pieces(file):
            written.write(piece)
        written.flush()
        os.fsync(written.fileno())
