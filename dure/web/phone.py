"""How to take Dure along on a phone: the address of the sign-in page, and a code to scan."""

from functools import cache

import segno

from dure.core import links


@cache
def on_the_phone() -> dict[str, str]:
    """Return what ``parts/on_the_phone.html`` shows; drawn once, since that takes longer than a page."""
    url = links.absolute("/sign-in/")
    return {"sign_in_url": url, "qr_svg": segno.make(url, micro=False).svg_data_uri(scale=4)}
