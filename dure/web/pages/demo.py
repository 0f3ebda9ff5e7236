"""The demo's mailbox on screen; outside the demo these pages do not exist."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dure.mail.transport import mailbox
from dure.web import door
from dure.workspaces.models import Workspace


def _letters() -> list[Path]:
    if settings.DURE["MODE"] != "demo":
        raise Http404
    zones = Workspace.objects.order_by("pk").values_list("time_zone", flat=True)
    timezone.activate(ZoneInfo(zones.first() or "UTC"))
    return sorted(mailbox().glob("*.eml"), key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _read(name: str) -> EmailMessage:
    path = next((path for path in _letters() if path.stem == name), None)
    if path is None:
        raise Http404
    return message_from_bytes(path.read_bytes(), policy=policy.default)  # type: ignore[return-value]


def _facts(name: str, message: Any) -> dict[str, Any]:
    return {
        "to": str(message["To"]),
        "subject": str(message["Subject"]),
        "sender": str(message["From"]),
        "at": parsedate_to_datetime(str(message["Date"])),
        "url": reverse("demo_letter", args=[name]),
    }


@door.public
@require_safe
def demo_mailbox(request: HttpRequest) -> HttpResponse:
    """Show the newest hundred letters."""
    rows = [_facts(path.stem, _read(path.stem)) for path in _letters()[:100]]
    return render(request, "pages/demo_mailbox.html", {"rows": rows})


@door.public
@require_safe
def demo_letter(request: HttpRequest, name: str) -> HttpResponse:
    """Show one letter as text, and as its recipient sees it."""
    message = _read(name)
    text = message.get_body(("plain",))
    context = _facts(name, message) | {
        "text": text.get_content() if text else "",
        "html_url": reverse("demo_letter_html", args=[name]),
    }
    return render(request, "pages/demo_letter.html", context)


@door.public
@require_safe
def demo_letter_html(request: HttpRequest, name: str) -> HttpResponse:
    """Show the HTML of a letter; mail programs know inline styles only."""
    html = _read(name).get_body(("html",))
    response: Any = HttpResponse(html.get_content() if html else "")
    response._csp_replace = {"style-src": ["'unsafe-inline'"], "script-src": ["'none'"]}
    return response
