"""Handing over IDs and first passwords, and sending them again (N8 N14)."""

from typing import Any
from urllib.parse import quote

import segno
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts.addresses import for_readers
from dure.core import clock, links
from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.core.zones import zone_name
from dure.mail import outbox
from dure.members import queries, selecting
from dure.members.actions import sending_again
from dure.members.actions.handing import Method
from dure.members.models import Member
from dure.web import door, slips
from dure.web.context import avatar_of, name_of
from dure.web.forms import PaperForm, password_field

NAMED = 13
"""As many people of all that match are read to be named."""
MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)
TO = [("id", gettext_lazy("the ID")), ("private", gettext_lazy("the private address"))]
METHODS = {
    Method.MEMBER: (
        gettext_lazy("The member sets it"),
        gettext_lazy("They set it from a mail, which also confirms their address. Best when they can read mail."),
    ),
    Method.GENERATE: (
        gettext_lazy("Generate a temporary password"),
        gettext_lazy("Dure makes one that nobody can guess. You hand it over; they change it when they first sign in."),
    ),
    Method.ADMIN: (
        gettext_lazy("Type a temporary password"),
        gettext_lazy("You choose it and tell them. They change it when they first sign in."),
    ),
}


class MethodForm(PaperForm):
    """How somebody comes to their first password."""

    method = forms.ChoiceField(
        label=gettext_lazy("How they get their password"),
        choices=[(str(method), label) for method, (label, _help) in METHODS.items()],
        widget=forms.RadioSelect,
        initial=Method.MEMBER,
    )
    password = password_field(gettext_lazy("Temporary password"), "off", required=False)

    def described(self) -> list[dict[str, Any]]:
        """Return the three methods with what each of them means."""
        helps = [help_text for _label, help_text in METHODS.values()]
        return [{"choice": choice, "help": text} for choice, text in zip(self["method"], helps, strict=False)]

    def clean_method(self) -> Method:
        """Return the method."""
        return Method(self.cleaned_data["method"])


class AgainForm(MethodForm):
    """A new link or password for people who have not come yet, and where it goes."""

    to = forms.ChoiceField(
        label=gettext_lazy("Where the mail goes"),
        choices=[("", gettext_lazy("where the last one went; a temporary password is only shown to me")), *TO],
        widget=forms.RadioSelect,
        required=False,
        initial="",
    )

    def __init__(self, *arguments: Any, alone: bool, **names: Any) -> None:
        super().__init__(*arguments, **names)
        if not alone:
            self.fields["method"].choices = self.fields["method"].choices[:2]  # type: ignore[attr-defined]


@MANAGE
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: Any, **_names: Any) -> HttpResponse:
    """Show who is chosen and how, or issue anew."""
    chosen = selecting.read(request.POST if request.method == "POST" else request.GET)
    uids = sending_again.candidates(request.actor.workspace_id, chosen)
    form = AgainForm(request.POST or None, alone=len(uids) == 1)
    if request.method == "POST" and form.is_valid():
        try:
            done = sending_again.send_again(request.actor, member_uids=uids, **form.cleaned_data)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.refuse(refused)
        else:
            return _issued(request, done, uids)
    people = queries.some(request.actor.workspace_id, uids[:NAMED] if chosen.everybody else uids[: sending_again.MOST])
    count = len(uids) if chosen.everybody else len(people)
    context = {
        "form": form,
        "people": [
            {"uid": one.uid, "name": name_of(one), "lang": one.name_language, "avatar": avatar_of(one)}
            for one in people
        ],
        "carried": selecting.fields(chosen),
        "count": str(min(count, sending_again.MOST)),
        "number": count,
        "too_many": count > sending_again.MOST,
        "most": f"{sending_again.MOST:,}",
        "smtp": outbox.can_send(),
        "section": "members",
    }
    return render(request, "pages/admin/again.html", context)


def mailed_sentence(members: list[Member]) -> str:
    """Return what happens now to the mail of these people."""
    first = members[0]
    if len(members) > 1:
        return _("%(count)s mails are on their way.") % {"count": len(members)}
    if first.starts_at and first.starts_at > clock.now():
        day = date_format(timezone.localtime(first.starts_at), "DATE_FORMAT")
        return _("The mail goes to %(name)s on %(day)s, when they start.") % {"name": name_of(first), "day": day}
    return _("The mail is on its way to %(name)s.") % {"name": name_of(first)}


def _issued(request: Any, done: sending_again.Again, uids: list[str]) -> HttpResponse:
    workspace = request.actor.member.workspace.uid
    if done.mailed:
        messages.success(request, mailed_sentence([one.member for one in done.handed]))
    for member, reason in done.refused[:5]:
        messages.warning(request, _("%(name)s: %(reason)s") % {"name": name_of(member), "reason": reason.sentence()})
    if any(one.password or one.link for one in done.handed):
        slips.keep(request, done.handed)
        return redirect("handing_over", workspace)
    return redirect("member", workspace, uids[0]) if len(uids) == 1 else redirect("members", workspace)


@MANAGE
@require_safe
def handing_over(request: Any, **_names: Any) -> HttpResponse:
    """Show IDs and passwords once, with every way to hand them over."""
    found = slips.take(request)
    if not found:
        messages.warning(request, _("What was to hand over is shown only once. Send it again to make a new one."))
        return redirect("members", request.actor.member.workspace.uid)
    sign_in_url = links.absolute("/sign-in/")
    context = {
        "section": "members",
        "slips": [_shown(slip, request.actor.member.workspace, sign_in_url) for slip in found],
        "alone": len(found) == 1,
        "sealed": slips.seal(found),
        "smtp": outbox.can_send(),
        "has_codes": any(slip["code"] for slip in found),
        "has_private": any(slip["private"] for slip in found),
        "line_url": f"https://line.me/R/msg/text/?{quote(sign_in_url)}",
        "sign_in_url": sign_in_url,
        "guide_url": links.absolute(reverse("how_to_start")),
        "qr_svg": segno.make(sign_in_url, micro=False).svg_data_uri(scale=4),
    }
    response = render(request, "pages/admin/handing_over.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _shown(slip: dict[str, Any], workspace: Any, sign_in_url: str) -> dict[str, Any]:
    local, _at, domain = for_readers(slip["id_address"]).partition("@")
    moments = {name: parse_datetime(slip[name]) if slip[name] else None for name in ("starts_at", "deadline_at")}
    facts = {**slip, **moments, "id_local": local, "id_domain": domain}
    told = {
        "slip": facts,
        "workspace_name": workspace.name,
        "sign_in_url": sign_in_url,
        "guide_url": links.absolute(reverse("how_to_start")),
    }
    with translation.override(slip["language"]), timezone.override(workspace.time_zone):
        told["zone"] = zone_name(workspace.time_zone)
        message = render_to_string("parts/handing_message.txt", told).strip()
        return {**facts, "message": message, "sign_in": _("Sign in")}


@MANAGE
@require_POST
def mail_codes(request: Any, **_names: Any) -> HttpResponse:
    """Mail what stands on the screen."""
    shown = [
        sending_again.Shown(slip["member"], slip["code"], slip["password"])
        for slip in slips.read(request.POST.get("sealed", ""))
        if slip["code"]
    ]
    workspace = request.actor.member.workspace.uid
    try:
        mailed = sending_again.mail_codes(request.actor, shown=shown, to=request.POST.get("to", "id"))
    except sending_again.CodeReplaced as refused:
        messages.warning(request, refused.sentence())
        return redirect("members", workspace)
    messages.success(request, mailed_sentence(mailed))
    return redirect("member", workspace, mailed[0].uid) if len(mailed) == 1 else redirect("members", workspace)


@door.public
@require_safe
def how_to_start(request: HttpRequest) -> HttpResponse:
    """Tell newcomers how to sign in for the first time; every message that hands something over leads here."""
    return render(request, "pages/how_to_start.html", {"sign_in_url": links.absolute("/sign-in/")})
