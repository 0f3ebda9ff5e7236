"""The WSGI application; in ``dure serve`` it also starts the worker's thread."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dure.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - after the set-up

from dure.accounts.hashing import warm_up  # noqa: E402

warm_up()
gc.collect()
gc.freeze()  # what was loaded at the start stays: no collection needs to look at it again
if os.environ.pop("SERVED_BY_DURE", "") and settings.DURE["WORKER"] == "inside":
    from dure.worker import end_with_parent, start_thread

    end_with_parent(os.getppid())
    start_thread()
