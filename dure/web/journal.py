"""One line and one count for each request; never an address, a name, a token or a query string."""

import logging
import re
import secrets
import time

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dure.core import logs
from dure.web import metrics, networks
from dure.web.middleware import GetResponse

logger = logging.getLogger("dure.request")

HEADER = "X-Request-Id"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PROBES = ("/healthz", "/readyz", "/metrics")
_GOOD_ID = re.compile(r"[A-Za-z0-9-]{8,64}")


class Journal:
    """Around every page but static files."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, then tell; whoever probes may call this server by any name."""
        if request.path in PROBES and request.method in ("GET", "HEAD"):
            request.META["HTTP_HOST"] = settings.PUBLIC.netloc
        begun, token = time.perf_counter(), logs.request_id.set(_id_of(request))
        try:
            response = self.get_response(request)
            self._tell(request, response, time.perf_counter() - begun)
            return response
        finally:
            logs.request_id.reset(token)

    def _tell(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        route = (match.url_name if match else "") or "none"
        method = request.method if request.method in METHODS else "other"
        metrics.count_request(route, method, response.status_code, seconds)
        actor = getattr(request, "actor", None)
        facts = {
            "method": method,
            "route": route,
            "status": response.status_code,
            "ms": round(seconds * 1000, 1),
            "door": (match.namespace if match else "") or "web",
            "workspace": actor.workspace_id if actor else None,
        }
        logger.info("answered", extra={"facts": facts})


def _id_of(request: HttpRequest) -> str:
    """Return the number a trusted proxy gave the request, else a new one."""
    given = request.headers.get(HEADER, "")
    if _GOOD_ID.fullmatch(given) and networks.came_through_proxy(request):
        return given
    return secrets.token_hex(8)
