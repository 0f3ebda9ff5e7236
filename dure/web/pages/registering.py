"""Register member: a sheet on a phone, a panel on a PC (K4 N1 N2 N3 N4)."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.joining.actions.registering import Invited, Registered, register_member
from dure.joining.letters import name_of as invited_name
from dure.joining.people import RemovedMember
from dure.mail import outbox
from dure.members import photos, profile
from dure.web import door, slips
from dure.web.context import name_of
from dure.web.forms import id_field, languages_of
from dure.web.pages.editing import ProfileForm, groups
from dure.web.pages.handing import TO, MethodForm


class RegisterForm(ProfileForm, MethodForm):
    """Name and ID, from when on, and how they come to their password."""

    family_name = forms.CharField(
        label=gettext_lazy("Family name"), max_length=200, required=False, strip=False, widget=forms.TextInput
    )
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=200, required=False, strip=False)
    id = id_field(
        gettext_lazy("ID (e-mail address)"),
        help_text=gettext_lazy("They sign in with this address. Later only they can change it."),
        attrs={"autocomplete": "off"},
    )
    private_address = id_field(
        gettext_lazy("Private address"),
        required=False,
        help_text=gettext_lazy("If the mailbox of the ID is not open yet."),
        attrs={"autocomplete": "off"},
    )
    send_to = forms.ChoiceField(
        label=gettext_lazy("Send the set-password mail to"),
        choices=TO,
        widget=forms.RadioSelect,
        initial="id",
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES)
    starts_on = forms.DateField(
        label=gettext_lazy("Activation date"),
        required=False,
        help_text=gettext_lazy("Empty means now. Until that day nothing opens, and the mail goes out on it."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )
    submission = forms.CharField(max_length=36, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for part in ("family_name", "given_name"):
            self.fields[part].widget.attrs["autocomplete"] = "off"


@door.page(needs=Permission.MEMBERS_MANAGE)
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def register(request: Any, **_names: Any) -> HttpResponse:
    """Show the form, or register and say "… has been added"."""
    workspace = request.actor.member.workspace
    fresh = {"submission": str(uuid.uuid4()), "language": workspace.language, "send_to": "id", "method": "member"}
    form, removed = RegisterForm(request.POST or None, request.FILES or None, initial=fresh), ""
    form.fields["language"].choices = languages_of(workspace)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        try:
            return _added(request, _register(request, form))
        except DomainError as refused:
            if refused.status == 403:
                raise
            form.refuse(refused)
            removed = refused.member.uid if isinstance(refused, RemovedMember) else ""
    unfold = any(name in form.errors for name in (*profile.FIELDS, "photo"))
    context = {
        "form": form,
        "smtp": outbox.can_send(),
        "section": "members",
        "groups": groups(form),
        "unfold": unfold,
        "removed": removed,
    }
    return render(request, "pages/admin/register.html", context)


def _register(request: Any, form: RegisterForm) -> Registered | Invited:
    details, photo = form.details(), form.stored_photo()
    typed = {name: value for name, value in form.cleaned_data.items() if name not in (*details, "photo")}
    try:
        registered = register_member(request.actor, **typed, details=details, photo=photo)
    except Exception:
        photos.remove(photo)
        raise
    if not (registered.is_new if isinstance(registered, Invited) else registered.handed):
        photos.remove(photo)
    return registered


def _added(request: Any, registered: Registered | Invited) -> HttpResponse:
    workspace = request.actor.member.workspace.uid
    if isinstance(registered, Invited):
        return _invited(request, registered)
    member = registered.member
    messages.success(request, _("%(name)s has been added.") % {"name": name_of(member)})
    if registered.handed and (registered.handed.password or registered.handed.link):
        slips.keep(request, [registered.handed])
        return redirect("handing_over", workspace)
    return redirect("member", workspace, member.uid)


def _invited(request: Any, invited: Invited) -> HttpResponse:
    """Say what happens instead; where else the person is, is nobody's business here."""
    if invited.mailed:
        sentence = _("%(name)s has an account on this server already. A mail asks them to accept the place.")
    else:
        sentence = _(
            "%(name)s has an account on this server already. "
            "After signing in they find the place under “My workspaces” and accept it there."
        )
    messages.success(request, sentence % {"name": invited_name(invited.invitation)})
    if request.POST.get("private_address", "").strip():
        messages.warning(request, _("The private address was not kept: only the owner of an account adds one."))
    return redirect("invitations", request.actor.member.workspace.uid)
