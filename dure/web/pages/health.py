"""Is it there, and can it work?"""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dure.web import door


@door.public
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer ``ok`` while the process runs."""
    return HttpResponse("ok", content_type="text/plain")


@door.public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer ``ok`` when the database answers, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database", status=503, content_type="text/plain")
    return HttpResponse("ok", content_type="text/plain")
