"""The joining page of an invite link: one page for everybody, by who is signed in (K1 K2, PRODUCT.md §4.6, §4.11)."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from dure.accounts import queries as accounts
from dure.accounts.actors import Owner
from dure.accounts.addresses import for_readers
from dure.accounts.models import Account
from dure.core.errors import DomainError
from dure.joining import queries, requests, rules, ways
from dure.joining.actions import entering, wanting
from dure.joining.actions.accepting import RemovedHere
from dure.joining.actions.entering import LinkClosed, WrongDomain
from dure.joining.models import InviteLink
from dure.joining.rules import LinkState
from dure.members import queries as members
from dure.members import rules as member_rules
from dure.members.models import Member
from dure.web import arriving, door, networks
from dure.web.forms import PaperForm, name_fields
from dure.web.kept import render_kept
from dure.web.pages.links import SECRET, cookie_of, keep, swap
from dure.web.tags import breaking

HANDLED = (LinkClosed, WrongDomain, RemovedHere)
PASTED = re.compile(rf"{re.escape(ways.SHARED)}({SECRET.pattern})")


class JoinForm(PaperForm):
    """The name one goes by in the workspace, and a sentence where an admin reads it."""

    family_name, given_name = name_fields()
    message = arriving.sentence_field()


@door.public
@require_safe
def arrive(request: HttpRequest, secret: str) -> HttpResponse:
    """Swap the secret in the address for a cookie; whether it is right is told by the next page."""
    return swap(request, secret, "join") if SECRET.fullmatch(secret) else arriving.without(request, "", secret)


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponse:
    """Take a short code in the place of the link, for whoever has no camera or came from another browser."""
    form, status = arriving.CodeForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        if pasted := PASTED.search(form.cleaned_data["code"]):
            return redirect("arrive_to_join", pasted[1])
        try:
            link = entering.link_of_code(form.cleaned_data["code"], network=networks.network_of(request))
        except (entering.WrongShortCode, entering.TooManyCodes) as refused:
            form.refuse(refused)
            status = 429 if refused.status == 429 else 200
        else:
            response = redirect("join", link.uid)
            keep(response, link.uid, ways.secret_of(link))
            return response
    return render(request, "pages/join_code.html", {"form": form}, status=status)


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: Any, handle: str) -> HttpResponse:
    """Show where the link leads and what there is to do, and do it."""
    secret = request.COOKIES.get(cookie_of(handle), "")
    way = ways.find(secret) if secret else None
    if way is not None and way.token:
        return redirect("link_invitation", handle)
    if way is None or way.link is None or way.handle != handle:
        return arriving.without(request, handle, secret)
    arriving.speak(request, way.link)
    account = door.account_of(request)
    if request.method == "POST":
        return _step(request, way.link, secret, account)
    return _page(request, way.link, account)


def _page(request: Any, link: InviteLink, account: Account | None, form: Any = None, refusal: str = "") -> HttpResponse:
    member = _member(link, account)
    if member is not None and member_rules.is_here(member):
        return _known(request, link, member)
    waiting = requests.waiting_of(link.workspace_id, account) if account else None
    if waiting:
        return redirect("join_request", waiting.uid)
    state = rules.link_state_of(link)
    if state is not LinkState.OPEN:
        return arriving.ended(request, link, state)
    if account is None:
        facts, (begun, _browser) = arriving.facts(link), arriving.unfinished(request, link.uid)
        mine = ({"begun": breaking(for_readers(begun.address))} if begun else {}) | arriving.elsewhere(request, link)
        return render_kept(request, "pages/join.html", facts, lambda: {"link": facts}, mine)
    own = accounts.id_of(account.pk)
    family_name, given_name = queries.names_of(account)
    context = {
        "link": arriving.facts(link),
        "form": form or JoinForm(initial={"family_name": family_name, "given_name": given_name}),
        "id_address": for_readers(own.canonical),
        "unproven": own.proven_at is None,
        "invited": queries.invited_to(link.workspace_id, account),
        "refused": requests.refused_last(link.workspace_id, account),
        "foreign": not rules.admits(link, own.canonical),
        "removed": member is not None,
        "asks": link.needs_approval or member is not None,
        "refusal": refusal,
        **arriving.elsewhere(request, link),
    }
    return render(request, "pages/join_signed_in.html", context)


def _member(link: InviteLink, account: Account | None) -> Member | None:
    own = members.of(link.workspace_id).filter(account=account).select_related("workspace") if account else None
    return own.first() if own is not None else None


def _known(request: Any, link: InviteLink, member: Member) -> HttpResponse:
    """Tell a member that they are one already."""
    context = {
        "link": arriving.facts(link),
        "opens": member_rules.opens(member),
        "home_url": reverse("home", args=[link.workspace.uid]),
        "state_label": member_rules.LABELS[member_rules.state_of(member)],
        "id_address": for_readers(accounts.id_of(member.account_id).canonical),
    }
    return render(request, "pages/join_known.html", context)


def _step(request: Any, link: InviteLink, secret: str, account: Account | None) -> HttpResponse:
    step = request.POST.get("step", "")
    if rules.link_state_of(link) is not LinkState.OPEN:
        response = _page(request, link, account)
        return arriving.counted(request, response, link, "opened", "refused")
    if step == "join" and account:
        return _join(request, link, secret, account)
    if step == "create":
        return arriving.counted(request, redirect("join_sign_up", link.uid), link, "opened")
    if account:
        return redirect("join", link.uid)
    response = door.to_sign_in(request, reverse("join", args=[link.uid]))
    return arriving.counted(request, response, link, "opened", "started")


def _join(request: Any, link: InviteLink, secret: str, account: Account) -> HttpResponse:
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _page(request, link, account, form)
    typed = {name: form.cleaned_data.get(name, "") for name in form.fields}
    try:
        came = entering.join(Owner(account), link=secret, **typed)
    except HANDLED as refused:
        link.refresh_from_db()
        response = _page(request, link, account, form, refused.sentence())
        return arriving.counted(request, response, link, "opened", "started", "refused")
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        form.refuse(refused)
        return _page(request, link, account, form)
    response = arriving.arrived(request, came)
    return arriving.counted(request, response, link, "opened", "started", "verified", *came.steps)


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Any, handle: str) -> HttpResponse:
    """Ask for a link that is over to be opened again; the answer is the same whether a mail goes or not."""
    secret = request.COOKIES.get(cookie_of(handle), "")
    way = ways.find(secret) if secret else None
    if way is None or way.link is None or way.handle != handle:
        return arriving.without(request, handle, secret)
    if request.method != "POST":
        return redirect("join", handle)
    account = door.account_of(request)
    wanting.ask_for_link(Owner(account) if account else door.VISITOR, link_uid=handle)
    context = {"link": arriving.facts(way.link), "state": str(rules.link_state_of(way.link))}
    return render(request, "pages/join_asked.html", context | {"path": reverse("join", args=[handle])})
