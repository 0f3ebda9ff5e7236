"""Pictures from outside: decoded in a limited child process, stored as two squares (PRODUCT.md §5)."""

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
CHILD = Path(__file__).with_name("picture_child.py")


class PictureRefused(DomainError):
    """Not a JPEG, PNG or WebP that can be read."""

    code = "photo_refused"
    message = _("This file is no picture we can read. Take a JPEG, PNG or WebP.")
    field = "photo"


class PictureTooLarge(PictureRefused):
    """More than 10 MB or 25 megapixels."""

    code = "photo_too_large"
    message = _("This picture is too large: at most 10 MB and 25 megapixels.")


def store(upload: IO[bytes], size: int, *, folder: str, whole: bool = False) -> str:
    """Decode a picture and store it in a folder; returns its random name. ``whole``: paper is added, nothing cut off.

    :raises PictureRefused: as its kinds say.
    """
    if size > LARGEST:
        raise PictureTooLarge
    images = _decode(upload.read(LARGEST + 1), whole=whole)
    name = new_uid()
    for suffix, image in zip(SIZES, images, strict=True):
        default_storage.save(_path(folder, name, suffix), ContentFile(image))
    return name


def _decode(content: bytes, *, whole: bool) -> list[bytes]:
    command = [sys.executable, "-I", str(CHILD), "whole" if whole else "cut"]
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise PictureRefused from None
    if done.returncode == 3:
        raise PictureTooLarge
    if done.returncode != 0:
        raise PictureRefused
    images, rest = [], done.stdout
    while rest:
        length = int.from_bytes(rest[:4], "big")
        images.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    return images


def remove(name: str, *, folder: str) -> None:
    """Delete a picture's files."""
    for suffix in SIZES if name else ():
        default_storage.delete(_path(folder, name, suffix))


def read(name: str, *, folder: str, small: bool) -> bytes | None:
    """Return the image as WebP, or None when it is gone."""
    path = _path(folder, name, SIZES[1] if small else SIZES[0])
    if not default_storage.exists(path):
        return None
    with default_storage.open(path) as file:
        return bytes(file.read())


def _path(folder: str, name: str, suffix: str) -> str:
    return f"{folder}/{name}{suffix}.webp"
