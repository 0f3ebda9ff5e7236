"""One's own account: devices and the second factor."""

from typing import Any

import segno
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts import browsers, factors
from dure.accounts import queries as accounts
from dure.accounts.actions import factors as steps
from dure.accounts.actions.signing_in import stay_signed_in
from dure.accounts.actions.signing_out import sign_out_device as end_device
from dure.accounts.actions.signing_out import sign_out_others
from dure.accounts.models import Account, Address, SecondFactor
from dure.accounts.sessions import DEVICE
from dure.core import keys
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.members.actions.resetting import reset_factor
from dure.web import door
from dure.web.forms import PaperForm

KEY = "factor_key"


@door.signed_in
@require_safe
def my_account(request: Any) -> HttpResponse:
    """Show ID, password, second factor and devices."""
    account = request.owner.account
    here = request.session.get(DEVICE)
    devices = [
        {
            "uid": device.uid,
            "name": browsers.name_of(device.browser),
            "since": device.since,
            "seen_at": device.seen_at,  # type: ignore[attr-defined]
            "here": device.pk == here,
        }
        for device in accounts.devices_of(account.pk)
    ]
    own = accounts.addresses_of(account.pk)
    context = {
        "id_address": own[Address.ID][0].canonical,
        "pending": own[Address.PENDING][0] if own[Address.PENDING] else None,
        "aliases": own[Address.ALIAS],
        "private": own[Address.PRIVATE][0] if own[Address.PRIVATE] else None,
        "has_factor": account.has_factor,
        "spare_left": _spare_left(account),
        "devices": devices,
        "others": len(devices) > 1,
        "password_set_at": account.password_set_at,
    }
    return render(request, "pages/account.html", context)


@door.signed_in
@require_POST
def sign_out_device(request: Any) -> HttpResponse:
    """Sign one other device out, or all of them."""
    device = request.POST.get("device", "")
    if device:
        end_device(request.owner, device_uid=device)
        messages.success(request, _("Signed out there, from the next request on."))
    else:
        sign_out_others(request.owner, session_key=request.session.session_key)
        messages.success(request, _("Every other device is signed out, from its next request on."))
    return redirect("my_account")


class FirstCodeForm(PaperForm):
    """The code the app shows for the new key."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code", "spellcheck": "false"}),
    )


@door.signed_in
@door.fresh
@sensitive_post_parameters("code")
@require_http_methods(["GET", "HEAD", "POST"])
def set_up(request: Any) -> HttpResponse:
    """Show the key for the app, and turn the second factor on with its first code."""
    key = _key(request)
    form = FirstCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            done = steps.set_second_factor(request.owner, key=key, code=form.cleaned_data["code"])
        except steps.WrongFirstCode as refused:
            form.refuse(refused)
        else:
            return after_adding(request, done, _("The app is added. Every other device is signed out."))
    own = accounts.id_address(request.owner.account)
    address = factors.address_of(key, own, "Dure")
    grouped = " ".join(key[start : start + 4] for start in range(0, len(key), 4))
    picture = segno.make(address, micro=False).svg_data_uri(scale=4)
    context = {"form": form, "key": grouped, "otpauth": address, "qr_svg": picture}
    response = render(request, "pages/factor_set_up.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _key(request: Any) -> str:
    """Return the key that is being set up: one for the session, sealed, so that a wrong code does not change it."""
    sealed = request.session.get(KEY)
    if sealed:
        try:
            return str(keys.unseal(KEY, sealed.encode()))
        except keys.Unreadable:
            pass
    key = factors.new_key()
    request.session[KEY] = keys.seal(KEY, key).decode()
    return key


def _stay(request: Any, account: Account, response: HttpResponse) -> HttpResponse:
    """Keep this browser signed in; the change ended every session."""
    browser = door.browser_of(request)
    return door.renew(request, stay_signed_in(door.VISITOR, account=account, browser=browser), response)


def _shown(request: Any, account: Account, codes: list[str]) -> HttpResponse:
    context = {"codes": codes, "id_address": accounts.id_address(account)}
    response = render(request, "pages/spare_codes.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def after_adding(request: Any, done: steps.FactorSet, said: str) -> HttpResponse:
    """Stay signed in after another factor; the first one shows the spare codes, once."""
    if done.codes:
        return _stay(request, done.account, _shown(request, done.account, done.codes))
    return _back(request, done.account, said)


def after_removing(request: Any, account: Account, said: str) -> HttpResponse:
    """Stay signed in after one factor less."""
    if not account.has_factor:
        said = _("The second factor is off. Your password alone signs in.")
    return _back(request, account, said)


def _back(request: Any, account: Account, said: str) -> HttpResponse:
    response = _stay(request, account, redirect("change_factor"))
    messages.success(request, said)
    return response


@door.signed_in
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def change_factor(request: Any) -> HttpResponse:
    """Show every factor; make new spare codes, or turn the app off."""
    account = request.owner.account
    if request.POST.get("step") == "renew":
        return _shown(request, account, steps.renew_spare_codes(request.owner))
    if request.POST.get("step") == "remove":
        gone = steps.remove_second_factor(request.owner)
        return after_removing(request, gone, _("The app is removed. Every other device is signed out."))
    context = {
        "has_factor": account.has_factor,
        "app": SecondFactor.objects.filter(account=account).first(),
        "passkeys": list(account.passkeys.order_by("id")),
        "spare_left": _spare_left(account),
    }
    return render(request, "pages/factors.html", context)


def _spare_left(account: Account) -> str:
    return str(account.spare_codes.filter(used_at=None).count()) if account.has_factor else ""


@door.page(needs=Permission.MEMBERS_MANAGE)
@require_POST
def reset(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Take a managed member's lost second factor away."""
    try:
        reset_factor(request.actor, member_uid=member_uid)
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        messages.warning(request, refused.sentence())
    else:
        messages.success(request, _("The second factor is reset, every session has ended, and the owner is told."))
    return redirect("member", request.actor.member.workspace.uid, member_uid)
