"""Signing in and out, and asking for a reset link."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dure.accounts.actions.passkey_sign_in import pass_by_passkey, sign_in_by_passkey
from dure.accounts.actions.recovering import ask_for_reset
from dure.accounts.actions.second_factor import WrongFactor, pass_second_factor
from dure.accounts.actions.signing_in import CodeEnded, SignedIn, SlowedDown, WrongCredentials, sign_in
from dure.accounts.actions.signing_out import sign_out
from dure.accounts.actors import Owner
from dure.accounts.addresses import InvalidAddress, for_readers
from dure.accounts.factors import has_app
from dure.accounts.passkeys import Ceremony, PasskeyRefused
from dure.core.errors import TooBusy
from dure.joining.actions.founding import is_set_up
from dure.web import ceremonies, door, metrics, networks, places
from dure.web.forms import PaperForm, id_field, password_field


class SignInForm(PaperForm):
    """ID and password."""

    id = id_field(_("ID (e-mail address)"), attrs={"autocomplete": "username webauthn"})
    password = password_field(_("Password"), "current-password")
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class ResetForm(PaperForm):
    """The ID whose password is lost."""

    id = id_field(_("ID (e-mail address)"))


@door.public
def start(request: HttpRequest) -> HttpResponse:
    """Lead to where the reader belongs: the only open workspace, all of them, sign-in, or the first run."""
    account = door.account_of(request)
    if account is None:
        return redirect("sign_in" if is_set_up() else "first_run")
    return redirect(places.home_of(account.pk))


@door.public
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Any) -> HttpResponse:
    """Show the sign-in page, or sign in."""
    if request.method != "POST":
        if door.account_of(request) is not None:
            return redirect("start")
        known = for_readers(request.GET.get("id", "")[:400])
        form = SignInForm(initial={"next": request.GET.get("next", ""), "id": known})
        if request.GET.get("id") or request.GET.get("next"):
            form.fields["password" if request.GET.get("id") else "id"].widget.attrs["autofocus"] = True
        return _show(request, form)
    if ceremonies.is_answer(request):
        return _by_passkey(request)
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    typed = form.cleaned_data
    try:
        opened = sign_in(
            door.VISITOR,
            address=typed["id"],
            password=typed["password"],
            network=networks.network_of(request),
            browser=door.browser_of(request),
            language=get_language() or settings.LANGUAGE_CODE,
        )
    except (WrongCredentials, SlowedDown, CodeEnded, TooBusy) as refused:
        metrics.count_sign_in(refused.code)
        return _show(request, form, banner=refused.sentence(), status=429 if isinstance(refused, TooBusy) else 200)
    metrics.count_sign_in()
    return door.enter(request, opened, door.safe_path(request, typed["next"]))


def _by_passkey(request: Any) -> HttpResponse:
    """Sign in with a passkey alone."""
    back = request.POST.get("next", "")
    try:
        opened = sign_in_by_passkey(
            door.VISITOR,
            answer=ceremonies.answer_of(request, Ceremony.SIGN_IN),
            network=networks.network_of(request),
            browser=door.browser_of(request),
        )
    except PasskeyRefused as refused:
        metrics.count_sign_in(refused.code)
        return _show(request, SignInForm(initial={"next": back}), banner=refused.sentence(), marked=())
    metrics.count_sign_in()
    return door.enter(request, opened, door.safe_path(request, back))


class SecondForm(PaperForm):
    """The code of the app, or a spare one."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Six digits from the authenticator app, or one of the spare codes."),
        widget=forms.TextInput({"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "none"}),
    )


@door.halfway
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: Any) -> HttpResponse:
    """Ask for the second factor: a code, or a passkey."""
    typed = None if ceremonies.is_answer(request) else request.POST or None
    form, banner = SecondForm(typed), ""
    try:
        opened = _second(request, form)
    except WrongFactor as refused:
        form.refuse(refused)
    except PasskeyRefused as refused:
        banner = refused.sentence()
    else:
        if opened:
            return door.enter(request, opened, request.session.get("next", "/"))
    if not has_app(request.halfway):
        form.fields["code"].help_text = _("One of the spare codes.")
    context = {"form": form, "banner": banner, "has_passkey": request.halfway.passkeys.exists()}
    return render(request, "pages/second_factor.html", context)


def _second(request: Any, form: SecondForm) -> SignedIn | None:
    account, browser = request.halfway, door.browser_of(request)
    if ceremonies.is_answer(request):
        answer = ceremonies.answer_of(request, Ceremony.SECOND)
        return pass_by_passkey(door.VISITOR, account=account, answer=answer, browser=browser)
    if form.is_valid():
        return pass_second_factor(door.VISITOR, account=account, code=form.cleaned_data["code"], browser=browser)
    return None


def _show(
    request: HttpRequest,
    form: SignInForm,
    *,
    banner: str = "",
    status: int = 200,
    marked: tuple[str, ...] = ("id", "password"),  # both: naming one would tell too much
) -> HttpResponse:
    if banner and status == 200:
        for name in marked:
            form.fields[name].widget.attrs["aria-invalid"] = "true"
    leads = str(form["next"].value() or "").startswith((reverse("join_code"), "/link/"))
    context = {"form": form, "banner": banner, "to_invitation": leads}
    response = render(request, "pages/sign_in.html", context, status=status)
    if status == 429:
        response.headers["Retry-After"] = "5"
    return response


@door.public
@require_POST
def leave(request: Any) -> HttpResponse:
    """Sign this browser out, whatever it was signed in with; ``next`` is a page that goes on from there."""
    account = door.account_of(request)
    if account is not None:
        sign_out(Owner(account), session_key=request.session.session_key)
    request.session.flush()
    back = request.POST.get("next", "")
    return redirect(door.safe_path(request, back) if back else "sign_in")


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def reset(request: Any) -> HttpResponse:
    """Ask for a reset link; the answer is the same for every address."""
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_reset(
                address=form.cleaned_data["id"],
                network=networks.network_of(request),
                language=get_language() or settings.LANGUAGE_CODE,
            )
        except InvalidAddress as refused:
            form.refuse(refused)
        else:
            return redirect("reset_asked")
    return render(request, "pages/reset.html", {"form": form})


@door.public
def reset_asked(request: HttpRequest) -> HttpResponse:
    """Say what happens now."""
    return render(request, "pages/reset_asked.html")
