"""Logos of workspaces: nothing is cut off, paper is added where they are no squares."""

from typing import IO

from dure.core import pictures

FOLDER = "logos"


def store(upload: IO[bytes], size: int) -> str:
    """Decode a logo and store it; returns its random name.

    :raises PictureRefused: as its kinds say.
    """
    try:
        return pictures.store(upload, size, folder=FOLDER, whole=True)
    except pictures.PictureRefused as refused:
        refused.field = "logo"
        raise


def remove(name: str) -> None:
    """Delete a logo's files."""
    pictures.remove(name, folder=FOLDER)


def read(name: str, *, small: bool) -> bytes | None:
    """Return the image as WebP, or None when it is gone."""
    return pictures.read(name, folder=FOLDER, small=small)
