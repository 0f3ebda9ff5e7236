"""What a browser asks for when somebody puts Dure on the home screen (W3C Web App Manifest, Service Workers)."""

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_safe

from dure.web import door
from dure.web.pwa import icons

OFFLINE = "css/offline.css"
_IMPORTED = re.compile(r'@import url\("([^"]+)"\)')
GROUND = icons.PAPER


@door.public
@require_safe
def manifest(request: HttpRequest) -> HttpResponse:
    """Describe the server as an app, for whoever is at no workspace."""
    return _manifest(gettext("Dure"), reverse("start"))


@door.page(needs=None)
@require_safe
def workspace_manifest(request: Any, **_names: Any) -> HttpResponse:
    """Describe a workspace as an app, to its members alone: it opens there, under the workspace's name."""
    workspace = request.actor.member.workspace
    return _manifest(workspace.name, reverse("home", args=[workspace.uid]))


def _manifest(name: str, start: str) -> HttpResponse:
    described = [
        {
            "src": reverse("icon", args=[file]),
            "sizes": f"{one.size}x{one.size}",
            "type": "image/png",
            "purpose": one.purpose,
        }
        for file, one in icons.ICONS.items()
        if one.purpose
    ]
    return JsonResponse(
        {
            "id": start,
            "name": name,
            "short_name": name[:12],
            "lang": get_language(),
            "start_url": start,
            "scope": "/",
            "display": "standalone",
            "background_color": GROUND,
            "theme_color": GROUND,
            "icons": described,
        },
        content_type="application/manifest+json",
        json_dumps_params={"ensure_ascii": False},
    )


@door.public
@require_safe
def icon(request: HttpRequest, name: str) -> HttpResponse:
    """Return one icon."""
    if name not in icons.ICONS:
        raise Http404
    response = HttpResponse(icons.icon(name), content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=604800"
    return response


@door.public
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Return the script at the top of the server, so that its scope is all of it."""
    context = {"offline": json.dumps(reverse("offline")), "files": json.dumps(_files()), "version": _version()}
    response = render(request, "pwa/service-worker.js", context, content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@door.public
@require_safe
def offline(request: HttpRequest) -> HttpResponse:
    """Say that there is no network, in the reader's language and with nothing of the reader's: it is kept."""
    return render(request, "pwa/offline.html", {"style": static(OFFLINE), "mark": static("mark.svg")})


@cache
def _version() -> str:
    """Return what changes whenever one of the files or the page does."""
    page = (Path(__file__).parent.parent / "templates" / "pwa" / "offline.html").read_text()
    return hashlib.sha256("".join([page, *_files()]).encode()).hexdigest()[:12]


@cache
def _files() -> list[str]:
    """Return the addresses of what the offline page is made of."""
    folder = Path(__file__).parent.parent / "static" / "css"
    imported = _IMPORTED.findall((folder / "offline.css").read_text())
    return [static(OFFLINE), static("mark.svg"), *(static(f"css/{name}") for name in imported)]
