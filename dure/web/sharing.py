"""Sharing an invite link (N13): its QR code, a ready message in a language, and the addresses that hand it on.

An invite link is no password (PRODUCT.md §4.7 b), so these addresses may carry it.
"""

import io
from typing import Any
from urllib.parse import quote

import segno
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from dure.accounts.addresses import for_readers
from dure.core import links
from dure.core.zones import zone_name
from dure.joining import ways
from dure.joining.models import InviteLink
from dure.web.context import seal_of
from dure.web.invite_links import until

LINE_APP = "https://line.me/R/share?text={message}"
LINE_PAGE = "https://social-plugins.line.me/lineit/share?url={address}&text={message}"
"""LINE's share addresses: the first opens the app of a phone, the second is LINE's page for a PC."""


def code_to_type() -> str:
    """Return where the short code is typed."""
    return links.absolute("/join/")


def facts(link: InviteLink) -> dict[str, Any]:
    """Return what a message and a poster say, in the active language and the workspace's time."""
    return {
        "workspace_name": link.workspace.name,
        "seal": seal_of(link.workspace),
        "address": ways.address_of(link),
        "code": ways.code_of(link),
        "code_url": code_to_type(),
        "until": until(link),
        "zone": zone_name(link.workspace.time_zone),
        "domains": [for_readers(domain) for domain in link.domains],
        "needs_approval": link.needs_approval,
    }


def message(link: InviteLink, language: str) -> str:
    """Return the ready message in a language."""
    with translation.override(language):
        return render_to_string("parts/invite_message.txt", facts(link)).strip()


def addresses(link: InviteLink, language: str) -> dict[str, str]:
    """Return what LINE, mail and SMS are opened with (RFC 6068, RFC 5724)."""
    text = message(link, language)
    with translation.override(language):
        subject = _("Invitation to %(workspace)s") % {"workspace": link.workspace.name}
    written = quote(text, safe="")
    lines = quote(text.replace("\n", "\r\n"), safe="")
    return {
        "line_app_url": LINE_APP.format(message=written),
        "line_page_url": LINE_PAGE.format(address=quote(ways.address_of(link), safe=""), message=written),
        "mail_url": f"mailto:?subject={quote(subject, safe='')}&body={lines}",
        "sms_url": f"sms:?body={written}",
    }


def qr(link: InviteLink) -> segno.QRCode:
    """Return the QR code of a link's address; a seventh of it may be hidden or torn off."""
    return segno.make(ways.address_of(link), micro=False, error="m")


def qr_file(link: InviteLink, kind: str) -> bytes:
    """Return the QR code as a file to put on slides and paper: ``png`` or ``svg``, with its quiet zone."""
    written = io.BytesIO()
    size: dict[str, Any] = {"scale": 24} if kind == "png" else {"scale": 2, "unit": "mm"}
    qr(link).save(written, kind=kind, border=4, light="#fff", **size)
    return written.getvalue()


def qr_picture(link: InviteLink) -> str:
    """Return the QR code as the address of a picture that a page shows in any size."""
    return qr(link).svg_data_uri(border=4, light="#fff", omitsize=True)


def file_name(link: InviteLink, kind: str) -> str:
    """Return what a downloaded code is called."""
    return f"{slugify(link.name, allow_unicode=True) or 'invite-link'}.{kind}"


def poster(link: InviteLink, language: str) -> str:
    """Return the sheet to hang on a wall, in a language."""
    with translation.override(language):
        return render_to_string("parts/poster.html", {**facts(link), "qr_svg": qr_picture(link), "language": language})


def poster_url(link: InviteLink, language: str) -> str:
    """Return the address of the poster in a language."""
    return f"{reverse('invite_link_poster', args=[link.workspace.uid, link.uid])}?language={language}"
