"""Pages for what went wrong; never a stack trace."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import TemplateDoesNotExist, loader
from django.utils.translation import gettext_lazy as _

from dure.core.errors import DomainError

PAGES = {
    400: (_("This request was not understood"), _("Go back and try again. Nothing was changed.")),
    403: (
        _("This is not open to you"),
        _("Your rights do not include this page. An administrator of the workspace can change that."),
    ),
    404: (_("There is nothing here"), _("The address is wrong, or what was here is gone.")),
    405: (_("This page is opened differently"), _("Go back and use the button on the page before.")),
    429: (
        _("Many people are here at this moment"),
        _("Wait a few seconds and try again. Nothing was lost and nothing was counted against you."),
    ),
    500: (_("Something went wrong on our side"), _("Nothing was saved. Try again; if it stays, tell the operator.")),
    503: (_("Dure is busy for a moment"), _("Nothing was saved. Try again in a few seconds.")),
}


def page(request: HttpRequest, status: int, explanation: Any = "") -> HttpResponse:
    """Return the page for a status."""
    title, usual = PAGES.get(status, PAGES[400])
    context = {"code": str(status), "title": title, "explanation": explanation or usual, "back_url": "/"}
    response = render(request, "errors/page.html", context, status=status)
    if status in (429, 503):
        response.headers["Retry-After"] = "5"
    return response


def refused(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page for a refusal; a program reads its code in the header ``Dure-Error``."""
    usual = error.status in (403, 404, 429)
    response = page(request, error.status if error.status in PAGES else 400, "" if usual else error.sentence())
    response.status_code = error.status
    response.headers["Dure-Error"] = error.code
    return response


def wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 405 with a page, for whoever reloads the address of a button or comes back to it."""
    answer = page(request, 405)
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400."""
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    return page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404."""
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with a page that needs nothing that might be broken."""
    try:
        return HttpResponse(loader.get_template("errors/plain_500.html").render(), status=500)
    except TemplateDoesNotExist:
        return HttpResponse("500", status=500, content_type="text/plain")


def trouble(*, full: bool) -> HttpResponse:
    """Answer 503 with a page that needs no database: it refuses to write, or is away for a moment."""
    text = loader.get_template("errors/plain_503.html").render({"full": full})
    return HttpResponse(text, status=503, headers={"Retry-After": "5"})


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose cookie is gone or that came from another site; a browser that sends none keeps none."""
    if not request.COOKIES:
        return page(request, 403, _("Cookies are off in this browser. Allow them, go back, reload and try again."))
    return page(request, 403, _("The page was open for too long, or cookies are off. Go back, reload and try again."))
