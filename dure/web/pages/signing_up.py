"""Create account: name, e-mail, password, and the code on the same page (K2, PRODUCT.md §4.3)."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dure.accounts.actions.recovering import WrongCode
from dure.accounts.actions.signing_in import SignedIn
from dure.accounts.addresses import for_readers
from dure.accounts.models import Account
from dure.core.errors import DomainError
from dure.core.sentences import gap
from dure.joining import proven, ways
from dure.joining.actions import sign_up_codes, sign_up_mails, signing_up
from dure.joining.actions.accepting import Accepted, RemovedHere
from dure.joining.actions.entering import LinkClosed, WrongDomain
from dure.joining.actions.inviting import InvitationEnded
from dure.joining.actions.signing_up import Finished
from dure.joining.letters import own_name_of
from dure.joining.models import SignUp
from dure.joining.ways import Way
from dure.mail import outbox
from dure.members import queries as members
from dure.members import rules as member_rules
from dure.members.models import Member
from dure.web import arriving, door, networks
from dure.web.forms import CodeForm, PaperForm, id_field, name_fields, password_field
from dure.web.kept import render_kept
from dure.web.pages.links import cookie_of
from dure.web.tags import breaking

ONLY = _("The link is for addresses at %(domains)s.")
RULE = _(
    "At least %(minimum)s characters; a few words in a row are easy to remember. "
    "No well-known password, and not your name or company."
)


class SignUpForm(PaperForm):
    """Who somebody is, and how they will sign in."""

    family_name, given_name = name_fields()
    id = id_field(
        _("E-mail address"),
        help_text=_("It becomes your ID: you sign in with it. We mail a code to it."),
    )
    password = password_field(_("Password"), "new-password")
    message = arriving.sentence_field()

    def __init__(self, way: Way, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        self.way = way
        self.fields["id"].required = way.invitation is None
        if way.link and way.link.domains:
            only = {"domains": ", ".join(map(for_readers, way.link.domains))}
            self.fields["id"].help_text = f"{self.fields['id'].help_text}{gap()}{ONLY % only}"
        self.fields["password"].help_text = RULE % {"minimum": way.workspace.password_minimum}
        if not (way.link and way.link.needs_approval):
            del self.fields["message"]

    def clean(self) -> dict[str, Any]:
        """Tell of everything that is wrong at once, also when a field is empty and the action is not reached."""
        typed = super().clean() or {}
        if self.errors:
            for refused in signing_up.wrong(self.way, **facts_of(typed)):
                if refused.field not in self.errors:
                    self.refuse(refused)
        return typed


def facts_of(typed: dict[str, Any]) -> dict[str, str]:
    """Return who signs up, as the actions take it."""
    return {
        "address": typed.get("id", ""),
        "family_name": typed.get("family_name", ""),
        "given_name": typed.get("given_name", ""),
        "password": typed.get("password", ""),
        "language": get_language() or settings.LANGUAGE_CODE,
    }


@door.public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_up(request: Any, handle: str) -> HttpResponse:
    """Show the form, take the code, and let the new account in."""
    secret = request.COOKIES.get(cookie_of(handle), "")
    way = ways.find(secret) if secret else None
    if way is None or way.handle != handle:
        return arriving.without(request, handle, secret)
    account = door.account_of(request)
    if account is not None:
        return _signed_in(request, way, account)
    if way.link:
        arriving.speak(request, way.link)
    row, browser = arriving.unfinished(request, handle)
    try:
        if request.method == "POST":
            return _step(request, way, secret, row, browser)
        signing_up.refuse_ended(way)
    except (LinkClosed, InvitationEnded) as over:
        return _over(request, way, over)
    return _show(request, way, row)


def _signed_in(request: Any, way: Way, account: Account) -> HttpResponse:
    """Lead whoever has an account to where they answer; a look writes nothing, not even a notice (§4.6)."""
    place = members.present(account.pk, way.workspace.uid)
    if place is None:
        return redirect(_back(way))
    if request.method == "POST":
        return arriving.into(request, place, is_new=False)
    return redirect("home", way.workspace.uid) if member_rules.opens(place) else redirect("my_workspaces")


def _back(way: Way) -> str:
    return reverse("join" if way.link else "link_invitation", args=[way.handle])


def _over(request: Any, way: Way, over: LinkClosed | InvitationEnded) -> HttpResponse:
    """Say that the way in closed meanwhile; what was typed waits, should it open again."""
    if isinstance(over, LinkClosed) and way.link:
        response = arriving.ended(request, way.link, over.state)
        if request.method != "POST":
            return response
        return arriving.shut_out(request, response, way.link)
    return redirect(_back(way))


def _step(request: Any, way: Way, secret: str, row: SignUp | None, browser: str) -> HttpResponse:
    step = request.POST.get("step", "")
    if step == "begin" or (not step and (row is None or "password" in request.POST)):
        return _begin(request, way, secret, row)
    if row is None:
        return _gone(way)
    if step == "code" and not sign_up_codes.is_proven(row):
        return _prove(request, way, row, browser)
    if step == "again":
        return _again(request, way, row, browser)
    if step in ("finish", "code"):
        return _finish(request, way, row)
    return redirect(f"{reverse('join_sign_up', args=[way.handle])}?another")


def _show(
    request: Any, way: Way, row: SignUp | None, form: Any = None, status: int = 200, refusal: str = ""
) -> HttpResponse:
    """Show the form, the place for the code, or what stands in the way of an address that is proven."""
    context: dict[str, Any] = {"way": _facts(way), "back_url": _back(way), "handle": way.handle}
    context["path"] = reverse("join_sign_up", args=[way.handle])
    another = row is not None and "another" in request.GET
    if row is None or another or isinstance(form, SignUpForm):
        context["over"] = sign_up_codes.SignUpOver().sentence() if "over" in request.GET else ""
        context["minimum"] = str(way.workspace.password_minimum)
        if form is None and row is None:
            return render_kept(request, "pages/sign_up.html", context, lambda: {**context, "form": _empty(way)})
        return render(request, "pages/sign_up.html", {**context, "form": form or _empty(way, row)}, status=status)
    if not sign_up_codes.is_proven(row):
        context |= {"fate": outbox.fate_of(row.uid), "is_late": row.tries_left == 0, "sent": "sent" in request.GET}
        form = form or (_refused_code(sign_up_codes.why_not(row)) if "wrong" in request.GET else None)
        own = {"address": breaking(for_readers(row.address))}
        if form is None:
            return render_kept(
                request, "pages/sign_up_code.html", context, lambda: {**context, "form": CodeForm()}, own
            )
        return render(request, "pages/sign_up_code.html", {**context, **own, "form": form}, status=status)
    barred = arriving.barred(way.link, row.address)
    context |= {"address": row.address, "refusal": refusal or barred, "barred": bool(barred)}
    context["has_account"] = proven.holder_of(row.address, way.workspace) is not None
    return render(request, "pages/sign_up_known.html", context, status=status)


def _refused_code(refused: DomainError) -> CodeForm:
    """Return the field of the code, empty, with what is said beside it."""
    form = CodeForm({"code": ""})
    form.errors.clear()
    form.refuse(refused)
    return form


def _facts(way: Way) -> dict[str, Any]:
    shown = arriving.looks(way.workspace)
    if way.link:
        return {**shown, "domains": for_readers(", ".join(way.link.domains)), "asks": way.link.needs_approval}
    invitation = way.invitation
    return {**shown, "address": invitation.address, "name": own_name_of(invitation)} if invitation else shown


def _empty(way: Way, row: SignUp | None = None) -> SignUpForm:
    """Return the form without a password; ``row`` is what was typed before, to be corrected."""
    typed = {"id": way.invitation.address if way.invitation else ""}
    if row:
        typed = {"family_name": row.family_name, "given_name": row.given_name, "id": for_readers(row.address)}
        typed["message"] = row.message
    return SignUpForm(way, initial=typed)


def _begin(request: Any, way: Way, secret: str, row: SignUp | None) -> HttpResponse:
    signing_up.refuse_ended(way)
    form = SignUpForm(way, request.POST)
    if not form.is_valid():
        return _show(request, way, row, form)
    typed = form.cleaned_data
    said = facts_of(typed) | {"secret": secret, "message": typed.get("message", "")}
    try:
        if way.token and way.token.proves_address:
            device = door.browser_of(request)
            return _enter(request, way, signing_up.sign_up_by_invitation(door.VISITOR, **said, device=device))
        steps = arriving.uncounted(request, way.handle, "opened", "started")
        network = networks.network_of(request)
        begun = signing_up.begin(door.VISITOR, **said, network=network, steps=steps, instead_of=row)
    except proven.HasAccount:
        return redirect(_back(way))
    except (LinkClosed, InvitationEnded):
        raise
    except DomainError as refused:
        if refused.status in (403, 404):
            raise
        form.refuse(refused)
        return _show(request, way, row, form, 429 if refused.status == 429 else 200)
    response = redirect("join_sign_up", way.handle)
    value, week = f"{begun.uid}.{begun.browser}", int(sign_up_codes.LASTS.total_seconds())
    response.set_cookie(
        arriving.sign_up_cookie(way.handle), value, max_age=week, httponly=True, secure=settings.HTTPS, samesite="Lax"
    )  # fmt: skip
    return arriving.mark(request, response, way.handle, *steps) if way.link else response


def _prove(request: Any, way: Way, row: SignUp, browser: str) -> HttpResponse:
    form = CodeForm(request.POST)
    if not form.is_valid():
        return _show(request, way, row, form)
    proof = {"browser": browser, "code": form.cleaned_data["code"], "network": networks.network_of(request)}
    try:
        return _finish(request, way, row, partial(signing_up.finish_with_code, **proof))
    except (sign_up_codes.NotSixDigits, sign_up_codes.TooManyWrongCodes) as refused:
        form.refuse(refused)
        return _show(request, way, row, form, 429 if refused.status == 429 else 200)
    except WrongCode:  # told on a page of its own, which costs no try when it is loaded again
        return redirect(f"{reverse('join_sign_up', args=[way.handle])}?wrong")


def _gone(way: Way) -> HttpResponse:
    """Lead whoever finished in another tab into the workspace, and tell others that there is nothing to finish."""
    return redirect(f"{reverse('join_sign_up', args=[way.handle])}?over")


def _again(request: Any, way: Way, row: SignUp, browser: str) -> HttpResponse:
    try:
        sign_up_mails.send_code_again(
            door.VISITOR, uid=row.uid, browser=browser, way=way, network=networks.network_of(request)
        )
    except (sign_up_mails.CodeJustSent, sign_up_mails.NoMoreCodes) as refused:
        return _show(request, way, row, _refused_code(refused))
    return redirect(f"{reverse('join_sign_up', args=[way.handle])}?sent")


def _finish(request: Any, way: Way, row: SignUp, finish: Callable[..., Finished] = signing_up.finish) -> HttpResponse:
    steps = arriving.uncounted(request, way.handle, "opened", "started", "verified")
    try:
        finished = finish(door.VISITOR, row=row, way=way, device=door.browser_of(request), steps=steps)
    except sign_up_codes.SignUpOver:
        return _gone(way)
    except proven.HasAccount:
        response = redirect("join_sign_up", way.handle)
        return arriving.counted(request, response, way.link, *steps) if way.link else response
    except (RemovedHere, WrongDomain) as refused:
        row.refresh_from_db()
        return _show(request, way, row, refusal=refused.sentence())
    return _enter(request, way, finished, steps)


def _enter(request: Any, way: Way, finished: Finished, steps: Sequence[str] = ()) -> HttpResponse:
    """Give the browser its session, and lead where the account came to."""
    response, place = door.enter(request, finished.opened, _back(way)), finished.place
    if isinstance(finished.opened, SignedIn):
        member = place.member if isinstance(place, Accepted) else place.place
        if isinstance(member, Member):
            further = arriving.into(request, member, is_new=True)  # with an account nobody had used before
        else:
            further = redirect("join_request", member.uid)
        response.headers["Location"] = further.headers["Location"]
    response.delete_cookie(arriving.sign_up_cookie(way.handle), samesite="Lax")
    last = () if isinstance(place, Accepted) else place.steps
    return arriving.mark(request, response, way.handle, *steps, *last)
