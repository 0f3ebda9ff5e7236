"""Reading QR codes back, as a phone would: from a picture, and from the drawing of an SVG."""

from __future__ import annotations

import io
import re
from urllib.parse import unquote

import zxingcpp
from PIL import Image, ImageDraw

DOT = 8
_MOVES = re.compile(r"([Mmhv])(-?[\d.]+)(?:[ ,](-?[\d.]+))?")


def read(picture: bytes | Image.Image) -> list[str]:
    """Return what every code in a picture says."""
    image = Image.open(io.BytesIO(picture)) if isinstance(picture, bytes) else picture
    return [found.text for found in zxingcpp.read_barcodes(image.convert("L"))]


def read_svg(drawing: str) -> list[str]:
    """Return what the code in an SVG or its ``data:`` address says: its strokes, drawn one by one."""
    drawing = unquote(drawing)
    stroke = re.search(r"""stroke=["']#000["'] d=["']([^"']+)""", drawing)
    field = re.search(r"""fill=["']#fff["'] d=["']M0 0h(\d+)v(\d+)""", drawing)
    assert stroke and field, drawing[:300]
    image = Image.new("L", (int(field[1]) * DOT, int(field[2]) * DOT), 255)
    pen, x, y = ImageDraw.Draw(image), 0.0, 0.0
    for step, first, second in _MOVES.findall(stroke[1]):
        if step == "M":
            x, y = float(first), float(second)
        elif step == "m":
            x, y = x + float(first), y + float(second)
        else:
            pen.rectangle((x * DOT, (y - 0.5) * DOT, (x + float(first)) * DOT - 1, (y + 0.5) * DOT - 1), fill=0)
            x += float(first)
    return read(image)
