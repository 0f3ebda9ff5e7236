"""Views of the member list that an admin keeps under a name."""

import re
import unicodedata
from urllib.parse import parse_qs, urlencode

from django.utils.translation import gettext_lazy as _

from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import is_plain
from dure.members import names
from dure.members.listing import SORTS, View
from dure.members.models import KeptFilter, Member
from dure.members.rules import State

MOST = 20
LONGEST = 40
SHORTEST_NUMBER = 6
"""Digits that tell one person from others; fewer may stand in anything."""


class FilterNameRefused(DomainError):
    """No name, too long a one, or with characters that cannot be seen."""

    code = "filter_name_refused"
    message = _("Give it a name of at most 40 characters.")
    field = "name"


class EnoughFilters(DomainError):
    """Twenty are kept already."""

    code = "enough_filters"
    message = _("You keep 20 filters already. Take one away first.")
    field = "name"
    status = 409


def query_of(view: View) -> str:
    """Return the part of the list's address that says what is looked at, without where in it."""
    sort = f"{'-' if view.descending else ''}{view.sort}" if view.sort else ""
    asked = {"q": view.search, "state": view.state, "sort": sort}
    return urlencode({name: value for name, value in asked.items() if value})


@action(needs=Permission.MEMBERS_MANAGE, records=Event.FILTER_KEPT)
def keep_filter(actor: Actor, *, name: str, view: View) -> KeptFilter:
    """Keep a view of the list under a name; the same name again means the new view.

    :raises FilterNameRefused, EnoughFilters: as their names say.
    """
    name = unicodedata.normalize("NFC", name).strip()
    if not name or len(name) > LONGEST or not is_plain(name):
        raise FilterNameRefused
    own = KeptFilter.objects.select_for_update().filter(member_id=actor.id or 0)
    if own.exclude(name=name).count() >= MOST:
        raise EnoughFilters
    known = view.sort if view.sort in {*SORTS, "due"} else ""
    state = view.state if view.state in set(State) else ""
    query = query_of(View(state=state, search=view.search[:60], sort=known, descending=view.descending))
    kept, _new = KeptFilter.objects.update_or_create(member_id=actor.id or 0, name=name, defaults={"query": query})
    record(actor, Event.FILTER_KEPT, subject_kind="member", subject_id=actor.id, via=kept.uid)
    return kept


@action(needs=Permission.MEMBERS_MANAGE, records=Event.FILTER_DROPPED)
def drop_filter(actor: Actor, *, uid: str) -> None:
    """Take one of one's own kept views away.

    :raises NotFound: there is none of this name.
    """
    if not KeptFilter.objects.filter(member_id=actor.id or 0, uid=uid).delete()[0]:
        raise NotFound
    record(actor, Event.FILTER_DROPPED, subject_kind="member", subject_id=actor.id, via=uid)


def forget_about(member: Member) -> None:
    """Delete the views in which somebody wrote this member's name, ID or phone; part of what erases them (§4.18)."""
    told = _told(member)
    kept = KeptFilter.objects.filter(member__workspace_id=member.workspace_id)
    about = [one.pk for one in kept if any(word in text for text in _texts(one) for word in told)]
    KeptFilter.objects.filter(pk__among=about).delete()


def _told(member: Member) -> set[str]:
    """Return what names nobody else: whole names in either order, the ID before the @, numbers."""
    family, given = _squeezed(member.family_name), _squeezed(member.given_name)
    told = {family + given, given + family, member.id_key.partition("@")[0]}
    told |= {line[1:] for line in member.search.split("\n") if line[1:].isdecimal() and len(line) > SHORTEST_NUMBER}
    return {word for word in told if len(word) > 1}


def _texts(kept: KeptFilter) -> tuple[str, ...]:
    """Return what a view is called and looks for, as it was typed and without what people put between."""
    typed = (kept.name, parse_qs(kept.query).get("q", [""])[0])
    return (*map(names.fold, typed), *map(_squeezed, typed))


def _squeezed(text: str) -> str:
    return re.sub(r"[\s()./+-]", "", names.fold(text))
