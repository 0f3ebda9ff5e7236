"""What templates may say besides Django's own: ``{% icon "back" %}`` and ``{% scripts %}``."""

from functools import cache

from django import template
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_htmx.jinja import htmx_script

from dure.web.icons import icon

BEHAVIOURS = ("copy", "share", "print", "focus-error", "menu", "password", "passkey", "submit-once", "install")
register = template.Library()
register.simple_tag(icon)


@register.simple_tag
@cache
def scripts() -> SafeString:
    """Return what every page loads, written once: the names of the files change with the release alone."""
    modules = format_html_join(
        "\n", '<script type="module" src="{}"></script>', ((static(f"js/{name}.js"),) for name in BEHAVIOURS)
    )
    return format_html("{}\n{}", htmx_script(), modules)
