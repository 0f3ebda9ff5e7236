"""Decodes one picture in a process of its own, with limits: stdin is the file, stdout two framed WebP images.

It knows nothing of Dure. Each image is written as four bytes of length and then its content: 512 and 96 pixels
square, cut to it, or ``whole`` on white. Exit code 2 means that the file is none Dure takes, 3 that it has too many
pixels.
"""

import io
import resource
import sys
from typing import Any

MEGABYTE = 1024 * 1024
PIXELS = 25_000_000
SIDES = (512, 96)


def limit() -> None:
    """Hold memory and time down before anything is decoded."""
    resource.setrlimit(resource.RLIMIT_AS, (1024 * MEGABYTE, 1024 * MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (10, 10))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def flat(picture: Any) -> Any:
    """Return it in plain colours: white where one can see through, and 16 bits of grey as 8."""
    from PIL import Image

    if picture.mode.startswith("I"):
        return picture.convert("I").point(lambda grey: grey * (1 / 256)).convert("L").convert("RGB")
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    seen = picture if picture.mode == "RGBA" else picture.convert("RGBA")
    paper = Image.new("RGB", seen.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def squares(content: bytes, *, whole: bool) -> list[bytes]:
    """Return the picture, upright and square, in each size; nothing but pixels is kept."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS
    with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
        if picture.width * picture.height > PIXELS:
            sys.exit(3)
        if picture.format == "JPEG":
            picture.draft("RGB", (SIDES[0] * 2, SIDES[0] * 2))
        upright = flat(picture)
        upright.info = picture.info
        ImageOps.exif_transpose(upright, in_place=True)
    found = []
    for side in SIDES:
        target = io.BytesIO()
        square = (side, side)
        fitted = ImageOps.pad(upright, square, color="white") if whole else ImageOps.fit(upright, square)
        fitted.save(target, "WEBP", quality=82, exif=b"", icc_profile=None)
        found.append(target.getvalue())
    return found


def main() -> None:
    """Read, decode, write."""
    limit()
    try:
        images = squares(sys.stdin.buffer.read(), whole=sys.argv[1:] == ["whole"])
    except SystemExit:
        raise
    except Exception as error:
        sys.exit(3 if type(error).__name__ == "DecompressionBombError" else 2)
    for image in images:
        sys.stdout.buffer.write(len(image).to_bytes(4, "big") + image)


if __name__ == "__main__":
    main()
