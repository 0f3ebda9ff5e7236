"""Is it there, can it work, and how is it doing?"""

import shutil
from functools import cache

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from dure.web import door, metrics

ROOM = 32 * 2**20
"""Bytes that must be free where the data are: below it, the next letter or photo may not fit."""
APPLIED = "SELECT name FROM django_migrations WHERE app = 'dure'"


@door.public
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """Answer ``ok`` while the process runs."""
    return HttpResponse("ok", content_type="text/plain")


@door.public
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """Answer ``ok`` when the database answers and is up to date and the disk has room; else 503 and which is not."""
    missing = _missing()
    return HttpResponse(missing or "ok", status=503 if missing else 200, content_type="text/plain")


def _missing() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute(APPLIED)
            applied = {name for (name,) in cursor.fetchall()}
    except Error:
        return "database"
    if not _known() <= applied:
        return "migrations"
    return "" if shutil.disk_usage(settings.DURE["DATA"]).free > ROOM else "disk"


@cache
def _known() -> frozenset[str]:
    """Return the migrations this version brings; read once, since they come with the program."""
    known = MigrationLoader(None, ignore_no_migrations=True).disk_migrations
    return frozenset(name for app, name in known if app == "dure")


@door.metrics
@require_safe
def measured(request: HttpRequest) -> HttpResponse:
    """Show the numbers for Prometheus."""
    return HttpResponse(metrics.text(), content_type=metrics.TYPE)
