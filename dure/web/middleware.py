"""What happens around every page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from dure.core.errors import DomainError
from dure.web import errors

GetResponse = Callable[[HttpRequest], HttpResponse]


class DomainErrors:
    """A refusal that no form caught becomes a page that says what it is."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer a domain error with its page."""
        if isinstance(exception, DomainError):
            return errors.refused(request, exception)
        return None


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
        timezone.deactivate()
        response.headers.setdefault("Content-Language", language)
        response.headers.setdefault("Cache-Control", "no-store")
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response
