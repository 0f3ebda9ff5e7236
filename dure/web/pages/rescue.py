"""A super admin who cannot sign in uses a printed code (K8)."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dure.accounts.actions.signing_in import enter_after_proof
from dure.accounts.passwords import PasswordRefused
from dure.core.errors import TooBusy
from dure.members.actions.rescuing import WrongRescueCode, rescue_by_code
from dure.web import door, networks
from dure.web.forms import PaperForm, id_field, password_field


class RescueForm(PaperForm):
    """ID, one of the printed codes, and a new password."""

    id = id_field(_("ID (e-mail address)"))
    code = forms.CharField(
        label=_("One of the printed codes"),
        max_length=60,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    new_password = password_field(_("New password"), "new-password")


@door.public
@sensitive_post_parameters("code", "new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def rescue(request: Any) -> HttpResponse:
    """Set a new password with a printed code and be signed in."""
    form = RescueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            account = rescue_by_code(
                door.VISITOR,
                address=typed["id"],
                code=typed["code"],
                password=typed["new_password"],
                network=networks.network_of(request),
            )
        except (WrongRescueCode, PasswordRefused, TooBusy) as refused:
            form.refuse(refused)
        else:
            opened = enter_after_proof(door.VISITOR, account=account, browser=door.browser_of(request))
            return door.enter(request, opened, "/")
    return render(request, "pages/rescue.html", {"form": form})
