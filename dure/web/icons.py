"""The drawings of the pages' icons."""

from functools import cache

from django.utils.safestring import SafeString, mark_safe

FRAME = '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">{}</svg>'
DRAWINGS = {
    "back": '<path d="M12.5 4 6.5 10l6 6"/>',
    "forward": '<path d="m7.5 4 6 6-6 6"/>',
    "down": '<path d="m4 7.5 6 6 6-6"/>',
    "close": '<path d="m5 5 10 10M15 5 5 15"/>',
    "search": '<circle cx="8.75" cy="8.75" r="5.25"/><path d="m12.7 12.7 4.3 4.3"/>',
    "people": (
        '<circle cx="8" cy="7" r="3"/>'
        '<path d="M2.5 16.5c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5M13 4.3a3 3 0 0 1 0 5.4M15 12.5c1.5.7 2.3 2 '
        '2.5 4"/>'
    ),
    "add": '<circle cx="8" cy="7" r="3"/><path d="M2.5 16.5c.4-3 2.6-4.5 5.5-4.5s5.1 1.5 5.5 4.5M15.5 5v5M13 7.5h5"/>',
    "mail": '<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/><path d="m3 6 7 5 7-5"/>',
    "gate": '<path d="M4 17V8.5a6 6 0 0 1 12 0V17M2.5 17h15M10 2.5V17M7.8 11v1.5M12.2 11v1.5"/>',
    "home": '<path d="M3 9.2 10 3.5l7 5.7M5 8v8.5h10V8"/>',
    "more": '<path d="M4.5 10h.01M10 10h.01M15.5 10h.01" stroke-width="2.2"/>',
    "copy": (
        '<rect x="7" y="7" width="9.5" height="9.5" rx="1.5"/>'
        '<path d="M13 7V5a1.5 1.5 0 0 0-1.5-1.5H5A1.5 1.5 0 0 0 3.5 5v6.5A1.5 1.5 0 0 0 5 13h2"/>'
    ),
    "leave": '<path d="M12 3.5H4v13h8M8.5 10h8.5M14 7l3 3-3 3"/>',
    "key": '<circle cx="6.5" cy="10" r="3.5"/><path d="M10 10h7.5M15 10v3M12.5 10v2"/>',
    "eye": (
        '<path d="M2 10c2-3.6 4.7-5.4 8-5.4s6 1.8 8 5.4c-2 3.6-4.7 5.4-8 5.4S4 13.6 2 10z"/>'
        '<circle cx="10" cy="10" r="2.4"/>'
    ),
    "warning": '<circle cx="10" cy="10" r="7"/><path d="M10 6v4.6M10 13.6v.01"/>',
    "good": '<path d="m4 10.5 4 4 8-9"/>',
    "clock": '<circle cx="10" cy="10" r="7"/><path d="M10 6v4.2l2.7 1.6"/>',
    "phone": '<rect x="6" y="2.5" width="8" height="15" rx="1.5"/><path d="M9 15h2"/>',
    "share": '<path d="M10 12V3M6.5 6 10 2.7 13.5 6M5 9.5H4v7.5h12V9.5h-1"/>',
    "print": '<path d="M6 7V3h8v4M6 14H3.5V7h13v7H14M6 11.5h8V17H6z"/>',
    "download": '<path d="M10 3v9M6.5 9 10 12.4 13.5 9M4 16.5h12"/>',
    "message": '<path d="M3 4h14v9.5H9L5.5 16.8v-3.3H3z"/>',
    "settings": '<path d="M3 6h8M15 6h2M3 14h2M9 14h8"/><circle cx="13" cy="6" r="2"/><circle cx="7" cy="14" r="2"/>',
    "rising": '<path d="m6.5 7.5 3.5-3.5 3.5 3.5M10 4v12"/>',
    "falling": '<path d="m6.5 12.5 3.5 3.5 3.5-3.5M10 16V4"/>',
    "help": (
        '<circle cx="10" cy="10" r="7"/><path d="M8 8.2c.1-1.2.9-1.9 2-1.9s2 .7 2 1.8c0 1.6-2 1.6-2 3M10 13.6v.01"/>'
    ),
    "card": (
        '<rect x="2.5" y="4.5" width="15" height="11" rx="1.5"/>'
        '<circle cx="7" cy="9" r="1.8"/>'
        '<path d="M4.5 13.5c.3-1.3 1.2-2 2.5-2s2.2.7 2.5 2M12 8.5h3.5M12 11.5h3.5"/>'
    ),
    "switch": '<path d="M4 7.5h11M12 4.5l3 3-3 3M16 12.5H5M8 9.5l-3 3 3 3"/>',
}


@cache
def icon(name: str) -> SafeString:
    """Return a drawing as an SVG that screen readers pass over."""
    return mark_safe(FRAME.format(DRAWINGS[name]))  # noqa: S308 - our own
