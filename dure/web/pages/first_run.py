"""The first-run page: a workspace and its super admin, by the code on the server's console (N0)."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dure.accounts import passwords
from dure.accounts.actions.signing_in import stay_signed_in
from dure.core.errors import DomainError
from dure.core.zones import zone_list
from dure.joining.actions.founding import is_set_up, set_up_server
from dure.web import door
from dure.web.forms import PaperForm, id_field, password_field

USUAL_ZONES = {"ko": "Asia/Seoul", "ja": "Asia/Tokyo"}


def _zones() -> list[tuple[str, str]]:
    return [(zone, zone) for zone in zone_list()]


class FirstRunForm(PaperForm):
    """The workspace, and whoever runs it."""

    code = forms.CharField(
        label=_("Set-up code"),
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
        help_text=_("It stands on the server's console, beside the address of this page."),
    )
    workspace_name = forms.CharField(
        label=_("Name of the workspace"),
        max_length=400,
        widget=forms.TextInput({"autocomplete": "organization"}),
        help_text=_("Usually the company's name. Every mail carries it."),
    )
    language = forms.ChoiceField(label=_("Main language"), choices=settings.LANGUAGES)
    languages = forms.MultipleChoiceField(
        label=_("Further languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    family_name = forms.CharField(
        label=_("Family name"), max_length=200, required=False, strip=False, widget=forms.TextInput()
    )
    given_name = forms.CharField(label=_("Given name"), max_length=200, required=False, strip=False)
    id = id_field(_("ID (e-mail address)"), help_text=_("You sign in with this address."))
    password = password_field(_("Password"), "new-password")


@door.public
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "HEAD", "POST"])
def first_run(request: Any) -> HttpResponse:
    """Show the form, or found the workspace and lead on to adding the first co-workers."""
    if is_set_up():
        raise Http404
    language = get_language() or "en"
    initial = {
        "language": language,
        "languages": [language],
        "time_zone": USUAL_ZONES.get(language, "UTC"),
    }
    form = FirstRunForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            founded = _found(form.cleaned_data)
        except DomainError as refused:
            form.refuse(refused)
        else:
            return _enter(request, founded)
    context = {"form": form, "minimum": str(passwords.SHORTEST)}
    return render(request, "pages/first_run.html", context)


def _found(typed: dict[str, Any]) -> Any:
    return set_up_server(
        door.VISITOR,
        code=typed["code"],
        password=typed["password"],
        name=typed["workspace_name"],
        languages=[typed["language"], *typed["languages"]],
        time_zone=typed["time_zone"],
        admin={name: typed[name] for name in ("id", "family_name", "given_name")},
    )


def _enter(request: Any, founded: Any) -> HttpResponse:
    opened = stay_signed_in(door.VISITOR, account=founded.member.account, browser=door.browser_of(request))
    response = door.enter(request, opened, reverse("members", args=[founded.workspace.uid]))
    messages.success(request, _("The workspace %(name)s is ready.") % {"name": founded.workspace.name})
    return response
