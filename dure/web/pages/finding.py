"""Finding one's ID: a code that lists and never signs in, a mail, and a question to an admin (K9 K12)."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dure.accounts.actions import recovering
from dure.accounts.addresses import InvalidAddress
from dure.joining import queries as joining
from dure.members import queries
from dure.members.actions import asking
from dure.web import door, networks
from dure.web.forms import CodeForm, PaperForm, id_field
from dure.web.places import shown_invitation, shown_place


class FindForm(PaperForm):
    """Any address one has."""

    id = id_field(_("Any e-mail address you have"), help_text=_("Your ID, an earlier ID, or a private address."))


def _cookie(handle: str) -> str:
    return f"{settings.COOKIE_PREFIX}dure-find-{handle}"


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Ask for a code, or for a mail with the IDs; the answer is the same for every address."""
    form = FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = {
            "address": form.cleaned_data["id"],
            "network": networks.network_of(request),
            "language": get_language() or settings.LANGUAGE_CODE,
        }
        try:
            if request.POST.get("way") == "mail":
                recovering.ask_for_ids(**asked)
                return redirect("find_asked")
            code = recovering.ask_for_code(**asked)
        except InvalidAddress as refused:
            form.refuse(refused)
        else:
            response = redirect("find_code", code.handle)
            response.set_cookie(
                _cookie(code.handle), code.browser, max_age=1800, httponly=True, secure=settings.HTTPS, samesite="Lax"
            )
            return response
    return render(request, "pages/find.html", {"form": form})


@door.public
@require_safe
def asked(request: HttpRequest) -> HttpResponse:
    """Say what happens now."""
    return render(request, "pages/find_asked.html")


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest, handle: str) -> HttpResponse:
    """Type the code."""
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        browser = request.COOKIES.get(_cookie(handle), "")
        try:
            recovering.prove_by_code(handle=handle, browser=browser, code=form.cleaned_data["code"])
        except recovering.WrongCode as refused:
            form.refuse(refused)
        else:
            return redirect("find_list", handle)
    return render(request, "pages/find_code.html", {"form": form, "handle": handle})


@door.public
@require_safe
def listed(request: HttpRequest, handle: str) -> HttpResponse:
    """Show *My workspaces* of the address: the ID on top of each, what waits, and the way to the password (K12)."""
    address = recovering.proven_address(handle=handle, browser=request.COOKIES.get(_cookie(handle), ""))
    if not address:
        return redirect("find_code", handle)
    found = queries.listed_places(address)
    accounts = [{"id_address": own, "places": [shown_place(place) for place in places]} for own, places in found]
    waiting = [shown_invitation(one) for one in joining.waiting_at(address)[:50]]
    context = {"accounts": accounts, "waiting": waiting, "address": address, "handle": handle}
    response = render(request, "pages/find_list.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


@door.public
@require_POST
def ask(request: HttpRequest, handle: str) -> HttpResponse:
    """Ask the admins of one of the listed workspaces."""
    address = recovering.proven_address(handle=handle, browser=request.COOKIES.get(_cookie(handle), ""))
    if not address:
        return redirect("find_code", handle)
    try:
        asking.ask_admin(
            door.VISITOR,
            address=address,
            member_uid=request.POST.get("place", ""),
            message=request.POST.get("message", ""),
        )
    except asking.AskedEnough as refused:
        messages.warning(request, refused.sentence())
    else:
        messages.success(request, _("Your question is with the admins. The answer comes to the address you proved."))
    return redirect("find_list", handle)
