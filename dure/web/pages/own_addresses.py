"""One's own addresses: another ID, and a private address (PRODUCT.md §4.15)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from dure.accounts import queries as accounts
from dure.accounts.actions import changing_id
from dure.accounts.addresses import for_readers
from dure.accounts.models import Address
from dure.core.errors import DomainError
from dure.members.actions import own_addresses
from dure.web import door
from dure.web.forms import PaperForm, id_field


class NewIdForm(PaperForm):
    """The address that is to become the ID."""

    id = id_field(gettext_lazy("New ID (e-mail address)"), attrs={"autocomplete": "email"})


class PrivateForm(PaperForm):
    """The private address."""

    id = id_field(gettext_lazy("Private address"), attrs={"autocomplete": "email"})


@door.signed_in
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def change_id(request: Any) -> HttpResponse:
    """Ask for another ID; the answer is the same for every address."""
    form = NewIdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            pending = changing_id.ask_for_new_id(request.owner, address=form.cleaned_data["id"])
        except DomainError as refused:
            form.refuse(refused)
        else:
            messages.success(request, _mailed(pending.canonical))
            return redirect("my_account")
    context = {"form": form, "id_address": accounts.id_address(request.owner.account)}
    return render(request, "pages/change_id.html", context)


def _mailed(address: str) -> str:
    said = _("We have mailed a link to %(address)s. Open it there and press the button.")
    return said % {"address": for_readers(address)}


@door.signed_in
@require_POST
def pending_id(request: Any) -> HttpResponse:
    """Mail the link to the pending address again, or cancel the change."""
    if request.POST.get("step") == "cancel":
        changing_id.cancel_new_id(request.owner)
        messages.success(request, _("The change is cancelled. Your ID stays as it is."))
        return redirect("my_account")
    try:
        pending = changing_id.mail_new_id_again(request.owner)
    except DomainError as refused:
        if refused.status == 404:
            raise
        messages.warning(request, refused.sentence())
    else:
        messages.success(request, _mailed(pending.canonical))
    return redirect("my_account")


@door.signed_in
@door.fresh
@require_http_methods(["GET", "HEAD", "POST"])
def private(request: Any) -> HttpResponse:
    """Set, change, prove or remove one's private address."""
    own = accounts.addresses_of(request.owner.id)[Address.PRIVATE]
    form = PrivateForm(request.POST or None, initial={"id": for_readers(own[0].canonical) if own else ""})
    if request.POST.get("step") == "remove":
        own_addresses.remove_private_address(request.owner)
        messages.success(request, _("The private address is removed."))
        return redirect("my_account")
    if request.method == "POST" and form.is_valid():
        try:
            saved = own_addresses.set_private_address(request.owner, address=form.cleaned_data["id"])
        except DomainError as refused:
            form.refuse(refused)
        else:
            if saved.proven_at is None:
                messages.success(request, _mailed(saved.canonical))
            return redirect("my_account")
    return render(request, "pages/private_address.html", {"form": form, "own": own[0] if own else None})
