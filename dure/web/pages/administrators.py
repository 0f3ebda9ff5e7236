"""Administrators: who may do what, drawn from the catalogue of permissions (PRODUCT.md §6)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts import queries as accounts
from dure.accounts.addresses import for_readers
from dure.core import clock, links
from dure.core.errors import DomainError
from dure.core.permissions import LABELS, MEANINGS, Permission
from dure.members import listing, queries
from dure.members.actions import administering, handing_on, rescuing
from dure.members.listing import View
from dure.members.models import HandOver, Member
from dure.web import door
from dure.web.context import avatar_of, name_of
from dure.web.forms import PaperForm

MANAGE = door.page(needs=Permission.ADMINS_MANAGE)


class RightsForm(PaperForm):
    """Until when the rights that are ticked hold; the ticks themselves are drawn from the catalogue."""

    until = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("The last day. Empty means until taken back."),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"],
    )


@MANAGE
@require_safe
def administrators(request: Any, **_names: Any) -> HttpResponse:
    """Show super admins and admins, and find somebody to appoint."""
    actor, workspace = request.actor, request.actor.member.workspace
    rows, after = queries.admins(workspace, after=request.GET.get("after", ""))
    address, search = reverse("administrators", args=[workspace.uid]), request.GET.get("q", "")
    manages = actor.may(Permission.MEMBERS_MANAGE)
    view = View(state=Member.ACTIVE, search=search, known_to_all=not manages)
    found = listing.page(workspace, view).rows[:10] if search else []
    offers = HandOver.objects.filter(giver=actor.member, accepted_at=None, ended_at=None).select_related("taker")
    offer = next((one for one in offers if handing_on.is_open(one)), None)
    context = {
        "section": "administrators",
        "rows": [_row(actor, row) for row in rows],
        "search": search,
        "found": [_person(row) for row in found],
        "next_url": f"{address}?after={after}" if after else None,
        "offered_to": name_of(offer.taker) if offer else "",
        "own_uid": actor.member.uid,
    }
    return render(request, "pages/admin/administrators.html", context)


def _person(member: Any) -> dict[str, Any]:
    return {
        "uid": member.uid,
        "name": name_of(member),
        "lang": member.name_language,
        "avatar": avatar_of(member),
        "id_address": for_readers(member.id_key),
        "is_super_admin": member.is_super_admin,
    }


def _last_moment(until: datetime | None) -> datetime | None:
    """Return a moment on the last day on which a right holds: its end is the midnight after."""
    return until and until - timedelta(seconds=1)


def _row(actor: Any, member: Any) -> dict[str, Any]:
    at = clock.now()
    grants = sorted(member.grants.all(), key=lambda one: list(Permission).index(Permission(one.permission)))
    rights = [
        {
            "label": LABELS[Permission(one.permission)],
            "until": _last_moment(one.until),
            "over": bool(one.until and one.until <= at),
        }
        for one in grants
    ]
    return _person(member) | {"rights": rights, "may_edit": actor.is_super_admin or not member.is_super_admin}


@MANAGE
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def rights(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Show one person's rights with what each of them means, or save them."""
    actor = request.actor
    member = queries.one(actor.workspace_id, member_uid)
    if member is None:
        raise Http404
    held = {Permission(one.permission): one for one in member.grants.all() if not one.until or one.until > clock.now()}
    form = RightsForm(request.POST or None, initial={"until": _last_day(request, held)})
    ticked = _ticked(request, held) if request.method == "POST" else set(held)
    if request.method == "POST" and form.is_valid():
        try:
            administering.grant(actor, member_uid=member_uid, permissions=ticked, until=_end_of(request, form))
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            form.refuse(refused)
        else:
            said = _("%(name)s’s rights are saved.") if ticked else _("%(name)s holds no admin rights.")
            messages.success(request, said % {"name": name_of(member)})
            return redirect("administrators", actor.member.workspace.uid)
    context = {
        "form": form,
        "section": "administrators",
        "uid": member_uid,
        "name": name_of(member),
        "is_super_admin": member.is_super_admin,
        "rights": [_choice(actor, code, held, ticked) for code in Permission],
        "leads": actor.is_super_admin,
        "oneself": member.pk == actor.id,
    }
    return render(request, "pages/admin/rights.html", context)


def _ticked(request: Any, held: dict[Permission, Any]) -> set[Permission]:
    """Return what was ticked, and what is held and not the actor's to take."""
    typed = {code for code in Permission if code in request.POST.getlist("permission") and request.actor.may(code)}
    return typed | {code for code in held if not request.actor.may(code)}


def _choice(actor: Any, code: Permission, held: dict[Permission, Any], ticked: set[Permission]) -> dict[str, Any]:
    return {
        "code": str(code),
        "label": LABELS[code],
        "meaning": MEANINGS[code],
        "ticked": code in ticked,
        "may": actor.may(code),
        "limited": bool(code in held and held[code].unit_id),
    }


def _last_day(request: Any, held: dict[Permission, Any]) -> Any:
    ends = [one.until for one in held.values() if one.until]
    zone = ZoneInfo(request.actor.member.workspace.time_zone)
    return (min(ends) - timedelta(seconds=1)).astimezone(zone).date() if ends else None


def _end_of(request: Any, form: RightsForm) -> datetime | None:
    """Return the end of the last day in the workspace's time zone."""
    day = form.cleaned_data["until"]
    if day is None:
        return None
    zone = ZoneInfo(request.actor.member.workspace.time_zone)
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)


@MANAGE
@door.fresh
@require_POST
def lead(request: Any, member_uid: str, **_names: Any) -> HttpResponse:
    """Appoint or dismiss a super admin, or offer one's own role."""
    steps = {
        "appoint": lambda: administering.appoint_super_admin(request.actor, member_uid=member_uid),
        "dismiss": lambda: administering.dismiss_super_admin(request.actor, member_uid=member_uid),
        "offer": lambda: handing_on.offer_role(
            request.actor, member_uid=member_uid, keeps=list(Permission) if request.POST.get("keep") else []
        ),
        "withdraw": lambda: handing_on.withdraw_role(request.actor),
    }
    step = steps.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    try:
        step()
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        messages.warning(request, refused.sentence())
    else:
        messages.success(request, _("Saved. Whoever it is about is told by mail."))
    if queries.present(request.owner.id, request.actor.member.workspace.uid).is_super_admin:  # type: ignore[union-attr]
        return redirect("administrators", request.actor.member.workspace.uid)
    return redirect("home", request.actor.member.workspace.uid)


@door.page(needs=None)
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: Any, offer_uid: str, **_names: Any) -> HttpResponse:
    """Show what accepting the role means, accept it, or decline."""
    offers = HandOver.objects.filter(workspace_id=request.actor.workspace_id, taker=request.actor.member)
    offer = offers.select_related("giver").filter(uid=offer_uid).first()
    if offer is None:
        raise Http404
    workspace = request.actor.member.workspace.uid
    if request.method == "POST":
        accepts = request.POST.get("step") == "accept"
        step = handing_on.accept_role if accepts else handing_on.decline_role
        try:
            step(request.actor, offer_uid=offer_uid)
        except DomainError as refused:
            messages.warning(request, refused.sentence())
        else:
            done = _("You are a super admin now.") if accepts else _("Declined. Nothing was changed.")
            messages.success(request, done)
            return redirect("home", workspace)
    context = {"colleague": name_of(offer.giver), "uid": offer_uid, "open": handing_on.is_open(offer), "tab": "home"}
    return render(request, "pages/hand_over.html", context)


@MANAGE
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def rescue_codes(request: Any, **_names: Any) -> HttpResponse:
    """Make printed codes for oneself and show them once."""
    codes = rescuing.make_rescue_codes(request.actor) if request.method == "POST" else []
    left = request.actor.member.rescue_codes.filter(used_at=None).count()
    context = {"codes": codes, "left": str(left), "section": "administrators", "leads": request.actor.is_super_admin}
    context |= {"id_address": accounts.id_address(request.owner.account), "rescue_url": links.absolute("/rescue/")}
    response = render(request, "pages/admin/rescue_codes.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response
