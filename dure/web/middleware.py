"""What happens around every page."""

import errno
import logging
from collections.abc import Callable
from typing import Any

from django.contrib.sessions.middleware import SessionMiddleware
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from dure.core.database import is_full
from dure.core.errors import DomainError
from dure.web import errors

logger = logging.getLogger(__name__)

FULL = (errno.ENOSPC, errno.EDQUOT)
GetResponse = Callable[[HttpRequest], HttpResponse]


class DomainErrors:
    """A refusal that no form caught becomes a page that says what it is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a domain error with its page, and a database or disk in trouble with 503: nothing was saved."""
        if isinstance(exception, DomainError):
            return errors.refused(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            logger.error("the database refused", exc_info=exception)
            return errors.trouble(full=is_full(exception))
        if isinstance(exception, OSError) and exception.errno in FULL:
            logger.error("the disk is full", exc_info=exception)
            return errors.trouble(full=True)
        return None


class Sessions(SessionMiddleware):
    """Django's, except that a page which could be read is shown although nothing can be written.

    What an action did is committed before; all that is lost is a message that would have been shown once, or the
    moment the session was last used.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session if it changed."""
        try:
            return super().process_response(request, response)
        except (OperationalError, InterfaceError):
            logger.error("the session was not saved", exc_info=True)
            return response


class Readers:
    """The reader's language: the one chosen on this browser, else the browser's own.

    The time zone is set where a workspace is known (``dure.web.door.page``) and taken back here.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        """Activate the language for this page."""
        language = translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            if response.status_code == 405 and not response.content:
                response = errors.wrong_method(request, response)
        timezone.deactivate()
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
