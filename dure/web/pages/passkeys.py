"""One's own passkeys, and the questions they answer."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dure.accounts import browsers
from dure.accounts.actions import passkeys as steps
from dure.accounts.factors import is_only_factor
from dure.accounts.models import Passkey
from dure.accounts.passkeys import Ceremony, PasskeyRefused
from dure.core.errors import NotFound
from dure.web import ceremonies, door
from dure.web.forms import PaperForm
from dure.web.pages.factors import after_adding, after_removing


class NameForm(PaperForm):
    """What the owner calls a passkey."""

    name = forms.CharField(
        label=pgettext_lazy("of a device", "Name"),
        max_length=steps.LONGEST_NAME,
        help_text=gettext_lazy("So that you know later which device it is on."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )


@door.public
@require_safe
def sign_in_question(request: HttpRequest) -> HttpResponse:
    """Ask whichever passkey the browser holds; nothing tells who has one."""
    return ceremonies.ask_anybody(request)


@door.halfway
@require_safe
def second_question(request: Any) -> HttpResponse:
    """Ask for a passkey of the account whose password was right."""
    return ceremonies.ask(request, Ceremony.SECOND, request.halfway)


@door.signed_in
@require_safe
def confirm_question(request: Any) -> HttpResponse:
    """Ask for one of one's own passkeys before what hurts."""
    return ceremonies.ask(request, Ceremony.CONFIRM, request.owner.account)


@door.signed_in
@door.fresh
@require_safe
def add_question(request: Any) -> HttpResponse:
    """Ask for a new passkey."""
    return ceremonies.ask(request, Ceremony.ADD, request.owner.account)


@door.signed_in
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: Any) -> HttpResponse:
    """Name a new passkey and add it."""
    here = browsers.name_of(request.headers.get("User-Agent", "")[:200])[: steps.LONGEST_NAME]
    form = NameForm(request.POST or None, initial={"name": here})
    if request.method == "POST" and form.is_valid():
        try:
            answer = ceremonies.answer_of(request, Ceremony.ADD)
            done = steps.add_passkey(request.owner, answer=answer, name=form.cleaned_data["name"])
        except (PasskeyRefused, steps.TooManyPasskeys, steps.NameRefused) as refused:
            form.refuse(refused)
        else:
            return after_adding(request, done, _("The passkey is added. Every other device is signed out."))
    return render(request, "pages/passkey_add.html", {"form": form})


@door.signed_in
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Any, passkey_uid: str) -> HttpResponse:
    """Give a passkey another name, or remove it."""
    passkey = Passkey.objects.filter(account=request.owner.account, uid=passkey_uid).first()
    if passkey is None:
        raise NotFound
    form = NameForm(request.POST if "name" in request.POST else None, initial={"name": passkey.name})
    if request.POST.get("step") == "remove":
        account = steps.remove_passkey(request.owner, passkey_uid=passkey_uid)
        return after_removing(request, account, _("The passkey is removed. Every other device is signed out."))
    if request.method == "POST" and form.is_valid():
        try:
            steps.rename_passkey(request.owner, passkey_uid=passkey_uid, name=form.cleaned_data["name"])
        except steps.NameRefused as refused:
            form.refuse(refused)
        else:
            return redirect("change_factor")
    context = {"form": form, "passkey": passkey, "is_last": is_only_factor(passkey)}
    return render(request, "pages/passkey.html", context)
