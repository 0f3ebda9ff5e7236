"""Passkeys between page and browser: the question goes out as JSON, the answer comes in by a form.

Both are bound to this browser: to its session where it has one, and on the sign-in page to a cookie of five minutes.
"""

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from dure.accounts import passkeys
from dure.accounts.models import Account
from dure.accounts.passkeys import Answer, Ceremony, PasskeyRefused, Question

COOKIE = f"{settings.COOKIE_PREFIX}dure-passkey"


class AnswerForm(forms.Form):
    """What the script sends once the browser answered."""

    ticket = forms.CharField(max_length=2000)
    answer = forms.CharField(max_length=30_000)


def is_answer(request: HttpRequest) -> bool:
    """Tell whether the form that was sent is a passkey's."""
    return request.method == "POST" and "answer" in request.POST


def ask(request: Any, ceremony: Ceremony, account: Account) -> HttpResponse:
    """Return the question to a browser with a session."""
    if ceremony is Ceremony.ADD:
        return _as_json(passkeys.question_to_add(account, _session(request)))
    return _as_json(passkeys.question_to_use(ceremony, _session(request), account))


def ask_anybody(request: HttpRequest) -> HttpResponse:
    """Return the question of the sign-in page, which names nobody (PRODUCT.md §4.11)."""
    browser = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(24)
    response = _as_json(passkeys.question_to_use(Ceremony.SIGN_IN, browser))
    lasts = int(passkeys.LASTS.total_seconds())
    response.set_cookie(COOKIE, browser, max_age=lasts, httponly=True, secure=settings.HTTPS, samesite="Strict")
    return response


def answer_of(request: HttpRequest, ceremony: Ceremony) -> Answer:
    """Return what the form brought along.

    :raises PasskeyRefused: when it brought nothing, or there is no browser to bind it to.
    """
    form = AnswerForm(request.POST)
    browser = request.COOKIES.get(COOKIE, "") if ceremony is Ceremony.SIGN_IN else _session(request)
    if not form.is_valid() or not browser:
        raise PasskeyRefused
    return Answer(ceremony, browser, form.cleaned_data["ticket"], form.cleaned_data["answer"])


def _session(request: Any) -> str:
    return str(request.session.session_key or "")


def _as_json(question: Question) -> HttpResponse:
    return JsonResponse({"ticket": question.ticket, "publicKey": question.options})
