"""One invite link: to share it, to see how far people come with it, to close it (K3 N13)."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods, require_safe

from dure.core.errors import DomainError
from dure.core.permissions import Permission
from dure.joining import funnel, ledger, links, ways
from dure.joining.models import InviteLink
from dure.web import door, sharing
from dure.web.invite_links import facts_of, maker_of, withdrawer_of
from dure.web.link_numbers import chart, ledger_rows, refused_note, steps_of
from dure.web.link_steps import STEPS, ends, offered, stays

ENTER = door.page(needs=Permission.ADMIN_ENTER)
TYPES = {"png": "image/png", "svg": "image/svg+xml"}


def _found(request: Any, link_uid: str, *, living: bool = False) -> InviteLink:
    """Return a link of this workspace; with ``living`` only one that is not withdrawn."""
    link = links.one(request.actor.member.workspace, link_uid)
    if link is None or (living and link.withdrawn_at):
        raise Http404
    return link


def _secret(response: HttpResponse) -> HttpResponse:
    """Mark a page that shows a link's address: it is kept nowhere and tells no other site where one came from."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _language(request: Any, link: InviteLink) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else link.language


def _languages(current: str) -> list[dict[str, Any]]:
    return [{"code": code, "name": name, "current": code == current} for code, name in settings.LANGUAGES]


@ENTER
@require_safe
def invite_link(request: Any, link_uid: str, **_names: Any) -> HttpResponse:
    """Show a link with all the ways to share it, its numbers, and who came by it."""
    link = _found(request, link_uid)
    workspace, manages = request.actor.member.workspace, request.actor.may(Permission.MEMBERS_MANAGE)
    language, totals = _language(request, link), funnel.totals(link)
    rows, older = ledger.page(link, older=request.GET.get("older", ""), known_to_all=not manages)
    waiting = links.requests_waiting(workspace).filter(link=link).count() if link.needs_approval else 0
    maker = links.makers(workspace, [link]).get(link.made_by_id or 0)
    context = {
        "section": "invitations",
        "invite": facts_of(link) | maker_of(maker) | withdrawer_of(link),
        "steps": offered(link),
        "language": language,
        "language_chosen": "language" in request.GET,
        "message_languages": _languages(language),
        "waiting": str(waiting) if waiting else "",
        "funnel": steps_of(totals, needs_approval=link.needs_approval),
        "refused": refused_note(totals),
        "chart": chart(link),
        "rows": ledger_rows(workspace, rows, manages=manages),
        "all_shown": manages,
        "older_url": f"?older={older}#ledger" if older else "",
        "newest_url": "?#ledger" if request.GET.get("older") else "",
    }
    if not link.withdrawn_at:
        context |= {
            "address": ways.address_of(link),
            "code": ways.code_of(link),
            "code_url": sharing.code_to_type(),
            "message": sharing.message(link, language),
            "qr_svg": sharing.qr_picture(link),
            "poster_url": sharing.poster_url(link, language),
            **sharing.addresses(link, language),
        }
    return _secret(render(request, "pages/admin/invite_link.html", context))


@ENTER
@require_safe
def qr(request: Any, link_uid: str, kind: str, **_names: Any) -> HttpResponse:
    """Hand the QR code over as a file."""
    link = _found(request, link_uid, living=True)
    response = HttpResponse(sharing.qr_file(link, kind), content_type=TYPES[kind])
    name = content_disposition_header(True, sharing.file_name(link, kind)) or "attachment"
    response.headers["Content-Disposition"] = name
    return _secret(response)


@ENTER
@require_safe
def poster(request: Any, link_uid: str, **_names: Any) -> HttpResponse:
    """Show the sheet to print, in the language that is asked for."""
    link = _found(request, link_uid, living=True)
    language = _language(request, link)
    context = {
        "invite": facts_of(link),
        "language": language,
        "poster_languages": _languages(language),
        "sheet": sharing.poster(link, language),
    }
    return _secret(render(request, "pages/admin/invite_poster.html", context))


@ENTER
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: Any, link_uid: str, step: str, **_names: Any) -> HttpResponse:
    """Say what ends and what stays, or do it."""
    link, words = _found(request, link_uid), STEPS.get(step)
    workspace = request.actor.member.workspace
    if words is None:
        raise Http404
    if request.method == "POST":
        seen = request.POST.get("generation", "")
        more = {"generation": int(seen)} if step == "renew" and seen.isdecimal() and len(seen) < 10 else {}
        try:
            words.act(request.actor, link_uid=link.uid, **more)
        except DomainError as refused:
            if refused.status in (403, 404):
                raise
            messages.warning(request, refused.sentence())
        else:
            messages.success(request, str(words.done))
        return redirect("invite_link", workspace.uid, link.uid)
    if step not in [one["code"] for one in offered(link)]:
        return redirect("invite_link", workspace.uid, link.uid)
    context = {
        "section": "invitations",
        "invite": facts_of(link),
        "step": step,
        "words": words,
        "generation": str(link.generation),
        "ends": ends(step),
        "stays": stays(link, step),
    }
    return render(request, "pages/admin/invite_link_step.html", context)
