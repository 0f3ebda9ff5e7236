"""The ring of the product as icons, drawn when they are first asked for."""

import io
import math
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from PIL import ImageDraw

PAPER, CELADON = "#fdfdfb", "#3f8574"
ARCS = ((245.8, 340.1), (11.8, 100.5), (130.0, 215.3))
"""The three strokes of ``static/mark.svg``, in degrees clockwise from the right."""
MIDDLE, RADIUS, HEART, STROKE = 12.0, 8.8, 2.6, 2.25
"""Centre, radius of ring and of its heart, and width of the stroke, in the 24 units of the mark."""
FINER = 3
"""Drawn so many times larger and made smaller, so that edges are smooth."""


class Icon(NamedTuple):
    """Pixels of a side, the part of it that the mark takes, and what the manifest says it is for."""

    size: int
    part: float
    purpose: str


ICONS = {
    "192.png": Icon(192, 0.72, "any"),
    "512.png": Icon(512, 0.72, "any"),
    "maskable-512.png": Icon(512, 0.56, "maskable"),
    "apple-180.png": Icon(180, 0.66, ""),
}
"""A maskable one may be cut to a circle; Apple's is named in the page, not in the manifest."""


@cache
def icon(name: str) -> bytes:
    """Return an icon as PNG.

    :raises KeyError: when there is none of this name.
    """
    size, part, _purpose = ICONS[name]
    from PIL import Image, ImageDraw  # 6 MB, and most servers draw their icons once in months

    image = Image.new("RGB", (size * FINER, size * FINER), PAPER)
    _draw_ring(ImageDraw.Draw(image), size * FINER, part)
    target = io.BytesIO()
    small = image.resize((size, size), Image.Resampling.LANCZOS)
    small.quantize(64, dither=Image.Dither.NONE).save(target, "PNG", optimize=True)
    return target.getvalue()


def _draw_ring(drawing: "ImageDraw.ImageDraw", side: int, part: float) -> None:
    unit, middle = side * part / 24, side / 2
    half = STROKE * unit / 2
    outer = RADIUS * unit + half
    box = (middle - outer, middle - outer, middle + outer, middle + outer)
    for start, end in ARCS:
        drawing.arc(box, start, end, CELADON, round(STROKE * unit))
        for angle in (start, end):
            x = middle + RADIUS * unit * math.cos(math.radians(angle))
            y = middle + RADIUS * unit * math.sin(math.radians(angle))
            drawing.ellipse((x - half, y - half, x + half, y + half), CELADON)
    heart = HEART * unit + half
    inner = (middle - heart, middle - heart, middle + heart, middle + heart)
    drawing.ellipse(inner, outline=CELADON, width=round(STROKE * unit))
