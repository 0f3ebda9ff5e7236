"""Pages that many open at once and that differ in a word or two: written once, then filled in (docs/adr/0018)."""

import re
import secrets
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.translation import get_language

_TOKEN = "csrf_token"
_MARK = secrets.token_hex(8)
_HOLE = re.compile(rf"{_MARK}-(\w+)-")


def render_kept(
    request: HttpRequest,
    template: str,
    facts: Any,
    context: Callable[[], dict[str, Any]],
    holes: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Answer a visitor with a page that is the same for everybody, but for the texts that fill its ``holes``.

    ``facts`` is everything the page shows besides its template, its language, its address and its holes; its ``repr``
    tells one page from another. ``context`` makes what the template needs, and is called when the page is not kept.
    Whoever a message waits for gets a page of their own.
    """
    holes = holes or {}
    if len(messages.get_messages(request)):
        return render(request, template, {**context(), **holes})
    page = repr((template, get_language(), request.get_full_path(), facts, sorted(holes)))
    key = sha256(page.encode()).hexdigest()
    pieces = cache.get(key)
    if pieces is None:
        marks = {name: f"{_MARK}-{name}-" for name in (*holes, _TOKEN)}
        pieces = _HOLE.split(render_to_string(template, context() | marks, request))  # text, a hole's name, text, …
        cache.set(key, pieces)
    filled = {name: conditional_escape(text) for name, text in holes.items()} | {_TOKEN: get_token(request)}
    return HttpResponse("".join(filled[piece] if place % 2 else piece for place, piece in enumerate(pieces)))
