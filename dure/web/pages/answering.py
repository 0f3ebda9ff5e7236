"""Answering an invitation: from *My workspaces*, or behind a mailed link (PRODUCT.md §4.2, §4.6)."""

from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from dure.accounts import queries as accounts
from dure.accounts.actors import Owner
from dure.accounts.addresses import for_readers
from dure.accounts.models import Account
from dure.core import clock
from dure.core.zones import zone_name
from dure.joining import proven, queries
from dure.joining.actions import accepting
from dure.joining.actions.inviting import InvitationEnded, note_opened
from dure.joining.letters import own_name_of
from dure.joining.models import Invitation, InvitationToken
from dure.joining.rules import State, state_of
from dure.members import profile
from dure.members import queries as members
from dure.members.names import InvalidName
from dure.web import arriving, door
from dure.web.context import look_url, name_of, seal_of
from dure.web.forms import PaperForm, name_fields
from dure.web.pages.links import cookie_of, gone

REFUSED = (
    accepting.HereAlready,
    accepting.ForSomebodyElse,
    accepting.IdNotProven,
    accepting.RemovedHere,
    accepting.AddressNotProven,
)


class NameForm(PaperForm):
    """One's name, where whoever invited left it blank."""

    family_name, given_name = name_fields()

    @property
    def names(self) -> dict[str, str]:
        """What was typed; nothing when a field holds more than any name."""
        return dict(self.cleaned_data) if self.is_valid() else {}


def _filled(form: NameForm, account: Account | None, invitation: Invitation, who: str = "own") -> NameForm:
    """Return the form as typed, or with the name its reader goes by elsewhere where the invitation holds none of it."""
    if form.is_bound or account is None or (own_name_of(invitation) and who != "anybody"):
        return form
    family_name, given_name = queries.names_of(account)
    return NameForm(initial={"family_name": family_name, "given_name": given_name})


def facts(invitation: Invitation) -> dict[str, Any]:
    """Return what the page with the buttons says of an invitation; its times are the workspace's."""
    workspace, inviter, details = invitation.workspace, queries.inviter(invitation), invitation.details
    timezone.activate(ZoneInfo(workspace.time_zone))
    ahead = invitation.starts_at is not None and invitation.starts_at > clock.now()
    return {
        "uid": invitation.uid,
        "workspace_name": workspace.name,
        "seal": seal_of(workspace),
        "look_url": look_url(workspace.accent),
        "inviter": name_of(inviter) if inviter else "",
        "inviter_lang": inviter.name_language if inviter else "",
        "name": own_name_of(invitation),
        "message": invitation.message,
        "lang": invitation.name_language,
        "address": for_readers(invitation.address),
        "starts_at": invitation.starts_at if ahead else None,
        "expires_at": invitation.expires_at,
        "zone": zone_name(workspace.time_zone),
        "details": [
            {"label": field.label, "value": details[name]} for name, field in profile.FIELDS.items() if name in details
        ],
        "has_photo": bool(invitation.photo),
    }


@door.signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def waiting(request: Any, invitation_uid: str) -> HttpResponse:
    """Show one invitation that waits for the reader's answer, and take the answer; later, say what became of it."""
    actor, form = request.owner, NameForm(request.POST or None)
    if request.method == "POST":
        try:
            if request.POST.get("step") != "accept":
                return _answered(request, accepting.decline(actor, invitation_uid=invitation_uid))
            return _answered(request, accepting.accept(actor, invitation_uid=invitation_uid, **form.names))
        except InvitationEnded as ended:
            return _over_for(request, actor.account, Invitation.objects.get(uid=invitation_uid), ended.state)
        except InvalidName as refused:
            form.refuse(refused)
    invitation = queries.sent_to(actor.account).filter(uid=invitation_uid).first()
    if invitation is None:
        raise Http404
    if state_of(invitation) is not State.WAITING:
        return _over_for(request, actor.account, invitation, state_of(invitation))
    context = {
        "invitation": facts(invitation),
        "who": "own",
        "may_decline": True,
        "form": _filled(form, actor.account, invitation),
        "action": reverse("invitation", args=[invitation_uid]),
        "id_address": for_readers(accounts.id_address(actor.account)),
    }
    return render(request, "pages/invitation.html", context)


@door.public
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: Any, handle: str) -> HttpResponse:
    """Show the invitation of a mailed link to whoever opened it, signed in or not, and take the answer."""
    link, account = request.COOKIES.get(cookie_of(handle), ""), door.account_of(request)
    token = queries.token(link)
    if token is None or token.uid != handle:
        return _without_link(request, handle, account, "unknown" if link else "elsewhere")
    invitation, refusal, form = token.invitation, "", NameForm(request.POST or None)
    if request.method == "POST":
        note_opened(Owner(account) if account else door.VISITOR, token=token)
        try:
            return _answer(request, account, token, link, form.names)
        except InvalidName as refused:
            form.refuse(refused)
        except InvitationEnded as ended:
            return _over_for(request, account, invitation, ended.state)
        except REFUSED as refused:
            refusal = refused.sentence()
    if state_of(invitation) is not State.WAITING:
        return _over(request, invitation, state_of(invitation))
    who = _who(account, token)
    context = {
        "invitation": facts(invitation),
        "who": who,
        "may_decline": token.proves_address or who == "own",
        "has_account": token.proves_address and proven.holder_of(invitation.address, invitation.workspace) is not None,
        "form": _filled(form, account, invitation, who),
        "action": reverse("link_invitation", args=[handle]),
        "id_address": for_readers(accounts.id_address(account)) if account else "",
        "refusal": refusal,
    }
    return render(request, "pages/invitation.html", context)


def _answer(
    request: Any, account: Account | None, token: InvitationToken, link: str, names: dict[str, str]
) -> HttpResponse:
    step = request.POST.get("step", "")
    if step == "decline":
        actor = Owner(account) if account else door.VISITOR
        return _answered(request, accepting.decline_by_link(actor, link=link))
    if step == "accept" and account:
        return _answered(request, accepting.accept_by_link(Owner(account), link=link, **names))
    if state_of(token.invitation) is not State.WAITING:
        raise InvitationEnded(state_of(token.invitation))
    return redirect("join_sign_up", token.uid) if step == "create" else redirect(_sign_in(token))


def _who(account: Account | None, token: InvitationToken) -> str:
    """Tell who reads: nobody signed in, the invited one, another account, anybody because no account is invited, or
    a member, who needs no invitation.

    A link that an admin passed on tells nothing about the address, and takes no other account (PRODUCT.md §4.2).
    """
    if account is None:
        return "visitor"
    if any(one.canonical == token.invitation.address for one in queries.addresses_of(account)):
        return "own"
    if not token.proves_address:
        return "passed_on"
    if queries.signing_in([token.invitation.address]).exists():
        return "other"
    return "anybody" if members.present(account.pk, token.invitation.workspace.uid) is None else "here"


def _sign_in(token: InvitationToken) -> str:
    """Return the sign-in page, with the ID where the mailed link already says whose mailbox it came from."""
    asked = {"next": reverse("link_invitation", args=[token.uid])}
    if token.proves_address and queries.signing_in([token.invitation.address]).exists():
        asked["id"] = token.invitation.address
    return f"{reverse('sign_in')}?{urlencode(asked)}"


def _without_link(request: HttpRequest, handle: str, account: Account | None, reason: str) -> HttpResponse:
    """Explain; whoever is signed in as the invited one needs no link."""
    token = queries.by_handle(handle)
    if token and account and queries.waiting_for(account).filter(pk=token.invitation_id).exists():
        return redirect("invitation", token.invitation.uid)
    return gone(request, reason, handle, can_ask=token is not None and reason == "elsewhere")


def _over_for(request: Any, account: Account | None, invitation: Invitation, state: State) -> HttpResponse:
    """Say that it is over; a button pressed twice leads to where the first press led."""
    member = members.present(account.pk, invitation.workspace.uid) if account else None
    if state is State.ACCEPTED and member:
        return arriving.into(request, member, is_new=False)
    return _over(request, invitation, state)


def _over(request: HttpRequest, invitation: Invitation, state: State, *, status: int = 410) -> HttpResponse:
    account, member = door.account_of(request), invitation.member
    context = {
        "state": str(state),
        "workspace_name": invitation.workspace.name,
        "signed_in": account is not None,
        "own": account is not None and member is not None and member.account_id == account.pk,
    }
    return render(request, "pages/invitation_over.html", context, status=status)


def _answered(request: Any, answer: accepting.Accepted | Invitation) -> HttpResponse:
    if isinstance(answer, accepting.Accepted):
        place = members.present(answer.member.account_id, answer.member.workspace.uid) or answer.member
        return arriving.into(request, place, is_new=answer.is_new)
    if door.account_of(request) is None:
        return _over(request, answer, State.DECLINED, status=200)
    messages.success(request, _("Declined. Nothing was changed."))
    return redirect("my_workspaces")
