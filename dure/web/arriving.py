"""What the pages of every way in share: what they say of it, whom it counts, and where it leads."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation.trans_real import parse_accept_lang_header

from dure.accounts.addresses import for_readers
from dure.core import links
from dure.core.zones import zone_name
from dure.joining import funnel, queries, rules, ways
from dure.joining.actions import sign_up_codes
from dure.joining.actions.entering import Came, WrongDomain
from dure.joining.actions.requesting import LONGEST_MESSAGE
from dure.joining.models import InviteLink, JoinRequest, SignUp
from dure.joining.rules import LinkState
from dure.members import rules as member_rules
from dure.members.models import Member
from dure.web import door, places
from dure.web.context import look_url, name_of, seal_of
from dure.web.forms import PaperForm
from dure.web.in_app import is_in_app
from dure.web.invite_links import until
from dure.workspaces.models import Workspace

STEPS = {"opened": "o", "started": "s", "verified": "v", "joined": "j", "asked": "a", "refused": "r"}


class CodeForm(PaperForm):
    """The eight letters beside a QR code; whoever pastes the whole link in their place is understood as well."""

    code = forms.CharField(
        label=gettext_lazy("Short code"),
        max_length=2000,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


def sentence_field() -> forms.CharField:
    """Return the field of what somebody who asks to join wants to say to whoever decides."""
    widget = forms.TextInput({"autocomplete": "off"})
    return forms.CharField(
        label=gettext_lazy("A sentence for whoever decides"), max_length=LONGEST_MESSAGE, required=False, widget=widget
    )


def speak(request: Any, link: InviteLink) -> None:
    """Speak the language of the link to a reader whose browser asks for none of ours."""
    if settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return
    header = request.headers.get("Accept-Language", "").lower()
    asked = [code.partition("-")[0] for code, _weight in parse_accept_lang_header(header)]
    if not set(asked) & set(dict(settings.LANGUAGES)):
        translation.activate(link.language)
        request.LANGUAGE_CODE = link.language


def without(request: HttpRequest, handle: str, secret: str) -> HttpResponse:
    """Explain: opened in another browser than the link, made anew since, or cut off; all go on with the short code."""
    context = {"form": CodeForm(), "renewed": bool(secret), "handle": handle}
    if not handle:
        context["path"] = reverse("join_code")
    return render(request, "pages/join_elsewhere.html", context, status=410 if secret else 200)


def looks(workspace: Workspace) -> dict[str, Any]:
    """Return what a workspace looks like to somebody outside."""
    return {"workspace_name": workspace.name, "seal": seal_of(workspace), "look_url": look_url(workspace.accent)}


def facts(link: InviteLink) -> dict[str, Any]:
    """Return what every page of a link says of it; its times are the workspace's."""
    workspace, inviter = link.workspace, queries.maker(link)
    timezone.activate(ZoneInfo(workspace.time_zone))
    return {
        **looks(workspace),
        "handle": link.uid,
        "inviter": name_of(inviter) if inviter else "",
        "inviter_lang": inviter.name_language if inviter else "",
        "needs_approval": link.needs_approval,
        "until": until(link),
        "zone": zone_name(workspace.time_zone),
        "domains": for_readers(", ".join(link.domains)),
        "code_page": links.absolute(reverse("join_code")),
    }


def elsewhere(request: HttpRequest, link: InviteLink) -> dict[str, str]:
    """Return how to go on in one's own browser, for whoever reads the page of a link inside a messenger or the like."""
    return {"short_code": ways.code_of(link)} if is_in_app(request) else {}


def ended(request: Any, link: InviteLink, state: LinkState) -> HttpResponse:
    """Say why the link lets nobody in, and offer to ask for it to be opened again."""
    signed_in = door.account_of(request) is not None
    signing_up = not signed_in and (_is_signing_up(request) or unfinished(request, link.uid)[0] is not None)
    context = {"link": facts(link), "state": str(state), "signed_in": signed_in, "signing_up": signing_up}
    return render(request, "pages/join_ended.html", context, status=410)


def _is_signing_up(request: Any) -> bool:
    """Tell whether this answers a form of the sign-up."""
    return request.method == "POST" and request.resolver_match.url_name == "join_sign_up"


def arrived(request: Any, came: Came) -> HttpResponse:
    """Lead into the workspace, or to the request that waits."""
    if isinstance(came.place, JoinRequest):
        return redirect("join_request", came.place.uid)
    return into(request, came.place, is_new=came.is_new)


def into(request: Any, member: Member, *, is_new: bool) -> HttpResponse:
    """Lead a member in, newcomers with the welcome, or say when the workspace opens, or that it does not now."""
    name = {"name": member.workspace.name}
    if member_rules.opens(member):
        if is_new:
            return redirect(places.welcome_to(member.workspace))
        messages.success(request, _("You are a member of %(name)s already.") % name)
        return redirect("home", member.workspace.uid)
    if member_rules.state_of(member) is member_rules.State.SCHEDULED and member.starts_at:
        day = date_format(member.starts_at.astimezone(ZoneInfo(member.workspace.time_zone)), "DATE_FORMAT")
        messages.success(request, _("Accepted. %(name)s opens for you on %(day)s.") % {**name, "day": day})
    else:
        messages.warning(request, _("You are a member of %(name)s, but it does not open for you now.") % name)
    return redirect("my_workspaces")


def barred(link: InviteLink | None, address: str) -> str:
    """Return why a link, whose domains may have changed meanwhile, does not take an address; empty when it does."""
    return WrongDomain(link.domains).sentence() if link and not rules.admits(link, address) else ""


def sign_up_cookie(handle: str) -> str:
    """Return the name of the cookie that ties an unfinished sign-up to its browser."""
    return f"{settings.COOKIE_PREFIX}dure-sign-up-{handle}"


def unfinished(request: Any, handle: str) -> tuple[SignUp | None, str]:
    """Return the sign-up this browser began by a way in and did not finish, and what ties them."""
    uid, _dot, browser = request.COOKIES.get(sign_up_cookie(handle), "").partition(".")
    return sign_up_codes.of_browser(uid, browser) if uid else None, browser


def _marks(handle: str) -> str:
    return f"{settings.COOKIE_PREFIX}dure-steps-{handle}"


def counted(request: Any, response: HttpResponse, link: InviteLink, *steps: str) -> HttpResponse:
    """Count steps in the funnel of a link, each once for a browser, which alone remembers which it took."""
    new = uncounted(request, link.uid, *steps)
    if new:
        funnel.count(link, *new)
    return mark(request, response, link.uid, *new)


def shut_out(request: Any, response: HttpResponse, link: InviteLink) -> HttpResponse:
    """Count whoever the link let in no more while they signed up, after the steps that brought them there."""
    row, _browser = unfinished(request, link.uid)
    began = ["started"] if row else []
    proved = ["verified"] if row and sign_up_codes.is_proven(row) else []
    return counted(request, response, link, "opened", *began, *proved, "refused")


def uncounted(request: Any, handle: str, *steps: str) -> list[str]:
    """Return those of these steps for which this browser was not counted."""
    marks = request.COOKIES.get(_marks(handle), "")
    return [step for step in steps if STEPS[step] not in marks]


def mark(request: Any, response: HttpResponse, handle: str, *steps: str) -> HttpResponse:
    """Let the browser remember that it was counted for these steps.

    Whoever was told no and comes in after all was not kept out.
    """
    if steps:
        old = request.COOKIES.get(_marks(handle), "")
        if STEPS["refused"] in old and {"joined", "asked"} & {*steps}:
            funnel.take_back_refusal(handle)
            old = old.replace(STEPS["refused"], "")
        value = "".join(sorted({*old, *(STEPS[step] for step in steps)} & set(STEPS.values())))
        request.COOKIES[_marks(handle)] = value
        response.set_cookie(
            _marks(handle), value, max_age=30 * 86400, httponly=True, secure=settings.HTTPS, samesite="Lax"
        )
    return response
