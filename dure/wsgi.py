"""The WSGI application; in ``dure serve`` it also starts the worker's thread."""

import gc
import os
from multiprocessing.util import Finalize
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dure.settings")
pages = get_wsgi_application()

from django.conf import settings  # noqa: E402 - after the set-up

from dure.accounts.hashing import warm_up  # noqa: E402

WORKER_PATIENCE = 10.0
"""Seconds the letter in hand may still take when the server stops."""

warm_up()
gc.collect()
gc.freeze()  # what was loaded at the start stays: no collection needs to look at it again
gc.set_threshold(20_000, 20, 20)  # a request leaves few cycles behind
if os.environ.pop("SERVED_BY_DURE", ""):
    from dure.worker import end_with_parent, start_thread

    end_with_parent(os.getppid())
    if settings.DURE["WORKER"] == "inside":
        # Run when this process ends by itself: its pages are answered by then, and the worker gives back its letters.
        Finalize(None, start_thread(), args=(WORKER_PATIENCE,), exitpriority=10)


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """Answer a request; where the public address is https, the proxy in front took it over https."""
    environ["wsgi.url_scheme"] = settings.PUBLIC.scheme
    return pages(environ, start_response)
