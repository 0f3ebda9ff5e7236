"""What a temporary password opens: the page that changes it, and nothing else (PRODUCT.md §4.5)."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dure.accounts import queries as accounts
from dure.accounts.actions.signing_in import CodeEnded, enter_after_proof
from dure.accounts.passwords import PasswordRefused
from dure.core.errors import TooBusy
from dure.members import policies
from dure.members.actions.admitting import replace_temporary_password
from dure.web import door, places
from dure.web.pages.links import PasswordForm


@door.first_password
@sensitive_post_parameters("new_password")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Any) -> HttpResponse:
    """Set the own password in the place of the temporary one, and be signed in."""
    code = request.code
    form = PasswordForm(request.POST or None, initial={"id": accounts.id_of(code.account_id).canonical})
    if request.method == "POST" and form.is_valid():
        try:
            account = replace_temporary_password(
                door.VISITOR, code_uid=code.uid, password=form.cleaned_data["new_password"]
            )
        except (PasswordRefused, TooBusy) as refused:
            form.refuse(refused)
        except CodeEnded as ended:
            return door.code_gone(request, ended)
        else:
            opened = enter_after_proof(door.VISITOR, account=account, browser=door.browser_of(request))
            return door.enter(request, opened, places.home_of(account.pk))
    minimum, _words = policies.password_policy(code.account_id)
    context = {"form": form, "minimum": str(minimum), "id_address": form.initial["id"], "deadline_at": code.expires_at}
    return render(request, "pages/first_password.html", context)
