"""Workspace environment: basic information, colour, security (PRODUCT.md §5, §6)."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.core.zones import zones_with
from dure.members.actions.governing import change_policies
from dure.web import door
from dure.web.context import look_url, seal_of
from dure.web.effects import effects
from dure.web.forms import SealedForm
from dure.web.history import history
from dure.workspaces import logos, policies, rules
from dure.workspaces.actions import editing
from dure.workspaces.policies import POLICIES

EDIT = door.page(needs=Permission.WORKSPACE_EDIT)
SECURE = door.page(needs=Permission.SECURITY_MANAGE)
BESIDE = {"workspace_name": "name", "languages": "language"}
CELADON = "679f8f"
"""What the colour field shows where there is none: Dure's own (tokens.css)."""


class EnvironmentForm(SealedForm):
    """A part of the workspace environment."""

    sealed_as = "environment"


class BasicsForm(EnvironmentForm):
    """Name, logo, languages, time zone."""

    name = forms.CharField(label=gettext_lazy("Name of the workspace"), max_length=400, strip=False)
    logo = forms.FileField(
        label=gettext_lazy("Logo"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB; best a square. It stands wherever the letter stood."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
    no_logo = forms.BooleanField(
        label=gettext_lazy("Take the logo away"), required=False, widget=forms.CheckboxInput({"class": "check"})
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Main language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("What mails to new people begin in. Whoever is here keeps the language they chose."),
    )
    others = forms.MultipleChoiceField(
        label=gettext_lazy("Other languages"),
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple({"class": "check"}),
        help_text=gettext_lazy("Offered first, after the main one, when somebody is registered."),
    )
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        help_text=gettext_lazy("In which days begin and times are shown. Dates that were set keep their moment."),
    )

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        zones: Any = self.fields["time_zone"]
        zones.choices = [(zone, zone) for zone in zones_with(self.initial["time_zone"])]


@EDIT
@require_http_methods(["GET", "HEAD", "POST"])
def basics(request: Any, **_names: Any) -> HttpResponse:
    """Show the basic information, or save what was changed."""
    workspace = request.actor.member.workspace
    values = editing.values_of(workspace)
    main, *others = workspace.languages or [workspace.language]
    shown = {"name": workspace.name, "time_zone": workspace.time_zone, "language": main, "others": others}
    form = BasicsForm(request.POST or None, request.FILES or None, initial={**shown, "was": BasicsForm.sealed(values)})
    if request.method == "POST" and form.is_valid():
        try:
            return _save_basics(request, form)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.know(refused)
            for one in (refused, *refused.others):
                one.field = BESIDE.get(one.field, one.field)
            form.refuse(refused)
    context = {
        "form": form,
        "section": "basics",
        "seal": seal_of(workspace),
        "has_logo": bool(workspace.logo),
        "changes": history(workspace),
    }
    return render(request, "pages/admin/basics.html", context)


def _save_basics(request: Any, form: BasicsForm) -> HttpResponse:
    typed, upload = form.cleaned_data, form.cleaned_data["logo"]
    languages = " ".join(dict.fromkeys([typed["language"], *typed["others"]]))
    fields = {"name": rules.workspace_name(typed["name"]), "languages": languages, "time_zone": typed["time_zone"]}
    logo = logos.store(upload, upload.size) if upload else "" if typed["no_logo"] else None
    try:
        workspace, old = editing.edit_workspace(request.actor, typed=fields, was=typed["was"], logo=logo)
    except DomainError:
        logos.remove(logo or "")
        raise
    logos.remove(old)
    messages.success(request, _("Saved. Everybody sees it from now on."))
    return redirect("workspace_basics", workspace.uid)


class ColourForm(EnvironmentForm):
    """The workspace's own colour."""

    accent = forms.CharField(
        label=gettext_lazy("Colour"),
        max_length=20,
        required=False,
        help_text=gettext_lazy("Any colour will do: the pages keep their contrast and take its hue."),
        widget=forms.TextInput({"type": "color"}),
    )


@EDIT
@require_http_methods(["GET", "HEAD", "POST"])
def colour(request: Any, **_names: Any) -> HttpResponse:
    """Show a colour in light and dark before it is saved, or save it."""
    workspace = request.actor.member.workspace
    values = {"accent": workspace.accent}
    asked = request.GET.get("accent", "")
    first = {"accent": f"#{workspace.accent or CELADON}", "was": ColourForm.sealed(values)}
    typed = request.POST if request.method == "POST" else {**first, "accent": asked} if asked else None
    form = ColourForm(typed, initial=first)
    seen = workspace.accent
    if typed and form.is_valid():
        try:
            seen = _own(rules.workspace_colour(form.cleaned_data["accent"]))
            if request.method == "POST":
                editing.edit_workspace(request.actor, typed={"accent": seen}, was=form.cleaned_data["was"])
                messages.success(request, _("Saved. Everybody sees it from now on."))
                return redirect("workspace_colour", workspace.uid)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.know(refused)
            form.refuse(refused)
    context = {
        "form": form,
        "section": "colour",
        "look_url": look_url(seen or CELADON) if seen != workspace.accent else "",
        "seen": seen,
        "shown": f"#{seen or CELADON}",
        "is_new": seen != workspace.accent,
        "has_own": bool(workspace.accent),
        "own": f"#{CELADON}",
        "letter": workspace.name[:1],
    }
    return render(request, "pages/admin/colour.html", context)


def _own(digits: str) -> str:
    """Return a colour as it is stored: none for Dure's own."""
    return "" if digits == CELADON else digits


class PoliciesForm(EnvironmentForm):
    """Every policy as a number."""

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for name, policy in POLICIES.items():
            limits = {"class": "input", "min": policy.lowest, "max": policy.highest, "inputmode": "numeric"}
            self.fields[name] = forms.IntegerField(
                label=policy.label, help_text=policy.meaning, widget=forms.NumberInput(limits)
            )

    def numbers(self) -> dict[str, int]:
        """Return the policies that were typed."""
        return {name: self.cleaned_data[name] for name in POLICIES}


@SECURE
@require_http_methods(["GET", "HEAD", "POST"])
def security(request: Any, **_names: Any) -> HttpResponse:
    """Show the policies; tell what a change does before it is saved."""
    workspace = request.actor.member.workspace
    values = policies.values_of(workspace)
    form = PoliciesForm(request.POST or None, initial={**values, "was": PoliciesForm.sealed(values)})
    told: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            policies.check(form.numbers())
            told = effects(workspace, form.numbers())
            if request.POST.get("step") == "save" and request.POST.get("shown") == _said(form.numbers()):
                change_policies(request.actor, typed=form.numbers(), was=form.cleaned_data["was"])
                messages.success(request, _("Saved. It holds from the next request on."))
                return redirect("workspace_security", workspace.uid)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.know(refused)
            form.refuse(refused)
    context = {
        "form": form,
        "section": "security",
        "numbers": [form[name] for name in POLICIES],
        "effects": told,
        "shown": _said(form.numbers()) if told and not form.errors else "",
        "unchanged": request.method == "POST" and not told and not form.errors,
        "changes": history(workspace, POLICIES),
    }
    return render(request, "pages/admin/security.html", context)


def _said(numbers: dict[str, int]) -> str:
    """Return what effects were told of; other numbers are told of before they are saved."""
    return " ".join(map(str, numbers.values()))
