"""Photos that are made to hurt: refused with a sentence, or re-encoded until nothing but the pixels is left.

The child's limits are measured, and the server beside it stays small (PRODUCT.md §5, ARCHITECTURE.md §8).
"""

import io
import json
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from dure.core import pictures
from dure.members import photos
from dure.members.models import Profile
from tests.cast import Cast
from tests.post import PostOffice
from tests.stories.steps import HARU

MEGABYTE = 1024 * 1024
SCRIPT = b"<html><script>alert(1)</script></html>"
pytestmark = pytest.mark.once


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """Return an image as a file."""
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def plain() -> Image.Image:
    return Image.new("RGB", (640, 480), (0, 128, 128))


def png(width: int, height: int, *, bits: int = 8, colour: int = 0, data: bytes = b"", extra: bytes = b"") -> bytes:
    """Return a PNG by hand; its data are ``data``, already compressed."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def zeros(count: int) -> bytes:
    """Return so many noughts compressed, without ever holding them."""
    packer, block = zlib.compressobj(9), bytes(MEGABYTE)
    parts = [packer.compress(block) for _number in range(count // MEGABYTE)]
    return b"".join([*parts, packer.compress(bytes(count % MEGABYTE)), packer.flush()])


@cache
def square() -> bytes:
    """13,300 × 13,300 pixels in a few hundred kilobytes."""
    return png(13_300, 13_300, bits=1, data=zeros((13_300 // 8 + 2) * 13_300))


@cache
def lying() -> bytes:
    """A hundred pixels by its head, and 400 MB of data."""
    return png(10, 10, bits=16, colour=6, data=zeros(400 * MEGABYTE))


@cache
def largest() -> bytes:
    """As many pixels as may be, in the widest kind there is: 200 MB when it is unpacked."""
    return png(5_000, 5_000, bits=16, colour=6, data=zeros((5_000 * 8 + 1) * 5_000))


@cache
def text_bomb() -> bytes:
    """A comment of 100 MB in a picture of one pixel."""
    name, content = b"zTXt", b"Comment\0\0" + zeros(100 * MEGABYTE)
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png(1, 1, data=zlib.compress(b"\0\0"), extra=chunk)


@cache
def heavy() -> bytes:
    """Eleven megabytes, and a JPEG all the same."""
    return saved(plain(), "JPEG") + bytes(11 * MEGABYTE)


def tracked() -> bytes:
    """A photo that tells where it was taken, and a thumbnail's worth of other notes."""
    exif = Image.Exif()
    exif[0x010F] = "secret camera"
    exif.get_ifd(0x8825).update({1: "N", 2: (37.0, 33.0, 59.0), 3: "E", 4: (126.0, 58.0, 41.0)})
    return saved(plain(), "JPEG", exif=exif, comment=b"secret camera", icc_profile=b"secret camera" * 20)


def noted() -> bytes:
    """A WebP with XMP."""
    return saved(plain(), "WEBP", xmp=b"<x:xmpmeta>secret camera</x:xmpmeta>")


def archive() -> bytes:
    """A valid JPEG that is also a ZIP."""
    target = io.BytesIO(saved(plain(), "JPEG"))
    with zipfile.ZipFile(target, "a") as packed:
        packed.writestr("secret camera.html", SCRIPT)
    return target.getvalue()


def moving(kind: str) -> Callable[[], bytes]:
    """An animation of three pictures."""
    frames = [Image.new("RGB", (320, 320), colour) for colour in ("teal", "red", "blue")]
    return lambda: saved(frames[0], kind, save_all=True, append_images=frames[1:])


TOO_LARGE, NO_PHOTO = "at most 10 MB and 25 megapixels", "Take a JPEG, PNG or WebP"
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "13,300 pixels square": (square, TOO_LARGE),
    "11 MB": (heavy, TOO_LARGE),
    "svg": (lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>", NO_PHOTO),
    "html that begins like a gif": (lambda: b"GIF89a" + SCRIPT, NO_PHOTO),
    "a moving gif": (moving("GIF"), NO_PHOTO),
    "cut off": (lambda: saved(plain(), "JPEG")[:900], NO_PHOTO),
    "the end is missing": (lambda: saved(plain(), "PNG")[:-200], NO_PHOTO),
    "a head alone": (lambda: saved(plain(), "PNG")[:33], NO_PHOTO),
    "a comment of 100 MB": (text_bomb, NO_PHOTO),
}
TEAL = (0, 128, 128)
TAKEN: dict[str, tuple[Callable[[], bytes], tuple[int, int, int]]] = {
    "a place and a camera": (tracked, TEAL),
    "notes of another kind": (noted, TEAL),
    "also a ZIP": (archive, TEAL),
    "also a page": (lambda: saved(plain(), "JPEG", comment=SCRIPT) + SCRIPT, TEAL),
    "moving webp": (moving("WEBP"), TEAL),
    "moving png": (moving("PNG"), TEAL),
    "for printing": (lambda: saved(plain().convert("CMYK"), "JPEG"), TEAL),
    "16 bits of grey": (lambda: saved(Image.new("I;16", (64, 64), 0x8000), "PNG"), (128, 128, 128)),
    "16 bits of colour": (
        lambda: png(2, 2, bits=16, colour=2, data=zlib.compress(2 * (b"\0" + 2 * b"\0\0\x80\0\x80\0"))),
        TEAL,
    ),
    "a palette": (lambda: saved(plain().convert("P", palette=Image.Palette.ADAPTIVE), "PNG"), TEAL),
    "seen through": (lambda: saved(Image.new("RGBA", (64, 64), (0, 0, 0, 0)), "PNG"), (255, 255, 255)),
    "seen through, with a palette": (
        lambda: saved(Image.new("P", (64, 64), 0), "PNG", transparency=0),
        (255, 255, 255),
    ),
    "one bit": (lambda: saved(Image.new("1", (64, 64), 1), "PNG"), (255, 255, 255)),
    "400 MB behind a small head": (lying, (255, 255, 255)),
    "the largest there may be": (largest, (255, 255, 255)),
}


@pytest.fixture(autouse=True)
def folder(settings: object, tmp_path: Path) -> Path:
    """Photos of this test go into a folder of its own."""
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    return tmp_path


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_sentence_and_nothing_is_left(folder: Path, name: str) -> None:
    made, sentence = REFUSED[name]
    content = made()
    with pytest.raises(pictures.PictureRefused) as refused:
        photos.store(io.BytesIO(content), len(content))
    assert sentence in refused.value.sentence() and refused.value.field == "photo"
    assert list(folder.rglob("*")) == []


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_taken_and_nothing_but_the_pixels_is_left(folder: Path, name: str) -> None:
    made, colour = TAKEN[name]
    content = made()
    photos.store(io.BytesIO(content), len(content))
    files = sorted(folder.rglob("*.webp"))
    assert len(files) == 2
    for file in files:
        kept = file.read_bytes()
        assert len(kept) < 100_000 and not any(word in kept for word in (b"secret", b"script", b"PK\x03\x04", b"xmp"))
        with Image.open(file) as image:
            assert (image.format, image.width, getattr(image, "n_frames", 1)) == ("WEBP", image.height, 1)
            assert not image.getexif() and "icc_profile" not in image.info
            middle = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
        assert isinstance(middle, tuple) and all(abs(a - b) < 8 for a, b in zip(middle, colour, strict=True)), middle


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_turned_by_the_camera_stands_upright(folder: Path, kind: str) -> None:
    exif, picture = Image.Exif(), plain()
    exif[0x0112] = 6
    picture.paste("red", (0, 0, 640, 240))
    content = saved(picture, kind, exif=exif)
    photos.store(io.BytesIO(content), len(content))
    with Image.open(next(folder.rglob("*-small.webp"))) as image:
        left, right = (image.convert("RGB").getpixel((column, 48)) for column in (10, 85))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert left[0] < 60 and right[0] > 190, "what was above is on the right"


MEASURE = """
import json, resource, subprocess, sys
done = subprocess.run([sys.executable, "-I", sys.argv[1]], stdin=sys.stdin.buffer, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, used.ru_maxrss // 1024, used.ru_utime]))
"""


@pytest.mark.parametrize("made", [square, lying, largest, text_bomb])
def test_the_child_stays_within_its_limits(made: Callable[[], bytes]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, pictures.CHILD], input=made(), capture_output=True, timeout=60
    )
    _code, megabytes, seconds = json.loads(done.stdout)
    assert megabytes < 400 and seconds < 11, (megabytes, seconds)


def test_the_server_beside_it_stays_small(folder: Path) -> None:
    content = largest()
    photos.store(io.BytesIO(content), len(content))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for made in (largest, lambda: saved(plain(), "JPEG")):
        content = made()
        photos.store(io.BytesIO(content), len(content))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    assert grown < 40, f"{grown} MB"


def test_eleven_megabytes_are_told_beside_the_field_and_the_rest_is_kept(cast: Cast, post: PostOffice) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at(f"admin/members/{cast.yuki.member.uid}/edit/"))
    page = browser.send_file(page, "photo", "me.jpg", heavy(), work_place="Busan")
    assert TOO_LARGE in page.error_beside("photo") and 'value="Busan"' in page.body


def test_a_good_photo_of_a_refused_registration_is_not_left_behind(cast: Cast, post: PostOffice, folder: Path) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/register/"))
    typed = {**HARU, "id": cast.yuki.address, "method": "member", "send_to": "id"}
    page = browser.send_file(page, "photo", "me.jpg", saved(plain(), "JPEG"), **typed)
    assert page.error_beside("id") and not Profile.objects.exists()
    assert list(folder.rglob("*.webp")) == []


def test_a_form_sent_twice_leaves_one_photo(cast: Cast, post: PostOffice, folder: Path) -> None:
    browser = cast.minjun.browser()
    page = browser.open(cast.at("admin/members/register/"))
    for _time in range(2):
        browser.send_file(page, "photo", "me.jpg", saved(plain(), "JPEG"), **{**HARU, "method": "member"})
    assert Profile.objects.count() == 1 and len(list(folder.rglob("*.webp"))) == 2
