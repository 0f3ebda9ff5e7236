"""Who opens a page: every view declares it, and nothing opens undeclared (ARCHITECTURE §2)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from dure.accounts import queries as accounts
from dure.accounts.actions.signing_in import Browser, CodeEnded, CodeTaken, Halfway, SignedIn, living_code
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Account
from dure.accounts.sessions import ACCOUNT, CODE, DEVICE, EPOCH, HALFWAY, HALFWAY_LASTS, OPENED, SINCE, TOUCHED
from dure.core import clock
from dure.core.actor import require
from dure.core.permissions import Permission
from dure.members import devices, rules
from dure.members import queries as members
from dure.members.actors import MemberActor, actor_for
from dure.members.policies import session_limits
from dure.web import networks

logger = logging.getLogger(__name__)

View = Callable[..., HttpResponse]
DEVICE_COOKIE = f"{settings.COOKIE_PREFIX}dure-device"
VISITOR = Visitor()
CONFIRMED = "confirmed"
FRESH = timedelta(minutes=15)
TOUCH_EVERY = timedelta(hours=1)
"""How exactly it is known when a session was used last, or more exactly where it ends soon."""


def public(view: View) -> View:
    """Open to everybody, signed in or not."""
    view.opens = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: View) -> View:
    """Open to the owner of a living session; ``request.owner`` is the actor."""

    @wraps(view)
    def opened(request: Any, *arguments: Any, **names: Any) -> HttpResponse:
        account = account_of(request)
        if account is None:
            return to_sign_in(request)
        request.owner = Owner(account)
        timezone.activate(ZoneInfo(account.time_zone))
        return view(request, *arguments, **names)

    opened.opens = "signed_in"  # type: ignore[attr-defined]
    return opened


def first_password(view: View) -> View:
    """Open to whoever signed in with a temporary password that still lives; ``request.code`` is its row.

    Whoever sits before the page when it ends is told why.
    """

    @wraps(view)
    def opened(request: Any, *arguments: Any, **names: Any) -> HttpResponse:
        if CODE not in request.session:
            return redirect("start" if account_of(request) else "sign_in")
        try:
            request.code = living_code(request.session[CODE])
        except CodeEnded as ended:
            return code_gone(request, ended)
        return view(request, *arguments, **names)

    opened.opens = "first_password"  # type: ignore[attr-defined]
    return opened


def code_gone(request: Any, ended: CodeEnded) -> HttpResponse:
    """Forget the session of a temporary password that ended, and say why."""
    request.session.flush()
    return render(request, "pages/first_password_gone.html", {"reason": ended.sentence()}, status=ended.status)


def halfway(view: View) -> View:
    """Open to whoever typed the right password and needs the second factor; ``request.halfway`` is the account."""

    @wraps(view)
    def opened(request: Any, *arguments: Any, **names: Any) -> HttpResponse:
        young = clock.now().timestamp() - request.session.get(SINCE, 0) <= HALFWAY_LASTS.total_seconds()
        account_id = request.session.get(HALFWAY, 0) if young else 0
        request.halfway = accounts.with_epoch(account_id, request.session.get(EPOCH, -1))
        if request.halfway is None:
            return redirect("start" if account_of(request) else "sign_in")
        return view(request, *arguments, **names)

    opened.opens = "halfway"  # type: ignore[attr-defined]
    return opened


def metrics(view: View) -> View:
    """Open to whoever comes from a network of ``DURE_METRICS_FROM``, signed in or not; else there is nothing here."""

    @wraps(view)
    def opened(request: HttpRequest, *arguments: Any, **names: Any) -> HttpResponse:
        if not networks.is_within(networks.client_address(request), settings.DURE["METRICS_FROM"]):
            raise Http404
        return view(request, *arguments, **names)

    opened.opens = "public"  # type: ignore[attr-defined]
    return opened


def page(*, needs: Permission | None) -> Callable[[View], View]:
    """Open to active members of the workspace in the URL who hold the permission; ``request.actor`` is the actor.

    Somebody who is no member learns nothing, not even that the workspace exists.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def opened(request: Any, workspace: str, *arguments: Any, **names: Any) -> HttpResponse:
            account = account_of(request)
            if account is None:
                return to_sign_in(request)
            actor = _actor_in(account, workspace)
            if actor is None:
                return redirect("my_workspaces")
            request.owner, request.actor = Owner(account), actor
            timezone.activate(ZoneInfo(actor.member.workspace.time_zone))
            require(actor, needs)
            _note_use(request, actor)
            return view(request, *arguments, **names)

        opened.opens = needs or "member"  # type: ignore[attr-defined]
        return opened

    return decorate


def fresh(view: View) -> View:
    """Ask for the password again when it was typed more than a quarter of an hour ago; goes inside another door."""

    @wraps(view)
    def opened(request: Any, *arguments: Any, **names: Any) -> HttpResponse:
        proved = max(request.session.get(SINCE, 0), request.session.get(CONFIRMED, 0))
        ago = clock.now().timestamp() - proved
        if not -clock.SKEW.total_seconds() <= ago <= FRESH.total_seconds():
            return redirect(f"{reverse('confirm')}?{urlencode({'next': _page_to_return_to(request)})}")
        return view(request, *arguments, **names)

    return opened


def _page_to_return_to(request: HttpRequest) -> str:
    """Return this page, or for a form that was sent the page it stood on, since some addresses only take forms."""
    sender = urlsplit(request.headers.get("Referer", ""))
    sent = request.method == "POST" and sender.netloc == request.get_host()
    if sent:
        return safe_path(request, sender.path)
    return request.get_full_path() if request.method == "GET" else request.path


def _note_use(request: Any, actor: MemberActor) -> None:
    """Remember about once an hour that this device opened this workspace; a page is shown where that cannot be."""
    device_id, at = request.session.get(DEVICE), int(clock.now().timestamp())
    known, place = request.session.get(OPENED, {}), str(actor.workspace_id)
    if device_id is None or abs(at - known.get(place, 0)) < devices.EXACT_TO.total_seconds():
        return
    try:
        devices.note_use(actor.member, device_id)
    except (OperationalError, InterfaceError, IntegrityError):
        logger.warning("the use of a device was not written", exc_info=True)
    else:
        request.session[OPENED] = {**known, place: at}


def _actor_in(account: Account, workspace: str) -> MemberActor | None:
    member = members.present(account, workspace)
    if member is None:
        raise Http404
    return actor_for(member) if rules.opens(member) else None


def account_of(request: Any) -> Account | None:
    """Return the account of the session, read anew for this request; a session that ended is forgotten."""
    if not hasattr(request, "_account"):
        request._account = _read_account(request)
    return request._account


def _read_account(request: Any) -> Account | None:
    account_id = request.session.get(ACCOUNT)
    if account_id is None:
        return None
    account = request.session.owner() or accounts.with_epoch(account_id, request.session.get(EPOCH, -1))
    at, since = clock.now().timestamp(), request.session.get(SINCE, 0)
    touched = request.session.get(TOUCHED, since)
    limits = session_limits(account_id)
    if account is None or limits.end(since=since, touched=touched):
        request.session.flush()
        return None
    if at - touched > min(TOUCH_EVERY, limits.idle / 12).total_seconds():
        request.session[TOUCHED] = int(at)
    return account


def browser_of(request: HttpRequest) -> Browser:
    """Return what this browser brings along."""
    return Browser(cookie=request.COOKIES.get(DEVICE_COOKIE, ""), name=request.headers.get("User-Agent", "")[:200])


def enter(request: Any, opened: SignedIn | Halfway | CodeTaken, to: str) -> HttpResponse:
    """Give this browser the new session, the one it had ends, and lead to ``to`` or to what is still missing."""
    if isinstance(opened, SignedIn):
        return renew(request, opened, redirect(to))
    _change_session(request, opened)
    if isinstance(opened, CodeTaken):
        return redirect("first_password")
    request.session["next"] = to
    return redirect("second_factor")


def renew(request: Any, opened: SignedIn, response: HttpResponse) -> HttpResponse:
    """Give this browser the new session with any response, as after an act that ended the session it had."""
    _change_session(request, opened)
    request._account = opened.account
    return greet(response, opened.account, opened.device)


def _change_session(request: Any, opened: SignedIn | Halfway | CodeTaken) -> None:
    request.session.flush()
    request.session = opened.session
    request._account = None


def greet(response: HttpResponse, account: Account, device: str = "") -> HttpResponse:
    """Set the cookies that go with a new session: the language, and the device when it is new."""
    set_language(response, account.language)
    if device:
        _set_cookie(response, DEVICE_COOKIE, device)
    return response


def set_language(response: HttpResponse, code: str) -> None:
    """Keep the language of the pages on this browser."""
    _set_cookie(response, settings.LANGUAGE_COOKIE_NAME, code)


def _set_cookie(response: HttpResponse, name: str, value: str) -> None:
    year = int(timedelta(days=365).total_seconds())
    response.set_cookie(name, value, max_age=year, httponly=True, secure=settings.HTTPS, samesite="Lax")


def safe_path(request: HttpRequest, address: str) -> str:
    """Return an address of this server that a form brought along, else the start."""
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=settings.HTTPS)
    return address if own and address.startswith("/") else "/"


def to_sign_in(request: HttpRequest, back: str = "") -> HttpResponse:
    """Send somebody to the sign-in page, and back to where they wanted to go, or to ``back``."""
    back = back or (request.get_full_path() if request.method == "GET" else "")
    address = reverse("sign_in") + (f"?{urlencode({'next': back})}" if back and back != "/" else "")
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
