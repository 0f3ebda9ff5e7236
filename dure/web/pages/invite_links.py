"""Workspace members › Invitations › Invite links: the list, and the form to make or change one (K3)."""

import re
import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from dure.accounts.addresses import for_readers
from dure.core.errors import ChangedMeanwhile, DomainError
from dure.core.permissions import Permission
from dure.core.zones import zone_name
from dure.joining import links
from dure.joining.actions import linking
from dure.joining.models import InviteLink
from dure.joining.rules import LINK_LABELS, LINK_LASTS, MOST_USES, LinkState
from dure.web import door
from dure.web.forms import PaperForm, SealedForm, languages_of
from dure.web.invite_links import MARKS, last_day, rows_of, until
from dure.web.panel import LANGUAGE_NAMES
from dure.web.tabs import numbers
from dure.workspaces.models import Workspace

ENTER = door.page(needs=Permission.ADMIN_ENTER)
BESIDE = {"expires_at": "expires_on"}


@ENTER
@require_safe
def invite_links(request: Any, **_names: Any) -> HttpResponse:
    """Show the links, the newest first, without their addresses."""
    workspace, asked = request.actor.member.workspace, request.GET
    state = asked.get("state", "") if asked.get("state") in set(LinkState) else ""
    found, older = links.page(workspace, state=state, older=asked.get("older", ""))
    address = reverse("invite_links", args=[workspace.uid])
    kept = f"&state={state}" if state else ""
    context = {
        "section": "invitations",
        "tab": "links",
        "rows": rows_of(workspace, found),
        "states": _states(workspace, address, state),
        "state": state,
        "is_first": not asked.get("older"),
        "next_url": f"{address}?older={older}{kept}" if older else None,
    }
    return render(request, "pages/admin/invite_links.html", context)


def _states(workspace: Workspace, address: str, current: str) -> list[dict[str, Any]]:
    codes = ("", *LinkState)
    counts = numbers(*(links.in_state(links.of(workspace), code) for code in codes))
    return [
        {
            "label": LINK_LABELS[LinkState(code)] if code else pgettext("invite links", "All"),
            "url": f"{address}?state={code}" if code else address,
            "current": code == current,
            "mark": MARKS[LinkState(code)] if code else "",
            "count": count,
        }
        for code, count in zip(codes, counts, strict=True)
    ]


class LinkForm(PaperForm):
    """What a link is for and until when; there is nothing about a role in it, and never will be (K3)."""

    name = forms.CharField(
        label=gettext_lazy("Name of the link"),
        max_length=linking.LONGEST_NAME,
        strip=False,
        help_text=gettext_lazy("Such as “Winter intake 2026”. Only admins see it."),
    )
    expires_on = forms.DateField(
        label=pgettext_lazy("invite link", "Open until"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )
    most_uses = forms.IntegerField(
        label=gettext_lazy("Number of uses"),
        required=False,
        help_text=gettext_lazy("1 to 100,000. Empty means no limit."),
        widget=forms.NumberInput({"inputmode": "numeric", "min": 1, "max": MOST_USES}),
    )
    domains = forms.CharField(
        label=gettext_lazy("Only for addresses at"),
        required=False,
        max_length=4000,
        help_text=gettext_lazy("Such as company.com; several with a comma or space. Empty means any address."),
        widget=forms.TextInput({"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    needs_approval = forms.BooleanField(
        label=gettext_lazy("An admin approves each person"),
        required=False,
        widget=forms.CheckboxInput({"class": "check"}),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy(
            "The language of the message and the poster. The page to join speaks the one the reader’s browser "
            "asks for, and this one where it asks for none of Dure’s languages."
        ),
    )
    submission = forms.CharField(max_length=36, required=False, widget=forms.HiddenInput)

    def __init__(self, *arguments: Any, workspace: Workspace, link: InviteLink | None = None, **names: Any) -> None:
        super().__init__(*arguments, **names)
        self.link, self.zone = link, workspace.time_zone
        self.fields["language"].choices = languages_of(workspace)  # type: ignore[attr-defined]
        zone = {"zone": zone_name(self.zone)}
        self.fields["expires_on"].help_text = _("The last day, in the time of the workspace (%(zone)s).") % zone
        if link is not None and link.uses:
            taken = _("Uses taken so far: %(uses)s. Empty means no limit.") % {"uses": f"{link.uses:,}"}
            self.fields["most_uses"].help_text = taken

    def clean(self) -> dict[str, Any]:
        """Judge the rest when something cannot be read at all, so that everything wrong is told at once."""
        super().clean()
        if self.errors:
            typed = self.facts()
            if self.link is not None and typed.get("expires_at") == self.link.expires_at:
                del typed["expires_at"]
            for one in linking.wrong_with(**typed, uses=self.link.uses if self.link else 0):
                self.refuse(beside(one))
        return self.cleaned_data

    def facts(self) -> dict[str, Any]:
        """Return what could be read, as the actions take it; a day that was left as it is keeps its moment."""
        typed = dict(self.cleaned_data)
        if "domains" in typed:
            typed["domains"] = re.findall(r"[^\s,;、，]+", typed["domains"])
        if day := typed.pop("expires_on", None):
            kept = self.link is not None and day == last_day(self.link).date()
            typed["expires_at"] = self.link.expires_at if self.link and kept else end_of(day, self.zone)
        return typed


class EditForm(SealedForm, LinkForm):
    """The same for a link that exists, with the values it was opened with."""

    sealed_as = "invite-link"


def end_of(day: date, zone: str) -> datetime:
    """Return the end of a day in the workspace's time zone; of the last day there is, its beginning."""
    following = day + timedelta(days=1) if day < date.max else day
    return datetime.combine(following, time.min, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@ENTER
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Any, **_names: Any) -> HttpResponse:
    """Show the form, or make a link and show it."""
    workspace = request.actor.member.workspace
    first = {
        "submission": str(uuid.uuid4()),
        "language": workspace.language,
        "expires_on": localdate() + LINK_LASTS,
    }
    form = LinkForm(request.POST or None, initial=first, workspace=workspace)
    if request.method == "POST" and form.is_valid():
        try:
            link = linking.make_link(request.actor, **form.facts())
        except DomainError as refused:
            _refuse(form, refused)
        else:
            messages.success(request, _("The link is made. Share it, or show its code."))
            return redirect("invite_link", workspace.uid, link.uid)
    return _form(request, form, None)


@ENTER
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Any, link_uid: str, **_names: Any) -> HttpResponse:
    """Show what a link is for, or change it."""
    workspace = request.actor.member.workspace
    link = links.one(workspace, link_uid)
    if link is None:
        raise Http404
    if link.withdrawn_at:
        messages.warning(request, linking.LinkWithdrawn().sentence())
        return redirect("invite_link", workspace.uid, link.uid)
    first = _shown(link) | {"was": EditForm.sealed(linking.values_of(link))}
    form = EditForm(request.POST or None, initial=first, workspace=workspace, link=link)
    if request.method == "POST" and form.is_valid():
        facts = form.facts()
        del facts["submission"]
        try:
            linking.edit_link(request.actor, link_uid=link.uid, **facts)
        except DomainError as refused:
            form.know(refused)
            now = _in_words(links.one(workspace, link_uid) or link)
            for one in (refused, *refused.others):
                if isinstance(one, ChangedMeanwhile):
                    one.facts["now"] = now[one.field] or "—"
            _refuse(form, refused)
        else:
            messages.success(request, _("Saved. The address and the code are the same as before."))
            return redirect("invite_link", workspace.uid, link.uid)
    return _form(request, form, link)


def _refuse(form: LinkForm, refused: DomainError) -> None:
    if refused.status in (403, 404):
        raise refused
    for one in (refused, *refused.others):
        beside(one)
    form.refuse(refused)


def beside(refused: DomainError) -> DomainError:
    """Return a refusal that knows the form's own name of its field."""
    refused.field = BESIDE.get(refused.field, refused.field)
    return refused


def _shown(link: InviteLink) -> dict[str, Any]:
    return {
        "name": link.name,
        "expires_on": last_day(link).date(),
        "most_uses": link.most_uses,
        "domains": for_readers(", ".join(link.domains)),
        "needs_approval": link.needs_approval,
        "language": link.language,
    }


def _in_words(link: InviteLink) -> dict[str, str]:
    """Return what a link is by now, as whoever typed something else is told it."""
    approval = _("An admin approves each person") if link.needs_approval else ""
    facts = {"name": link.name, "language": LANGUAGE_NAMES[link.language], "expires_at": until(link)}
    return facts | {
        "most_uses": str(link.most_uses or ""),
        "domains": for_readers(", ".join(link.domains)),
        "needs_approval": approval,
    }


def _form(request: Any, form: LinkForm, link: InviteLink | None) -> HttpResponse:
    workspace = request.actor.member.workspace
    to_list = reverse("invite_links", args=[workspace.uid])
    context = {
        "form": form,
        "section": "invitations",
        "link_name": link.name if link else "",
        "needs_was": link is not None,
        "back": reverse("invite_link", args=[workspace.uid, link.uid]) if link else to_list,
    }
    return render(request, "pages/admin/invite_link_form.html", context)
