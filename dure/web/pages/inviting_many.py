"""Workspace members › Invitations › Invite: addresses typed or pasted, and steps for many invitations at once."""

import uuid
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods

from dure.accounts.addresses import for_readers
from dure.core.errors import DomainError
from dure.joining import limits, queries, rules
from dure.joining.actions import inviting_again
from dure.joining.actions.inviting_again import Done
from dure.joining.actions.inviting_many import KEPT, LONGEST_MESSAGE, Invited, Outcome, Verdict, invite_many
from dure.joining.letters import name_of as invited_name
from dure.mail import outbox
from dure.web.forms import PaperForm, languages_of
from dure.web.pages.inviting import MANAGE, asked_for

SHOWN = 100
"""Rows that are told one by one; the others are counted."""
WHY = {
    Verdict.MEMBER: gettext_lazy("is a member already"),
    Verdict.REMOVED: gettext_lazy("was removed, and can be restored"),
    Verdict.BEING_ERASED: gettext_lazy("was removed and is being erased at this moment; try again in a minute"),
    Verdict.WAITING: gettext_lazy("is invited already and waits for an answer"),
    Verdict.TWICE: gettext_lazy("stands in the list twice"),
    Verdict.JUST_MAILED: gettext_lazy("had a mail within the last five minutes; send it again in a moment"),
    Verdict.NEXT_ROUND: gettext_lazy("comes after the first 1,000; send the rest now"),
}


class InviteForm(PaperForm):
    """Addresses, a language, a sentence."""

    text = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 8, "autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "One or many, as you have them: one per line, with commas, “Name <address>”, or cells of a table."
        ),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the mail"), choices=settings.LANGUAGES)
    message = forms.CharField(
        label=pgettext_lazy("invitation", "Message"),
        required=False,
        strip=False,
        widget=forms.Textarea({"rows": 3, "maxlength": LONGEST_MESSAGE}),
        help_text=gettext_lazy("Stands in the mail and on the page, up to 500 characters, without web addresses."),
    )
    submission = forms.CharField(max_length=36, widget=forms.HiddenInput)


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Any, **_names: Any) -> HttpResponse:
    """Show the form, or invite; whoever cannot be invited stays in the field with the reason."""
    workspace = request.actor.member.workspace
    form = _form(request, request.POST or None, language=workspace.language)
    context = {"section": "invitations", "tab": "mail", "smtp": outbox.can_send(), "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            result = invite_many(request.actor, **form.cleaned_data)
        except DomainError as refused:
            if refused.status == 403:
                raise
            form.refuse(refused)
        else:
            if len(result.of(Verdict.INVITED)) == len(result.outcomes):
                return _all_invited(request, result)
            context |= _told(request, form, result)
    return render(request, "pages/admin/invite.html", context)


def _form(request: Any, typed: Any, **fresh: str) -> InviteForm:
    form = InviteForm(typed, initial={"submission": str(uuid.uuid4()), **fresh})
    form.fields["language"].choices = languages_of(request.actor.member.workspace)  # type: ignore[attr-defined]
    return form


def _invited(result: Invited) -> str:
    number = result.numbers[Verdict.INVITED]
    if not number:
        return ""
    if outbox.can_send():
        said = ngettext("%(n)s invitation is on its way.", "%(n)s invitations are on their way.", number)
    else:
        said = ngettext("%(n)s person is invited.", "%(n)s people are invited.", number)
    return said % {"n": f"{number:,}"}


def _all_invited(request: Any, result: Invited) -> HttpResponse:
    messages.success(request, _invited(result))
    if len(result.outcomes) == 1 and result.outcomes[0].invitation:
        return redirect("admin_invitation", request.actor.member.workspace.uid, result.outcomes[0].invitation.uid)
    return redirect("invitations", request.actor.member.workspace.uid)


def _told(request: Any, form: InviteForm, result: Invited) -> dict[str, Any]:
    """Return what the page says of everybody who was not invited, and the form with what stays to be done."""
    workspace, typed = request.actor.member.workspace.uid, form.cleaned_data
    kept = result.of(*KEPT)
    left = result.of(Verdict.MEMBER, Verdict.REMOVED, Verdict.WAITING, Verdict.TWICE)
    again = [one.invitation.uid for one in left if one.verdict is Verdict.WAITING and one.invitation]
    text = "\n".join(one.entry.text for one in kept)
    return {
        "form": _form(request, None, text=text, language=typed["language"], message=typed["message"]),
        "told": True,
        "invited": _invited(result),
        "kept": _numbered(workspace, kept[:SHOWN], result),
        "kept_more": str(len(kept) - SHOWN) if len(kept) > SHOWN else "",
        "left": [_row(workspace, one, result) for one in left[:SHOWN]],
        "left_more": str(len(left) - SHOWN) if len(left) > SHOWN else "",
        "again": again[: inviting_again.MOST],
    }


def _numbered(workspace: str, kept: Sequence[Outcome], result: Invited) -> list[dict[str, Any]]:
    """Return what stays in the field, each with the line it stands in there now."""
    lines = accumulate((one.entry.text.count("\n") + 1 for one in kept), initial=1)
    return [_row(workspace, one, result) | {"number": str(line)} for line, one in zip(lines, kept, strict=False)]


def _row(workspace: str, one: Outcome, result: Invited) -> dict[str, Any]:
    entry, url = one.entry, ""
    if one.member:
        url = reverse("member", args=[workspace, one.member.uid])
    elif one.invitation:
        url = reverse("admin_invitation", args=[workspace, one.invitation.uid])
    return {
        "text": for_readers(entry.address) or entry.text[:200],
        "why": _why(one, result),
        "url": url,
        "wrong": one.verdict is Verdict.WRONG,
    }


def _why(one: Outcome, result: Invited) -> Any:
    if one.entry.problem:
        return one.entry.problem.sentence()
    if one.verdict is Verdict.NO_ROOM:
        return limits.TooManyInvitations(result.frees_at).sentence()
    return WHY[one.verdict]


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: Any, step: str, **_names: Any) -> HttpResponse:
    """Say what sending again or withdrawing the chosen ones does, and do it; of one alone, its own page does it."""
    if step not in ("again", "withdraw"):
        raise Http404
    workspace = request.actor.member.workspace
    if request.method == "POST":
        return _do(request, step, request.POST.getlist("invitation"))
    found = _chosen(request)
    alone = ""
    if request.GET.get("alone") and len(found) == 1:
        alone = reverse("admin_invitation", args=[workspace.uid, found[0].uid])
    names = [
        {"name": for_readers(invited_name(one)), "lang": one.name_language, "address": for_readers(one.address)}
        for one in found[:10]
    ]
    context = {
        "section": "invitations",
        "tab": "mail",
        "step": step,
        "uids": [one.uid for one in found],
        "number": str(len(found)),
        "over": _over(request, found),
        "names": names,
        "more": len(found) > len(names),
        "smtp": outbox.can_send(),
        "days": str(rules.KEPT.days),
        "alone": alone,
        "action": alone or reverse("act_on_invitations", args=[workspace.uid, step]),
    }
    return render(request, "pages/admin/invitations_act.html", context)


def _chosen(request: Any) -> list[Any]:
    """Return the chosen ones that wait, at most as many as one step takes."""
    workspace, asked = request.actor.member.workspace, asked_for(request.GET)
    if request.GET.get("everybody"):
        found = queries.listed(workspace, **asked)
    else:
        uids = request.GET.getlist("invitation")[: inviting_again.MOST]
        found = queries.invitations(workspace).filter(uid__among=uids)
    return list(queries.living(found).order_by("-id")[: inviting_again.MOST])


def _over(request: Any, found: list[Any]) -> int:
    """Return how many of those chosen one by one are over; whoever chose all that wait chose none of these."""
    chosen = set() if request.GET.get("everybody") else set(request.GET.getlist("invitation")[: inviting_again.MOST])
    return max(len(chosen) - len(found), 0)


def _do(request: Any, step: str, uids: list[str]) -> HttpResponse:
    act_on = inviting_again.withdraw_many if step == "withdraw" else inviting_again.send_again_many
    try:
        done = act_on(request.actor, invitation_uids=uids)
    except DomainError as refused:
        if refused.status == 403:
            raise
        messages.warning(request, refused.sentence())
    else:
        _tell(request, step, done)
    return redirect("invitations", request.actor.member.workspace.uid)


def _tell(request: Any, step: str, done: Done) -> None:
    if done.done:
        if step == "withdraw":
            said = ngettext("%(n)s invitation is withdrawn.", "%(n)s invitations are withdrawn.", done.done)
        else:
            said = ngettext("%(n)s more mail is on its way.", "%(n)s more mails are on their way.", done.done)
        messages.success(request, said % {"n": f"{done.done:,}"})
    for text in _left(done):
        messages.warning(request, text)


def _left(done: Done) -> list[str]:
    told = []
    if done.just_mailed:
        said = ngettext(
            "%(n)s had a mail within the last five minutes and gets no second one now.",
            "%(n)s had a mail within the last five minutes and get no second one now.",
            done.just_mailed,
        )
        told.append(said % {"n": f"{done.just_mailed:,}"})
    if done.no_room and done.frees_at:
        said = ngettext(
            "%(n)s has to wait: the workspace has mailed as many as it may in an hour. More may go from %(time)s on.",
            "%(n)s have to wait: the workspace has mailed as many as it may in an hour. More may go from %(time)s on.",
            done.no_room,
        )
        time = date_format(localtime(done.frees_at), limits.TIME)
        told.append(said % {"n": f"{done.no_room:,}", "time": time})
    if done.over:
        said = ngettext("%(n)s is over already.", "%(n)s are over already.", done.over)
        told.append(said % {"n": f"{done.over:,}"})
    return told
