"""Photos of members: decoded in a limited child process, stored as two squares (PRODUCT.md §5)."""

import subprocess
import sys
from pathlib import Path
from typing import IO

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError
from dure.core.models import new_uid

LARGEST = 10 * 1024 * 1024
PATIENCE = 15.0
"""Seconds the child may take."""
SIZES = ("", "-small")
_CHILD = Path(__file__).with_name("photo_child.py")


class PhotoRefused(DomainError):
    """Not a JPEG, PNG or WebP that can be read."""

    code = "photo_refused"
    message = _("This file is no photo we can read. Take a JPEG, PNG or WebP.")
    field = "photo"


class PhotoTooLarge(PhotoRefused):
    """More than 10 MB or 25 megapixels."""

    code = "photo_too_large"
    message = _("This photo is too large: at most 10 MB and 25 megapixels.")


def store(upload: IO[bytes], size: int) -> str:
    """Decode a photo and store it; returns its random name.

    :raises PhotoRefused: as its kinds say.
    """
    if size > LARGEST:
        raise PhotoTooLarge
    images = _decode(upload.read(LARGEST + 1))
    name = new_uid()
    for suffix, image in zip(SIZES, images, strict=True):
        default_storage.save(_path(name, suffix), ContentFile(image))
    return name


def _decode(content: bytes) -> list[bytes]:
    command = [sys.executable, "-I", str(_CHILD)]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise PhotoRefused from None
    if done.returncode == 3:
        raise PhotoTooLarge
    if done.returncode != 0:
        raise PhotoRefused
    images, rest = [], done.stdout
    while rest:
        length = int.from_bytes(rest[:4], "big")
        images.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return images


def remove(name: str) -> None:
    """Delete a photo's files."""
    for suffix in SIZES if name else ():
        default_storage.delete(_path(name, suffix))


def read(name: str, *, small: bool) -> bytes | None:
    """Return the image as WebP, or None when it is gone."""
    path = _path(name, SIZES[1] if small else SIZES[0])
    if not default_storage.exists(path):
        return None
    with default_storage.open(path) as file:
        return bytes(file.read())


def _path(name: str, suffix: str) -> str:
    return f"photos/{name}{suffix}.webp"
