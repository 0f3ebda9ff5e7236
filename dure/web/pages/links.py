"""Pages behind a mailed link: the GET of the mailed address changes nothing (PRODUCT.md §4.6)."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts import queries as accounts
from dure.accounts.actions.links import LinkEnded, prove_address
from dure.accounts.actions.signing_in import Halfway, SignedIn, enter_after_proof, sign_in_by_link, stay_signed_in
from dure.accounts.actors import Owner
from dure.accounts.addresses import for_readers
from dure.accounts.models import Account, Address
from dure.accounts.passwords import PasswordRefused
from dure.core import secrets
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose
from dure.core.zones import zone_name
from dure.joining import queries as joining
from dure.joining.actions.inviting import ask_again
from dure.members import policies, queries
from dure.members.actions.admitting import OPENS_PASSWORD, ask_link_again, set_password
from dure.members.actions.moving import IdTaken, take_new_id, undo_new_id
from dure.web import door
from dure.web.context import look_url, name_of, seal_of
from dure.web.forms import PaperForm, password_field

SECRET = re.compile(r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{20,100}")
PRESSED = {Purpose.PROVE_ADDRESS, Purpose.PROVE_PRIVATE, Purpose.SIGN_IN, Purpose.TAKE_ID, Purpose.UNDO_ID}
"""What takes effect with the press of one button."""
MAILED = OPENS_PASSWORD | PRESSED
PAGES = {Purpose.TAKE_ID: "pages/link_new_id.html", Purpose.UNDO_ID: "pages/link_undo.html"}


class PasswordForm(PaperForm):
    """A new own password; ``id`` is there for password managers and is not read."""

    id = forms.CharField(required=False, widget=forms.TextInput({"autocomplete": "username", "readonly": True}))
    new_password = password_field(_("New password"), "new-password")


def cookie_of(handle: str) -> str:
    """Return the name of the cookie that stands for the secret of a mailed link."""
    return f"{settings.COOKIE_PREFIX}dure-link-{handle}"


@door.public
@require_safe
def arrive(request: HttpRequest, secret: str) -> HttpResponse:
    """Swap the secret in the address for a cookie; whether it is right is told by the next page."""
    return swap(request, secret, "link")


def swap(request: HttpRequest, secret: str, page: str) -> HttpResponse:
    """Lead to the page with the secret's handle in its address, and let a cookie hold the secret itself."""
    if not SECRET.fullmatch(secret):
        return gone(request, "unknown", "")
    handle = secret.partition(".")[0]
    response = redirect(page, handle)
    keep(response, handle, secret)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def keep(response: HttpResponse, handle: str, secret: str) -> None:
    """Let the browser hold a secret for an hour; what a link opens is decided each time it is shown."""
    cookie = cookie_of(handle)
    response.set_cookie(cookie, secret, max_age=3600, httponly=True, secure=settings.HTTPS, samesite="Lax")


def _read(request: HttpRequest, handle: str) -> tuple[OneTimeSecret | None, str]:
    """Return the secret of this page, and why it opens nothing, empty while it does."""
    value = request.COOKIES.get(cookie_of(handle), "")
    if not value:
        return None, "elsewhere"
    row = secrets.find(value)
    if row is None or row.uid != handle or row.purpose not in MAILED:
        return None, "unknown"
    return row, secrets.end_of(row)


def gone(request: HttpRequest, reason: str, handle: str, *, can_ask: bool = False) -> HttpResponse:
    """Say why a link opens nothing, and offer a new mail where there can be one."""
    asked = OneTimeSecret.objects.filter(uid=handle).first() if handle else None
    can_ask = can_ask or bool(asked and asked.purpose == Purpose.SET_PASSWORD and reason == "elsewhere")
    purpose = asked.purpose if asked and reason != "unknown" else ""
    context = {"reason": reason, "purpose": purpose, "handle": handle, "can_ask_again": can_ask, "path": _path(handle)}
    status = {"elsewhere": 200, "taken": 409}.get(reason, 410)
    return render(request, "pages/link_gone.html", context, status=status)


def _path(handle: str) -> str:
    """Return where a choice of language leads back to: what a button answered has no address to open again."""
    return reverse("link", args=[handle]) if handle else reverse("sign_in")


def _facts(row: OneTimeSecret) -> dict[str, Any]:
    place = None
    if row.workspace_id:
        place = queries.of(row.workspace_id).select_related("workspace").filter(account_id=row.account_id).first()
    own = Address.objects.select_related("account").get(account_id=row.account_id, kind=Address.ID)
    zone = place.workspace.time_zone if place else own.account.time_zone
    timezone.activate(ZoneInfo(zone))
    mailed_to = Address.objects.filter(pk=row.address_id or 0).first()
    return {
        "purpose": row.purpose,
        "handle": row.uid,
        "id_address": own.canonical,
        "address": mailed_to.canonical if mailed_to else "",
        "workspace_name": place.workspace.name if place else None,
        "seal": seal_of(place.workspace) if place else None,
        "look_url": look_url(place.workspace.accent) if place else "",
        "name": name_of(place) if place else "",
        "expires_at": row.expires_at,
        "zone": zone_name(zone),
    }


@door.public
@require_safe
def opened(request: HttpRequest, handle: str) -> HttpResponse:
    """Show the page with the button."""
    row, end = _read(request, handle)
    if row is None and joining.by_handle(handle):
        return redirect("link_invitation", handle)
    if row is None or end:
        return gone(request, end, handle)
    context = {"link": _facts(row), "stays": _reader_of(request, row) is not None}
    return render(request, PAGES.get(Purpose(row.purpose), "pages/link_open.html"), context)


def _reader_of(request: Any, row: OneTimeSecret) -> Account | None:
    """Return the account of this browser's session when it is the one the link is about."""
    account = door.account_of(request)
    return account if account is not None and account.pk == row.account_id else None


@door.public
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: Any, handle: str) -> HttpResponse:
    """Set the password and be signed in."""
    row, end = _read(request, handle)
    if row is None or end or row.purpose not in OPENS_PASSWORD:
        return gone(request, end or "unknown", handle)
    facts = _facts(row)
    form = PasswordForm(request.POST or None, initial={"id": facts["id_address"]})
    if request.method == "POST" and form.is_valid():
        try:
            account = set_password(door.VISITOR, secret=row, password=form.cleaned_data["new_password"])
        except PasswordRefused as refused:
            form.refuse(refused)
        except LinkEnded as ended:
            return gone(request, ended.end, handle)
        else:
            browser = door.browser_of(request)
            opened = enter_after_proof(door.VISITOR, account=account, browser=browser)
            return _enter(request, handle, opened)
    minimum, _words = policies.password_policy(row.account_id)
    context = {"form": form, "link": facts, "minimum": str(minimum)}
    return render(request, "pages/link_password.html", context)


def _enter(request: Any, handle: str, opened: SignedIn | Halfway, to: str = "/") -> HttpResponse:
    """Give the browser its session, and lead where it goes."""
    response = door.enter(request, opened, to)
    response.delete_cookie(cookie_of(handle), samesite="Lax")
    return response


@door.public
@require_POST
def use(request: Any, handle: str) -> HttpResponse:
    """Press the button of a link that proves an address, makes it the ID, takes that back, or signs in."""
    row, end = _read(request, handle)
    if row is None or end or row.purpose not in PRESSED:
        return gone(request, end or "unknown", handle)
    try:
        if row.purpose == Purpose.SIGN_IN:
            browser = door.browser_of(request)
            return _enter(request, handle, sign_in_by_link(door.VISITOR, secret=row, browser=browser))
        if row.purpose == Purpose.TAKE_ID:
            return _take_id(request, row)
        if row.purpose == Purpose.UNDO_ID:
            return _undo_id(request, row)
        prove_address(door.VISITOR, secret=row)
    except LinkEnded as ended:
        return gone(request, ended.end, handle)
    except IdTaken:
        return gone(request, "taken", handle)
    return render(request, "pages/link_done.html", {"link": _facts(row), "path": _path(handle)})


def _take_id(request: Any, row: OneTimeSecret) -> HttpResponse:
    """Change the ID; a browser that is signed in as this very account stays so, and no other is signed in or out."""
    reader = _reader_of(request, row)
    account = take_new_id(Owner(reader) if reader else door.VISITOR, secret=row)
    context = {"link": _facts(row), "stays": reader is not None, "path": _path(row.uid)}
    response = render(request, "pages/link_done.html", context)
    if reader is None:
        return response
    opened = stay_signed_in(door.VISITOR, account=account, browser=door.browser_of(request))
    return door.renew(request, opened, response)


def _undo_id(request: Any, row: OneTimeSecret) -> HttpResponse:
    """Give the account back to the earlier ID, and go on to a new password with the same proof."""
    issued = undo_new_id(door.VISITOR, secret=row)
    said = _("%(id)s is your ID again, and every device is signed out. Set a new password now.")
    messages.success(request, said % {"id": for_readers(accounts.id_of(row.account_id).canonical)})
    response = redirect("link_password", issued.row.uid)
    response.delete_cookie(cookie_of(row.uid), samesite="Lax")
    keep(response, issued.row.uid, issued.value)
    return response


@door.public
@require_POST
def again(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask for a new mail; the answer is the same whether one goes or not."""
    invited = joining.by_handle(handle) is not None
    (ask_again if invited else ask_link_again)(door.VISITOR, handle=handle)
    return render(request, "pages/link_again.html", {"invited": invited, "path": _path(handle)})
