"""How a workspace looks, for whoever sees its pages: also before signing in."""

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dure.web import door
from dure.workspaces import logos

FOREVER = "public, max-age=31536000, immutable"


@door.public
@require_safe
def look(request: HttpRequest, accent: str) -> HttpResponse:
    """Serve the stylesheet of a colour; it names no workspace. Lightness and contrast are the tokens' own."""
    css = f":root, .sample {{ --accent: #{accent}; }}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": FOREVER})


@door.public
@require_safe
def logo(request: HttpRequest, name: str) -> HttpResponse:
    """Serve a logo; whoever has a link of the workspace sees it, and its name cannot be guessed."""
    content = logos.read(name, small="large" not in request.GET)
    if content is None:
        raise Http404
    return HttpResponse(content, content_type="image/webp", headers={"Cache-Control": FOREVER})
