"""Changing a member's details, the photo, and a mistyped ID (N7 N11)."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dure.accounts.addresses import AddressTaken, for_readers
from dure.accounts.queries import id_of
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.core.zones import zone_list
from dure.members import photos, profile, queries
from dure.members.actions import correcting, editing
from dure.members.models import Profile
from dure.web import door, slips
from dure.web.context import avatar_of, name_of
from dure.web.forms import PaperForm, SealedForm, id_field

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)


KINDS = {**{name: {"type": "tel"} for name in profile.PHONES}, "time_zone": {"list": "time-zones"}}


class ProfileForm(PaperForm):
    """*Show all fields*: everything that needs no organisation."""

    photo = forms.FileField(
        label=gettext_lazy("Photo"),
        required=False,
        help_text=gettext_lazy("JPEG, PNG or WebP, at most 10 MB. Place and time of taking it are removed."),
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for name, field in profile.FIELDS.items():
            kind = KINDS.get(name, {"type": "date"} if name in profile.DAYS else {})
            widget = forms.TextInput({"class": "input", "autocomplete": "off", **kind})
            self.fields[name] = forms.CharField(
                label=field.label, required=False, strip=False, max_length=300, widget=widget
            )

    def zones(self) -> list[str]:
        """Return what the field of the time zone proposes."""
        return zone_list()

    def details(self) -> dict[str, str]:
        """Return what was typed into the fields of the profile."""
        return {name: self.cleaned_data[name] for name in profile.FIELDS}

    def stored_photo(self) -> str:
        """Decode and store the photo that was chosen; empty when there is none."""
        upload = self.cleaned_data.get("photo")
        return photos.store(upload, upload.size) if upload else ""


class EditForm(SealedForm, ProfileForm):
    """All of a member's details."""

    sealed_as = "edit"
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=200, required=False, strip=False)
    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=200, required=False, strip=False)
    private_address = id_field(gettext_lazy("Private address"), required=False, attrs={"autocomplete": "off"})
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    no_photo = forms.BooleanField(
        label=gettext_lazy("Take the photo away"), required=False, widget=forms.CheckboxInput({"class": "check"})
    )

    def __init__(self, *arguments: Any, managed: bool, **names: Any) -> None:
        super().__init__(*arguments, **names)
        if not managed:
            del self.fields["private_address"], self.fields["language"]


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Show all fields, or save those that were changed."""
    member = queries.one(request.actor.workspace_id, member_uid)
    if member is None:
        raise Http404
    managed = queries.is_managed(member.account, member.workspace_id)
    values = editing.values_of(member, managed=managed)
    first = values | {
        "was": EditForm.sealed(values),
        "private_address": for_readers(values.get("private_address", "")),
    }
    form = EditForm(request.POST or None, request.FILES or None, managed=managed, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form, member_uid)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.know(refused)
            for one in (refused, *refused.others):
                if one.field == "private_address" and "now" in one.facts:
                    one.facts["now"] = for_readers(one.facts["now"])
            form.refuse(refused)
    row = Profile.objects.filter(member=member).first()
    context = {
        "form": form,
        "section": "members",
        "name": name_of(member),
        "uid": member_uid,
        "photo": row.photo if row else "",
        "avatar": avatar_of(member),
        "groups": groups(form),
    }
    return render(request, "pages/admin/edit.html", context)


def groups(form: ProfileForm) -> list[Any]:
    """Return the fields of the profile in their order."""
    return [form[name] for name in profile.FIELDS]


def _save(request: Any, form: EditForm, member_uid: str) -> HttpResponse:
    typed = {name: value for name, value in form.cleaned_data.items() if name not in ("photo", "no_photo", "was")}
    photo = form.stored_photo() or ("" if form.cleaned_data["no_photo"] else None)
    try:
        member, old = editing.edit_member(
            request.actor, member_uid=member_uid, typed=typed, was=form.cleaned_data["was"], photo=photo
        )
    except Exception:
        photos.remove(photo or "")
        raise
    photos.remove(old)
    messages.success(request, _("%(name)s’s details are saved.") % {"name": name_of(member)})
    return redirect("member", request.actor.member.workspace.uid, member_uid)


class CorrectForm(PaperForm):
    """The right ID."""

    id = id_field(gettext_lazy("The right ID (e-mail address)"), attrs={"autocomplete": "off"})


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def correct(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Correct a mistyped ID before the first sign-in."""
    member = queries.one(request.actor.workspace_id, member_uid)
    if member is None:
        raise Http404
    form = CorrectForm(request.POST or None, initial={"id": for_readers(id_of(member.account_id).canonical)})
    workspace = request.actor.member.workspace.uid
    if request.method == "POST" and form.is_valid():
        try:
            handed = correcting.correct_id(request.actor, member_uid=member_uid, address=form.cleaned_data["id"])
        except AddressTaken:
            form.add_error("id", _("This address belongs to somebody else on this server."))
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.refuse(refused)
        else:
            if handed.link:
                slips.keep(request, [handed])
                return redirect("handing_over", workspace)
            messages.success(request, _("The ID is corrected, and a new mail is on its way."))
            return redirect("member", workspace, member_uid)
    context = {"form": form, "section": "members", "name": name_of(member), "uid": member_uid}
    return render(request, "pages/admin/correct_id.html", context)


@door.page(needs=None)
@require_safe
def photo(request: Any, name: str, **_names: Any) -> HttpResponse:
    """Serve a member's photo to the members of the workspace."""
    known = Profile.objects.filter(workspace_id=request.actor.workspace_id, photo=name).exists()
    content = photos.read(name, small="large" not in request.GET) if known else None
    if content is None:
        raise Http404
    response = HttpResponse(content, content_type="image/webp")
    response.headers["Cache-Control"] = "private, max-age=604800, immutable"
    return response
