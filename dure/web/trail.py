"""Telling the trail: names are resolved when it is read, and gone when their owner is erased (PRODUCT.md §4.12)."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Case, When
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from dure.accounts.addresses import for_readers
from dure.audit.queries import Told
from dure.joining import links
from dure.joining.models import Invitation, JoinRequest
from dure.members import names, queries
from dure.web import events
from dure.workspaces.models import Workspace

_PLACE = re.compile(r"%\((\w+)\)s")
_ROW = re.compile(r"([A-Za-z0-9_-]{22})[:/](\d+)")
NAMED = ("id", "account_id", "uid", "family_name", "given_name", "name_language")


class Piece(NamedTuple):
    """A part of a sentence: plain words, or a name in its language, of a member when there is a ``uid``."""

    text: str
    lang: str = ""
    uid: str = ""


class People:
    """What some events are about: members by one query, every other kind of row by one more each, if any."""

    def __init__(self, workspace: Workspace, rows: Sequence[Told]) -> None:
        pairs = {(row.actor_kind, row.actor_id) for row in rows} | {(row.subject_kind, row.subject_id) for row in rows}
        kinds = ("member", "account", "invitation", "join_request", "link")
        ids: dict[str, list[int]] = {kind: [] for kind in kinds}
        for kind, number in pairs:
            if number is not None and kind in ids:
                ids[kind].append(number)
        self._known: dict[tuple[str, int | None], Piece] = {}
        if ids["member"]:
            self._keep("member", queries.named(workspace, ids["member"], NAMED), place=0)
        if ids["account"]:
            owners = queries.of(workspace).filter(account_id__among=ids["account"])
            self._keep("account", owners.values_list(*NAMED), place=1)
        if ids["invitation"]:
            invited = Invitation.objects.filter(workspace=workspace, pk__among=ids["invitation"])
            told = invited.annotate(
                told=Case(When(family_name="", given_name="", then="address"), default="given_name")
            )
            self._keep(
                "invitation", told.values_list("id", "id", "member__uid", "family_name", "told", NAMED[5]), place=0
            )
        if ids["join_request"]:
            asked = JoinRequest.objects.filter(workspace=workspace, pk__among=ids["join_request"])
            self._keep("join_request", asked.values_list("id", "id", "member__uid", *NAMED[3:]), place=0)
        if ids["link"]:
            made = links.of(workspace).filter(pk__among=ids["link"])
            self._known |= {("link", number): Piece(name) for number, name in made.values_list("id", "name")}

    def _keep(self, kind: str, found: Iterable[tuple[Any, ...]], *, place: int) -> None:
        for row in found:
            family_name, given_name, language = row[3:]
            name = names.display_name(family_name, given_name, language)
            self._known[kind, row[place]] = Piece(name, language, row[2] or "")

    def name(self, kind: str, number: int | None) -> str:
        """Return a name; empty when there is nobody, or nobody left."""
        known = self._known.get((kind, number))
        return known.text if known else ""

    def who(self, row: Told) -> list[Piece]:
        """Return who acted, with the particle of the one who acts where the language has one."""
        known = self._known.get((row.actor_kind, row.actor_id))
        if known:
            return pieces(pgettext("who", "%(name)s"), {"name": [known]})
        if row.actor_kind == "member":
            return [Piece(pgettext("who", "An erased member (no. %(number)s)") % {"number": row.actor_id})]
        if row.actor_kind == "account":
            return [Piece(pgettext("who", "Somebody who is no member"))]
        if row.actor_kind == "operator":
            return [Piece(pgettext("who", "The operator"))]
        return [Piece(pgettext("who", "Dure") if row.door == "worker" else pgettext("who", "Somebody not signed in"))]

    def whom(self, row: Told) -> list[Piece]:
        """Return whom an event is about."""
        known = self._known.get((row.subject_kind, row.subject_id))
        if row.subject_kind == "link":
            return pieces(pgettext("whom", "“%(link)s”"), {"link": [known or Piece("…")]})
        if known:
            return pieces(pgettext("whom", "%(name)s"), {"name": [known]})
        if row.subject_kind == "member":
            return [Piece(pgettext("whom", "an erased member (no. %(number)s)") % {"number": row.subject_id})]
        return [Piece(pgettext("whom", "somebody who is no member"))]


def pieces(sentence: str, values: dict[str, list[Piece]]) -> list[Piece]:
    """Return a sentence in pieces, so that a name in it keeps its language and leads somewhere."""
    found: list[Piece] = []
    for number, text in enumerate(_split(sentence)):
        found += values[text] if number % 2 else [Piece(text)] if text else []
    return found


@lru_cache(1024)
def _split(sentence: str) -> list[str]:
    return _PLACE.split(sentence)


def sentence_of(row: Told, people: People) -> list[Piece]:
    """Return what happened, in the reader's language, with a capital where its script has them."""
    text = str(events.SENTENCES.get(row.event, f"%(who)s: {row.event} (%(whom)s)"))  # type: ignore[call-overload]
    found = pieces(text, {"who": people.who(row), "whom": people.whom(row)})
    if not found[0].lang:
        found[0] = found[0]._replace(text=found[0].text[:1].upper() + found[0].text[1:])
    return found


def html(found: list[Piece]) -> str:
    """Return a sentence for a page, each member's name leading to what is about them.

    By hand, as fifty sentences of five pieces cost the template more than everything else on the page.
    """
    return SafeString("".join(_html(piece) for piece in found))


def _html(piece: Piece) -> str:
    text = escape(for_readers(piece.text) if piece.lang else piece.text)  # who is invited may be an address
    if piece.uid:
        return f'<a href="?about={escape(piece.uid)}" lang="{escape(piece.lang)}">{text}</a>'
    return f'<b lang="{escape(piece.lang)}">{text}</b>' if piece.lang else text


def fields_of(row: Told) -> list[str]:
    """Return the fields an event touched, in words."""
    return [str(events.FIELDS.get(name, name)) for name in row.fields]


def reference_of(row: Told) -> str:
    """Return what ``via`` names, in words; the beginning of the handle is enough to compare."""
    if not row.via:
        return ""
    if found := _ROW.fullmatch(row.via):
        return str(events.BY_ROW) % {"handle": found[1][:6], "row": found[2]}
    words = events.REFERENCES.get(row.event, events.BY_ANYTHING)  # type: ignore[call-overload]
    return str(words) % {"handle": row.via[:6]}


def door_of(row: Told) -> str:
    """Return through which door, in words."""
    return str(events.DOORS.get(row.door, row.door))


def plain(found: list[Piece]) -> str:
    """Return a sentence as text."""
    return "".join(piece.text for piece in found)
