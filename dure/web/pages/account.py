"""One's own account: password, language, My workspaces."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts import queries as accounts
from dure.accounts.actions.changing import change_password, choose_language
from dure.accounts.actions.confirming import ConfirmLater, WrongPassword, confirm_by_passkey
from dure.accounts.actions.confirming import confirm as confirm_password
from dure.accounts.actions.signing_in import stay_signed_in
from dure.accounts.actors import Owner
from dure.accounts.passkeys import Ceremony, PasskeyRefused
from dure.accounts.passwords import PasswordRefused
from dure.core import clock
from dure.core.errors import TooBusy
from dure.joining import queries as joining
from dure.joining import requests
from dure.members import devices, policies, queries, rules
from dure.web import ceremonies, door
from dure.web.forms import PaperForm, password_field
from dure.web.join_requests import shown_request
from dure.web.places import shown_invitation, shown_place


class ChangePasswordForm(PaperForm):
    """The present and the new password."""

    current_password = password_field(_("Present password"), "current-password")
    new_password = password_field(_("New password"), "new-password")


@door.signed_in
@sensitive_post_parameters("current_password", "new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: Any) -> HttpResponse:
    """Change the password; every other session ends."""
    form = ChangePasswordForm(request.POST or None)
    minimum, words = policies.password_policy(request.owner.id)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            account = change_password(
                request.owner,
                current=typed["current_password"],
                new=typed["new_password"],
                context=words,
                minimum=minimum,
            )
        except (WrongPassword, ConfirmLater, PasswordRefused, TooBusy) as refused:
            form.refuse(refused)
        else:
            opened = stay_signed_in(door.VISITOR, account=account, browser=door.browser_of(request))
            response = door.enter(request, opened, reverse("my_workspaces"))
            messages.success(request, _("Your password is changed. Every other device is signed out."))
            return response
    context = {"form": form, "minimum": str(minimum), "back_url": reverse("start"), **_reader(request.owner)}
    return render(request, "pages/change_password.html", context)


def _reader(owner: Owner) -> dict[str, Any]:
    return {"id_address": accounts.id_address(owner.account)}


@door.signed_in
@require_safe
def my_workspaces(request: Any) -> HttpResponse:
    """Show the ID on top, what waits to be accepted, and every workspace below it (K11)."""
    places = list(queries.places_of(request.owner.id)[:200])
    role_of, unseen = queries.roles(places), devices.never_opened(places)
    context = {
        "places": [shown_place(place, role_of(place), welcomes=place.pk in unseen) for place in places],
        "waiting": [shown_invitation(one) for one in joining.waiting_for(request.owner.account)[:50]],
        "asked": [shown_request(one) for one in requests.own(request.owner.account)],
        "unproven": not joining.has_proven_id(request.owner.account),
        **_reader(request.owner),
    }
    return render(request, "pages/my_workspaces.html", context)


@door.signed_in
@require_safe
def other_workspaces(request: Any) -> HttpResponse:
    """Return the first of the workspaces one may open, for the switcher that was opened in one of them."""
    here = request.GET.get("here", "")
    places = [place for place in queries.places_of(request.owner.id)[:50] if place.workspace.uid != here]
    opened = [place for place in places if rules.opens(place)][:8]
    unseen = devices.never_opened(opened)
    shown = [shown_place(place, welcomes=place.pk in unseen) for place in opened]
    return render(request, "parts/places.html", {"places": shown, **_reader(request.owner)})


class ConfirmForm(PaperForm):
    """The password once more."""

    current_password = password_field(_("Present password"), "current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


@door.signed_in
@sensitive_post_parameters("current_password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: Any) -> HttpResponse:
    """Ask for the password, or a passkey, before what hurts, and go on where one was."""
    if ceremonies.is_answer(request):
        return _confirm_by_passkey(request)
    form = ConfirmForm(request.POST or None, initial={"next": request.GET.get("next", "/")})
    if request.method == "POST" and form.is_valid():
        try:
            confirm_password(request.owner, password=form.cleaned_data["current_password"])
        except (WrongPassword, ConfirmLater, TooBusy) as refused:
            form.refuse(refused)
        else:
            return _confirmed(request, form.cleaned_data["next"])
    return _show_confirm(request, form)


def _confirm_by_passkey(request: Any) -> HttpResponse:
    back = request.POST.get("next", "/")
    try:
        confirm_by_passkey(request.owner, answer=ceremonies.answer_of(request, Ceremony.CONFIRM))
    except (PasskeyRefused, ConfirmLater) as refused:
        return _show_confirm(request, ConfirmForm(initial={"next": back}), refused.sentence())
    return _confirmed(request, back)


def _confirmed(request: Any, back: str) -> HttpResponse:
    request.session[door.CONFIRMED] = int(clock.now().timestamp())
    return redirect(door.safe_path(request, back))


def _show_confirm(request: Any, form: ConfirmForm, banner: str = "") -> HttpResponse:
    context = {"form": form, "banner": banner, "has_passkey": request.owner.account.passkeys.exists()}
    return render(request, "pages/confirm.html", {**context, **_reader(request.owner)})


@door.public
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language of the pages on this browser, and of one's letters when signed in."""
    code = request.POST.get("code", "")
    back = request.POST.get("next", "/")
    response = redirect(door.safe_path(request, back))
    if code in dict(settings.LANGUAGES):
        account = door.account_of(request)
        if account is not None:
            choose_language(Owner(account), language=code)
            account.language = code
        door.set_language(response, code)
    return response
