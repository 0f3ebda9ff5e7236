"""One's own profile: everything the workspace holds about oneself, and changing what one may."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dure.core.errors import DomainError
from dure.members import photos, profile
from dure.members.actions import editing
from dure.members.models import Profile
from dure.web import door, own
from dure.web.context import avatar_of, name_of
from dure.web.forms import SealedForm
from dure.web.pages.editing import ProfileForm

ACCEPTS = {"mobile_phone": "tel", "nickname": "nickname", "birthday": "bday"}


class OwnProfileForm(SealedForm, ProfileForm):
    """What a member may change; the rest of the fields is not here."""

    sealed_as = "own-profile"
    no_photo = forms.BooleanField(
        label=gettext_lazy("Take the photo away"), required=False, widget=forms.CheckboxInput({"class": "check"})
    )

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for name in profile.FIELDS:
            if name not in profile.OWN:
                del self.fields[name]
            elif name in ACCEPTS:
                self.fields[name].widget.attrs["autocomplete"] = ACCEPTS[name]


@door.page(needs=None)
@require_safe
def show(request: Any, **_names: Any) -> HttpResponse:
    """Show everything the workspace holds about the reader."""
    return render(request, "pages/profile.html", {"tab": "more", **own.shown(request.actor)})


@door.page(needs=None)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Any, **_names: Any) -> HttpResponse:
    """Show what one may change, or save it."""
    row = Profile.objects.filter(member=request.actor.member).first()
    known = profile.texts(row)
    values = {name: known[name] for name in profile.OWN}
    first = values | {"was": OwnProfileForm.sealed(values)}
    form = OwnProfileForm(request.POST or None, request.FILES or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.know(refused)
            form.refuse(refused)
    context = {
        "tab": "more",
        "form": form,
        "photo": row.photo if row else "",
        "name": name_of(request.actor.member),
        "avatar": avatar_of(request.actor.member),
        "seen": [form[name] for name in profile.OPEN],
        "unseen": [form[name] for name in profile.OWN if name not in profile.OPEN],
    }
    return render(request, "pages/profile_edit.html", context)


def _save(request: Any, form: OwnProfileForm) -> HttpResponse:
    typed = {name: form.cleaned_data[name] for name in profile.OWN}
    photo = form.stored_photo() or ("" if form.cleaned_data["no_photo"] else None)
    try:
        _member, old = editing.edit_own_profile(
            request.actor, typed=typed, was=form.cleaned_data["was"], photo=photo
        )  # fmt: skip
    except Exception:
        photos.remove(photo or "")
        raise
    photos.remove(old)
    messages.success(request, _("Your profile is saved."))
    return redirect("profile", request.actor.member.workspace.uid)
