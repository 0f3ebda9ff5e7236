"""Photos of members, cut to squares."""

from typing import IO

from dure.core import pictures

FOLDER = "photos"


def store(upload: IO[bytes], size: int) -> str:
    """Decode a photo and store it; returns its random name.

    :raises PictureRefused: as its kinds say.
    """
    return pictures.store(upload, size, folder=FOLDER)


def remove(name: str) -> None:
    """Delete a photo's files."""
    pictures.remove(name, folder=FOLDER)


def read(name: str, *, small: bool) -> bytes | None:
    """Return the image as WebP, or None when it is gone."""
    return pictures.read(name, folder=FOLDER, small=small)
