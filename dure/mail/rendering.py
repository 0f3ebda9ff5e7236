"""From a letter's row to the message a mail server takes."""

from dataclasses import dataclass
from datetime import datetime
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone, translation

from dure.core import keys, links
from dure.core.zones import zone_name
from dure.mail import headers
from dure.mail.models import Letter


@dataclass(frozen=True)
class Message:
    """What goes to a mail server: the whole message, as it travels, and whom it goes to."""

    uid: str
    to: str
    content: bytes


def message_id(letter: Letter) -> str:
    """Return the Message-ID; it never changes, so that a letter sent twice is one letter to a mail program."""
    return f"<{letter.uid}@{urlsplit(settings.DURE['PUBLIC_URL']).hostname}>"


def sender() -> str:
    """Return the address letters come from."""
    return settings.DURE["MAIL_FROM"] or f"dure@{urlsplit(settings.DURE['PUBLIC_URL']).hostname}"


def render(letter: Letter) -> Message:
    """Write the letter in its recipient's language, as text and HTML.

    With the classes of ``email.mime``: those that parse every header they write take five times as long.

    :raises Unreadable: when it was sealed with a forgotten key.
    """
    payload = keys.unseal("letter", letter.sealed or b"")
    context = _context(letter, payload)
    with translation.override(letter.language), timezone.override(ZoneInfo(context["zone"])):
        context["zone"] = zone_name(context["zone"])
        subject = render_to_string(f"letters/{letter.kind}/subject.txt", context)
        text = render_to_string(f"letters/{letter.kind}/body.txt", context)
        html = render_to_string(f"letters/{letter.kind}/body.html", context)
    message = MIMEMultipart("alternative")
    message["Subject"] = headers.words("Subject", subject)  # type: ignore[assignment]
    message["From"] = headers.mailbox("From", context["workspace_name"] or "Dure", sender())  # type: ignore[assignment]
    message["To"] = payload["address"]
    message["Date"] = format_datetime(context["at"])
    message["Message-ID"] = message_id(letter)
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = letter.language
    for subtype, body in (("plain", text), ("html", html)):
        message.attach(MIMEText(body.replace("\n", "\r\n"), subtype, "utf-8"))
    return Message(letter.uid, payload["address"], headers.as_sent(message))


def _context(letter: Letter, payload: dict[str, Any]) -> dict[str, Any]:
    context = {"workspace_name": "", "name": "", "id_address": "", "zone": "UTC", **payload["context"]}
    local, _at, domain = context["id_address"].partition("@")
    return context | {
        "id_local": local,
        "id_domain": domain,
        "link": links.mailed(payload["secret"]) if payload["secret"] else "",
        "sign_in_url": links.absolute("/sign-in/"),
        "guide_url": links.absolute("/how-to-start/"),
        "reset_url": links.absolute("/reset/"),
        "expires_at": letter.expires_at,
        **{name: datetime.fromisoformat(context[name]) for name in context if name.endswith("_at") or name == "at"},
        "language": letter.language,
    }
