"""Audit: who did what, on whom, through which door, and when (PRODUCT.md §4.12)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import get_language, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from dure.accounts.addresses import for_readers
from dure.audit import queries as trail
from dure.audit.queries import Ref, Sought, Told
from dure.core.permissions import Permission
from dure.joining.models import Invitation, JoinRequest
from dure.members import listing
from dure.members import queries as members
from dure.members.actors import MemberActor
from dure.members.models import Member
from dure.web import door, events
from dure.web.context import avatar_of, name_of
from dure.web.exporting import WRITERS, stream
from dure.web.forms import PaperForm
from dure.web.trail import People, door_of, fields_of, html, reference_of, sentence_of
from dure.workspaces.actions.exporting import export_trail

READ = door.page(needs=Permission.AUDIT_READ)
KINDS = {event: label for _group, kinds in events.GROUPS.values() for event, label in kinds.items()}
PERSONS = {name: events.FIELDS[name] for name in ("who", "whom", "about")}
FILTERS = ("who", "whom", "about", "kind", "door", "since", "until")
OFFERED = 8
DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
FORMATS = ["%Y-%m-%d", "%Y.%m.%d", "%Y/%m/%d"]


def _kinds() -> list[Any]:
    """Return the filter of kinds: each group as a whole, and each of its events."""
    everything: list[Any] = [("", pgettext_lazy("trail", "Everything"))]
    for code, (label, kinds) in events.GROUPS.items():
        whole = (code, format_lazy("{}: {}", label, pgettext_lazy("trail", "all of it")))
        everything.append((label, [whole, *((str(event), text) for event, text in kinds.items())]))
    return everything


def _likely(day: date) -> None:
    if not 2000 <= day.year <= 2999:
        raise forms.ValidationError(_("This day cannot be right."))


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=DAY, input_formats=FORMATS, validators=[_likely])


class FilterForm(PaperForm):
    """What to look for; people are written by name or ID, or chosen already and named by their ``uid``."""

    who = forms.CharField(label=PERSONS["who"], required=False, max_length=100)
    whom = forms.CharField(label=PERSONS["whom"], required=False, max_length=100)
    about = forms.CharField(required=False, max_length=100, widget=forms.HiddenInput)
    kind = forms.ChoiceField(label=events.FIELDS["kind"], required=False, choices=_kinds)
    door = forms.ChoiceField(
        label=events.FIELDS["door"],
        required=False,
        choices=[("", pgettext_lazy("trail", "Any way")), *events.DOORS.items()],
    )
    since = _day(events.FIELDS["since"])
    until = _day(events.FIELDS["until"])

    def __init__(self, *arguments: Any, **names: Any) -> None:
        super().__init__(*arguments, **names)
        for name in ("who", "whom"):
            self.fields[name].widget.attrs |= {"autocomplete": "off", "placeholder": _("Name or ID")}


@dataclass
class Asked:
    """What was asked for, understood: the people it names, and those among whom to choose."""

    form: FilterForm
    people: dict[str, Member] = field(default_factory=dict)
    choices: dict[str, list[Any]] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)

    @property
    def is_clear(self) -> bool:
        """Whether it can be looked for: no error, nobody left to choose."""
        return not self.form.errors and not self.choices


def _asked(request: Any, typed: Any) -> Asked:
    form = FilterForm(typed)
    asked = Asked(form, given={name: typed[name].strip()[:100] for name in FILTERS if typed.get(name, "").strip()})
    form.is_valid()
    for role in PERSONS:
        if text := asked.given.get(role):
            _understand(request.actor, asked, role, text)
    return asked


def _understand(actor: MemberActor, asked: Asked, role: str, text: str) -> None:
    """Find out who is meant: by the name in the address, or the one who is found by what was typed."""
    workspace = actor.member.workspace
    is_uid = re.fullmatch(r"[A-Za-z0-9_-]{22}", text)
    chosen = members.with_id(members.of(workspace)).filter(uid=text).first() if is_uid else None
    found = [chosen] if chosen else _nearest(actor, text)
    if len(found) == 1:
        asked.people[role], asked.given[role] = found[0], found[0].uid
    elif found:
        asked.choices[role] = found[:OFFERED]
    else:
        asked.form.add_error(role, _("Nobody found"))


def _nearest(actor: MemberActor, text: str) -> list[Any]:
    """Return the first few whom a search finds, their IDs at hand."""
    workspace, manages = actor.member.workspace, actor.may(Permission.MEMBERS_MANAGE)
    rows = listing.page(workspace, listing.View(search=text, known_to_all=not manages)).rows[: OFFERED + 1]
    people = {one.pk: one for one in members.with_id(members.of(workspace)).filter(pk__among=[row.pk for row in rows])}
    return [people[row.pk] for row in rows if row.pk in people]


def _sought(request: Any, asked: Asked) -> Sought:
    typed, people = asked.form.cleaned_data, asked.people
    kind = typed["kind"]
    zone = ZoneInfo(request.actor.member.workspace.time_zone)
    of = {role: _refs(member) for role, member in people.items()}
    return Sought(
        actors=of.get("who", ())[:2],
        subjects=of.get("whom", ()),
        about=of.get("about", ()),
        events=tuple(map(str, events.GROUPS[kind][1])) if kind in events.GROUPS else (kind,) if kind else (),
        door=typed["door"],
        since=_start_of(typed["since"], zone),
        until=_start_of(typed["until"] + timedelta(days=1), zone) if typed["until"] else None,
    )


def _refs(member: Member) -> tuple[Ref, ...]:
    """Return how the trail may name a person: as a member, as owner of the account, as invited, as one who asked."""
    invited = Invitation.objects.filter(member_id=member.pk).order_by("-id").values_list("pk", flat=True)[:5]
    asked = JoinRequest.objects.filter(member_id=member.pk).order_by("-id").values_list("pk", flat=True)[:5]
    rows = [*(("invitation", number) for number in invited), *(("join_request", number) for number in asked)]
    return (("member", member.pk), ("account", member.account_id), *rows)


def _start_of(day: date | None, zone: ZoneInfo) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) if day else None


@READ
@require_safe
def audit(request: Any, **_names: Any) -> HttpResponse:
    """Show what happened, the newest first."""
    workspace, asked = request.actor.member.workspace, _asked(request, request.GET)
    page = trail.Page([], "", "")
    if asked.is_clear:
        cursors = {name: request.GET.get(name, "") for name in ("older", "newer")}
        page = trail.page(workspace.pk, _sought(request, asked), **cursors)
    address = reverse("audit", args=[workspace.uid])
    context = {
        "section": "audit",
        "form": asked.form,
        "typed": [bound for bound in asked.form.visible_fields() if bound.name not in asked.people],
        "chosen": _chosen(address, asked),
        "choices": [_choice(address, asked, role, found) for role, found in asked.choices.items()],
        "days": list(_by_day(workspace, page.rows)),
        "given": [(name, text) for name, text in asked.given.items()],
        "narrowed": bool(asked.given),
        "is_clear": asked.is_clear,
        "older_url": _address(address, asked, older=page.older) if page.older else None,
        "newer_url": _address(address, asked, newer=page.newer) if page.newer else None,
        "zone": workspace.time_zone,
    }
    return render(request, "pages/admin/audit.html", context)


def _address(address: str, asked: Asked, **changes: str | None) -> str:
    query = urlencode({name: text for name, text in {**asked.given, **changes}.items() if text})
    return f"{address}?{query}" if query else address


def _chosen(address: str, asked: Asked) -> list[dict[str, Any]]:
    """Return what narrows the list, each with the way to take it away."""
    said = {}
    for name, text in asked.given.items():
        value = asked.form.cleaned_data.get(name)
        if name in asked.people:
            said[name] = (name_of(asked.people[name]), asked.people[name].name_language)
        elif name == "kind" and value:
            said[name] = (str(events.GROUPS[value][0] if value in events.GROUPS else KINDS[value]), "")
        elif name == "door" and value:
            said[name] = (str(events.DOORS[text]), "")
        elif isinstance(value, date):
            said[name] = (date_format(value, "SHORT_DATE_FORMAT"), "")
    return [
        {
            "role": name,
            "label": events.FIELDS[name],
            "text": text,
            "lang": lang,
            "uid": asked.people[name].uid if name in asked.people else "",
            "without_url": _address(address, asked, **{name: None}),
        }
        for name, (text, lang) in said.items()
    ]


def _choice(address: str, asked: Asked, role: str, found: list[Any]) -> dict[str, Any]:
    people = [
        {
            "name": name_of(member),
            "lang": member.name_language,
            "avatar": avatar_of(member),
            "id_address": for_readers(member.id_address),
            "url": _address(address, asked, **{role: member.uid}),
        }
        for member in found
    ]
    return {"label": PERSONS[role], "people": people}


def _by_day(workspace: Any, rows: list[Told]) -> Iterator[dict[str, Any]]:
    people = People(workspace, rows)
    for day, told in groupby(rows, key=lambda row: timezone.localtime(row.at).date()):
        yield {"day": day, "rows": [_row(row, people) for row in told]}


def _row(row: Told, people: People) -> dict[str, Any]:
    notes = [", ".join(fields_of(row)), "" if row.door == "web" else door_of(row), reference_of(row)]
    notes.append(pgettext("trail", "no. %(number)s") % {"number": row.number})
    at = timezone.localtime(row.at)
    return {
        "number": str(row.number),
        "moment": at.isoformat(timespec="seconds"),
        "time": f"{at:%H:%M:%S}",
        "sentence": html(sentence_of(row, people)),
        "note": " · ".join(note for note in notes if note),
    }


@READ
@require_POST
def export(request: Any, **_names: Any) -> Any:
    """Hand out what is looked for as a file that begins at once."""
    workspace, asked = request.actor.member.workspace, _asked(request, request.POST)
    kind = request.POST.get("as", "")
    if kind not in WRITERS or not asked.is_clear:
        return redirect(_address(reverse("audit", args=[workspace.uid]), asked))
    sought = _sought(request, asked)
    export_trail(request.actor, kind=kind, narrowed_by=asked.given)
    content = stream(request.actor, sought, kind, language=get_language() or "en")
    today = timezone.localtime().date()
    headers = {"Content-Disposition": f'attachment; filename="audit-{today}.{kind}"', "X-Accel-Buffering": "no"}
    return StreamingHttpResponse(content, content_type=WRITERS[kind].content_type, headers=headers)
