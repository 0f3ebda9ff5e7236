"""The member's own pages: Home and More."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from dure.accounts import queries as accounts
from dure.accounts.addresses import for_readers
from dure.core.permissions import Permission
from dure.mail import outbox
from dure.members import devices, directory, queries
from dure.members.actions.proving import prove_again as mail_proof
from dure.web import door
from dure.web import home as shown
from dure.web.phone import on_the_phone


@door.page(needs=None)
@require_safe
def home(request: Any, **_names: Any) -> HttpResponse:
    """Say what waits; lead admins to Member › Add member (N1), and everybody to people.

    Newcomers are welcomed first, whichever way they came in: their ID, how to get the app on the phone, *Start*.
    """
    address = accounts.id_of(request.owner.id)
    if "welcome" in request.GET and devices.is_greeted(request.actor.member):
        context = {"tab": "home", "id_address": for_readers(address.canonical), "smtp": outbox.can_send()}
        return render(request, "pages/welcome.html", context | on_the_phone(request))
    context = {
        "tab": "home",
        "id_address": for_readers(address.canonical),
        "photo": directory.photo_of(request.actor.member),
        "unproven": address.proven_at is None and outbox.can_send(),
        "waits": shown.waits(request.actor),
        "admin": shown.admin(request.actor),
        "newcomers": shown.newcomers(request.actor),
    }
    return render(request, "pages/home.html", context)


@door.page(needs=None)
@require_safe
def more(request: Any, **_names: Any) -> HttpResponse:
    """Show what else there is: account, workspaces, language, sign-out."""
    return render(request, "pages/more.html", {"tab": "more", "id_address": accounts.id_address(request.owner.account)})


@door.page(needs=None)
@require_POST
def prove_again(request: Any, **_names: Any) -> HttpResponse:
    """Mail the link that proves one's ID once more."""
    mail_proof(request.actor)
    messages.success(request, _("A new mail is on its way. The older link no longer works."))
    return redirect("home", request.actor.member.workspace.uid)


@door.page(needs=Permission.ADMIN_ENTER)
@require_safe
def admin(request: Any, **_names: Any) -> HttpResponse:
    """Show what the admin service holds for this admin."""
    alone = request.actor.is_super_admin and not queries.able_super_admins(
        request.actor.workspace_id, without=request.actor.id
    )
    return render(request, "pages/admin/index.html", {"alone_at_the_top": alone})
