"""What templates may say besides Django's own: ``{% icon "back" %}``, ``{% gap %}``, ``{% way_counts %}``."""

from functools import cache
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script

from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.core.sentences import gap
from dure.joining import requests
from dure.web.icons import icon
from dure.web.join_requests import counted as counted_requests
from dure.web.tabs import counted

BEHAVIOURS = (
    "copy", "share", "print", "focus-error", "menu", "password", "passkey", "submit-once", "install", "keep-typed",
    "chips",
)  # fmt: skip
register = template.Library()
register.simple_tag(icon)
register.simple_tag(gap)
register.filter(for_readers)


@register.filter
def breaking(address: str) -> SafeString:
    """Return an address as people read it, that breaks before its @ and nowhere else, as wide as the line is."""
    local, at, domain = for_readers(address).rpartition("@")
    return format_html("{}<wbr>{}{}", local, at, domain)


@register.simple_tag(takes_context=True)
def way_counts(context: Any) -> dict[str, str]:
    """Return how many links are open and how many invitations and join requests wait, for the tabs above each."""
    return counted(context["request"].actor) | {"requests": join_requests_waiting(context) or "0"}


@register.simple_tag(takes_context=True)
def join_requests_waiting(context: Any) -> str:
    """Return how many join requests wait, read once for a page; empty when none does, or the reader may not answer."""
    request = context["request"]
    if not hasattr(request, "join_requests_waiting"):
        actor = getattr(request, "actor", None)
        number = 0
        if actor is not None and actor.may(Permission.MEMBERS_MANAGE):
            number = requests.count_waiting(actor.member.workspace)
        request.join_requests_waiting = counted_requests(number) if number else ""
    return str(request.join_requests_waiting)


@register.simple_tag
@cache
def scripts() -> SafeString:
    """Return what every page loads, written once: the names of the files change with the release alone."""
    modules = format_html_join(
        "\n", '<script type="module" src="{}"></script>', ((static(f"js/{name}.js"),) for name in BEHAVIOURS)
    )
    return format_html("{}\n{}", htmx_script(), modules)
