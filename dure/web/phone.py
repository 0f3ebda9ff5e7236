"""How to take Dure along on a phone: the address of the sign-in page, and a code to scan."""

from functools import cache
from typing import Any

import segno
from django.http import HttpRequest

from dure.core import links
from dure.web.in_app import is_in_app


def on_the_phone(request: HttpRequest) -> dict[str, Any]:
    """Return what ``parts/on_the_phone.html`` shows: another way from inside an app, which has no home screen."""
    return {**_drawn(), "in_app": is_in_app(request)}


@cache
def _drawn() -> dict[str, str]:
    """Return the address and its code; drawn once, since that takes longer than a page."""
    url = links.absolute("/sign-in/")
    return {"sign_in_url": url, "qr_svg": segno.make(url, micro=False).svg_data_uri(scale=4)}
