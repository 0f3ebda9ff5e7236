"""One step for one member or many: a preview of what ends and what stays, then one button (PRODUCT.md §4.4, §4.9)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from dure.accounts.addresses import for_readers
from dure.core import clock
from dure.core.errors import DomainError, NotAllowed
from dure.core.permissions import Permission
from dure.joining import links
from dure.joining import queries as joining
from dure.members import consequences, rules, selecting, succession
from dure.members.actions import working
from dure.members.actions.choosing import ChangedSince, Done
from dure.members.actions.leaving import LONGEST_REASON
from dure.members.pending import Job
from dure.members.rules import Step
from dure.members.selecting import Selection
from dure.web import door, listed, outcomes
from dure.web.context import name_of
from dure.web.forms import PaperForm
from dure.web.panel import MARKS
from dure.web.steps import DATED, WORDS, say

MANAGE = door.page(needs=Permission.MEMBERS_MANAGE)
PATIENCE = 2.0
"""Seconds a request works on a job before it leaves the rest to the worker."""
OPEN_FOR = timedelta(days=1)
"""How long a preview may be open before it has to be looked at again."""
DAYS = ["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"]


def _plausible(day: date) -> None:
    """Refuse days that no calendar of people has."""
    if not 2000 <= day.year <= 2200:
        raise forms.ValidationError(_("This day cannot be right."))


def _day(label: Any, **names: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, input_formats=DAYS, validators=[_plausible], **names)


class PlainForm(PaperForm):
    """Nothing but the button."""

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return what the step needs besides, as JSON keeps it."""
        return {}


class LeaveForm(PlainForm):
    """From when until when."""

    first = _day(gettext_lazy("First day"), required=False, help_text=gettext_lazy("Empty means from now on."))
    until = _day(gettext_lazy("Last day"))

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return when the first day begins and the last one ends, in the workspace's time zone."""
        first, last = self.cleaned_data["first"], self.cleaned_data["until"]
        begins = datetime.combine(first, time.min, tzinfo=zone).astimezone(UTC) if first else None
        ends = datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
        return working.plain({"leave_from": begins, "leave_until": ends})


class RemoveForm(PlainForm):
    """When, why, and who takes over."""

    on = _day(
        gettext_lazy("Day of removal"),
        required=False,
        help_text=gettext_lazy("Empty means now. On a later day, it happens when that day begins."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=gettext_lazy("Only admins see it. It is erased with the member."),
    )
    taker = forms.ChoiceField(label=gettext_lazy("Who takes over the invitations they sent"), required=False)

    def facts(self, zone: ZoneInfo) -> dict[str, Any]:
        """Return when the day of removal begins, why, and who takes over."""
        day, facts = self.cleaned_data["on"], {name: self.cleaned_data.get(name, "") for name in ("reason", "taker")}
        today = clock.now().astimezone(zone).date()
        if day and day != today:
            facts["on"] = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
        return working.plain(facts)


FORMS = {Step.LEAVE: LeaveForm, Step.REMOVE: RemoveForm}


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: Any, step: str, **_names: Any) -> HttpResponse:
    """Show what a step would do, or take it."""
    if step not in set(Step):
        raise Http404
    if step == Step.ERASE and not request.actor.is_super_admin:
        raise NotAllowed
    return (_act_freshly if _for_good(request, Step(step)) else _act)(request, Step(step))


def _act(request: Any, step: Step) -> HttpResponse:
    seen_at, selection = clock.now(), selecting.read(request.POST if request.method == "POST" else request.GET)
    preview = consequences.preview(request.actor, step, selection)
    form = _form(request, step, preview)
    told = ""
    if request.method == "POST" and form.is_valid():
        asked = _seen(request.POST.get("seen", ""), seen_at)
        if asked is None or request.POST.get("count") != str(preview.count) or not preview.count:
            told = _("This has changed since you opened the page. Nothing was done. Look at it again.")
        else:
            facts = form.facts(ZoneInfo(request.actor.member.workspace.time_zone))
            try:
                return _take(request, step, selection, preview, facts, asked)
            except ChangedSince as changed:
                told = changed.sentence()
                preview = consequences.preview(request.actor, step, selection)
            except DomainError as refused:
                if refused.status in (403, 404):
                    raise
                form.refuse(refused)
    return _show(request, step, selection, preview, form, seen_at, told)


def _for_good(request: Any, step: Step) -> bool:
    """Tell whether nothing brings back what the step takes away."""
    return step is Step.ERASE or (step is Step.REMOVE and not request.actor.member.workspace.restore_days)


_act_freshly = door.fresh(_act)
"""What cannot be taken back asks for the password again when it was typed long ago."""


def _seen(text: str, now: datetime) -> datetime | None:
    """Return when the preview was read; None for what no page of ours wrote: a moment to come, or long ago."""
    try:
        seen_at = parse_datetime(text)
    except ValueError:
        return None
    return seen_at if seen_at and seen_at.tzinfo and now - OPEN_FOR <= seen_at <= now else None


def _leaves_something(request: Any, preview: consequences.Preview) -> bool:
    """Tell whether somebody has to stand for what these members made: invitations that wait, links that are open."""
    workspace_id, able = request.actor.workspace_id, preview.able
    return joining.sent_by(workspace_id, able).exists() or links.made_by(workspace_id, able).exists()


def _form(request: Any, step: Step, preview: consequences.Preview) -> PlainForm:
    form = FORMS.get(step, PlainForm)(request.POST if request.method == "POST" else None)
    if step is Step.REMOVE and not _leaves_something(request, preview):
        del form.fields["taker"]
    elif step is Step.REMOVE:
        removed = preview.first[0].pk if preview.total == 1 and preview.first else 0
        takers = [one for one in succession.takers(request.actor.member.workspace) if one.pk != removed]
        choices = [(one.uid, name_of(one)) for one in takers]
        own = request.actor.member
        if own.pk != removed and own.uid not in dict(choices):
            choices.insert(0, (own.uid, name_of(own)))
        form.fields["taker"].choices = choices  # type: ignore[attr-defined]
        form.fields["taker"].initial = own.uid if own.pk != removed else ""
    return form


def _take(
    request: Any, step: Step, selection: Selection, preview: consequences.Preview, facts: dict[str, Any], at: datetime
) -> HttpResponse:
    workspace = request.actor.member.workspace.uid
    if preview.total > working.CHUNK:
        job = working.begin(request.actor, step=step, selection=selection, facts=facts, seen_at=at)
        working.work_for(job, PATIENCE)
        return redirect("job", workspace, job.uid)
    chosen = working.chosen_by(request.actor, step, selection)
    done = working.take(request.actor, step, chosen=chosen, facts=facts, seen_at=at)
    _tell(request, step, done, dated=bool(facts.get("on")))
    if any(member.pk == request.actor.id and not rules.opens(member) for member in done.members):
        return redirect("my_workspaces")
    if len(done.ids) == 1 and preview.total == 1 and step is not Step.ERASE:
        return redirect("member", workspace, done.members[0].uid)
    return redirect(_list(request))


def _list(request: Any) -> str:
    """Return the address of the list as it was when the members were chosen: its search and state."""
    view = listed.view_of(request.POST if request.method == "POST" else request.GET)
    return listed.address(request.actor.member.workspace.uid, view)


def _tell(request: Any, step: Step, done: Done, *, dated: bool) -> None:
    """Say for how many it was done, and who was left as they are. One alone who was refused is told on the page."""
    if not done.ids and len(done.refused) == 1:
        raise done.refused[0][1]
    if done.members:
        words = DATED if dated else WORDS[step].done
        messages.success(request, say(words, len(done.members), name_of(done.members[0])))
    for sentence in outcomes.left_as_they_are(done.refused):
        messages.warning(request, sentence)


def _show(
    request: Any,
    step: Step,
    selection: Selection,
    preview: consequences.Preview,
    form: PlainForm,
    seen_at: datetime,
    told: str,
) -> HttpResponse:
    words, workspace = WORDS[step], request.actor.member.workspace
    alone = preview.first[0] if preview.total == 1 and preview.first else None
    name = name_of(preview.first[0]) if preview.first else ""
    back = reverse("member", args=[workspace.uid, alone.uid]) if alone else _list(request)
    context = {
        "section": "members",
        "step": str(step),
        "form": form,
        "told": told,
        "title": words.title,
        "lead": words.lead,
        "button": say(words.button, preview.count, name) if preview.count else "",
        "tone": words.tone,
        "count": str(preview.count),
        "total": str(preview.total),
        "seen": seen_at.isoformat(),
        "hidden": selecting.fields(selection),
        "states": [
            {"mark": MARKS[state], "label": outcomes.LABELS[state], "count": str(n)} for state, n in preview.states
        ],
        "people": [
            {"name": name_of(one), "lang": one.name_language, "id_address": for_readers(one.id_key)}
            for one in preview.first
        ],
        "more": preview.count > len(preview.first),
        "refused": outcomes.refusals(request.actor, preview),
        "ends": outcomes.ends(request.actor, step, preview),
        "stays": outcomes.stays(request.actor, step, preview),
        "back_url": back,
    }
    return render(request, "pages/admin/act.html", context, status=409 if told else 200)


@MANAGE
@require_http_methods(["GET", "HEAD", "POST"])
def job(request: Any, job_uid: str, **_names: Any) -> HttpResponse:
    """Show how far a step over many members has come, or go on with it."""
    found = Job.objects.filter(workspace_id=request.actor.workspace_id, uid=job_uid).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        working.work_for(found, PATIENCE)
        return redirect("job", request.actor.member.workspace.uid, job_uid)
    context = {"section": "members", "job": outcomes.progress(found), "uid": job_uid}
    part = request.htmx and not request.htmx.boosted
    return render(request, "parts/job.html" if part else "pages/admin/job.html", context)
