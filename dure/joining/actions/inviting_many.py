"""Inviting many addresses at once, whether anybody signs in with them or not (PRODUCT.md §4.3, §4.7 c)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, raise_together
from dure.core.events import Event
from dure.core.models import new_uid
from dure.core.permissions import Permission
from dure.core.rows import insert_many
from dure.core.text import readable
from dure.joining import letters, limits, pasted, queries, rules
from dure.joining.actions.expiring import close_those
from dure.joining.models import Invitation
from dure.joining.pasted import Entry
from dure.joining.queries import just_mailed
from dure.members import queries as members
from dure.members.models import Member
from dure.members.rules import is_here, is_restorable
from dure.workspaces.models import Workspace

MOST = 1_000
"""Addresses that are answered at once; what comes after them stays in the field."""
LONGEST_MESSAGE = 500


class NothingTyped(DomainError):
    """An empty field."""

    code = "nothing_typed"
    message = _("Write or paste at least one e-mail address.")
    field = "text"


class TextTooLong(DomainError):
    """More than anybody reads through."""

    code = "text_too_long"
    message = _("This is too much at once: at most 1,000 addresses, one per line.")
    field = "text"


class MessageTooLong(DomainError):
    """More than 500 characters."""

    code = "message_too_long"
    message = _("At most 500 characters.")
    field = "message"


class LinkInMessage(DomainError):
    """A mail of ours must not be bait for somebody else's page."""

    code = "link_in_message"
    message = _("Leave web addresses out: people take them for ours. The mail holds the one link they need.")
    field = "message"


class Verdict(StrEnum):
    """What becomes of one address."""

    INVITED = "invited"
    MEMBER = "member"
    REMOVED = "removed"
    BEING_ERASED = "being_erased"
    WAITING = "waiting"
    TWICE = "twice"
    WRONG = "wrong"
    JUST_MAILED = "just_mailed"
    NO_ROOM = "no_room"
    NEXT_ROUND = "next_round"


KEPT = (Verdict.WRONG, Verdict.JUST_MAILED, Verdict.NO_ROOM, Verdict.NEXT_ROUND, Verdict.BEING_ERASED)
"""What stays in the field, to be corrected or sent later."""


@dataclass(frozen=True)
class Outcome:
    """One entry and what became of it; ``member`` or ``invitation`` is what is there already, or was made."""

    entry: Entry
    verdict: Verdict
    invitation: Invitation | None = None
    member: Member | None = None


@dataclass(frozen=True)
class Invited:
    """What became of everything that was pasted; ``frees_at`` is when the next ones may go."""

    outcomes: list[Outcome]
    left: int
    frees_at: datetime

    def of(self, *verdicts: Verdict) -> list[Outcome]:
        """Return those with one of these verdicts, in the order of the rows."""
        return [one for one in self.outcomes if one.verdict in verdicts]

    @property
    def numbers(self) -> Counter[Verdict]:
        """How many had each verdict."""
        return Counter(one.verdict for one in self.outcomes)


class _Nobody(Exception):
    """Nothing was written; the transaction ends without an event."""

    def __init__(self, result: Invited) -> None:
        super().__init__()
        self.result = result


def invite_many(actor: Actor, *, text: str, language: str, message: str, submission: str) -> Invited:
    """Offer a place to every address in ``text``; wrong ones cost the good ones nothing, and the other way round.

    Whether somebody signs in with an address makes no difference to what is written, mailed or answered (§4.11). The
    same ``submission`` a second time mails nothing and gives the first one's answer.

    :raises NotAllowed: without *Member management*.
    :raises NothingTyped, TextTooLong, MessageTooLong, LinkInMessage: what was typed.
    """
    try:
        return _invite_many(actor, text=text, language=language, message=message, submission=submission)
    except _Nobody as nobody:
        return nobody.result


def clean_message(message: str) -> str:
    """Return the sentence of whoever invites, without what cannot be seen.

    :raises MessageTooLong, LinkInMessage: as their names say.
    """
    message = readable(message)
    if len(message) > LONGEST_MESSAGE:
        raise MessageTooLong
    if pasted.holds_link(message):
        raise LinkInMessage
    return message


def _read(_actor: Actor, *, text: str, language: str, message: str, **_rest: Any) -> dict[str, Any]:
    entries = pasted.read(text, language) if len(text) <= pasted.LONGEST else []
    wrong: list[DomainError] = [] if entries else [NothingTyped() if len(text) <= pasted.LONGEST else TextTooLong()]
    try:
        message = clean_message(message)
    except (MessageTooLong, LinkInMessage) as refused:
        wrong.append(refused)
    raise_together(wrong)
    return {"text": entries, "message": message}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.INVITED, before=_read)
def _invite_many(actor: Actor, *, text: Any, language: str, message: str, submission: str) -> Invited:
    workspace = members.workspace_of(actor)
    room = limits.lock(workspace.pk)
    draft = Draft(workspace, language, message, actor.id if actor.kind == "member" else None, submission)
    outcomes = judge(actor, workspace, text, submission, room.left)
    good = [one.entry for one in outcomes if one.verdict is Verdict.INVITED and not one.invitation]
    made = write(actor, draft, room, good)
    outcomes = [_with(one, made) for one in outcomes]
    result = Invited(outcomes, room.left - len(made), room.frees_at)
    if not made:
        raise _Nobody(result)
    return result


def _with(one: Outcome, made: dict[str, Invitation]) -> Outcome:
    if one.verdict is not Verdict.INVITED or one.invitation:
        return one
    return Outcome(one.entry, Verdict.INVITED, invitation=made[one.entry.address])


def judge(actor: Actor, workspace: Workspace, entries: Sequence[Entry], submission: str, left: int) -> list[Outcome]:
    """Tell what becomes of each entry; part of an action that has locked the workspace's room."""
    known = _known(actor, workspace, submission, list({one.address: None for one in entries if one.address})[:MOST])
    outcomes, seen = [], set[str]()
    for entry in entries:
        if entry.problem:
            outcomes.append(Outcome(entry, Verdict.WRONG))
            continue
        outcome = Outcome(entry, Verdict.TWICE) if entry.address in seen else known.judge(entry)
        seen.add(entry.address)
        if outcome.verdict is Verdict.INVITED and outcome.invitation is None:
            outcome = outcome if left > 0 else Outcome(entry, Verdict.NO_ROOM)
            left -= 1
        outcomes.append(outcome)
    return outcomes


@dataclass(frozen=True)
class _Known:
    """What the workspace knows of these addresses; ``first`` was made by the same form a moment ago."""

    addresses: set[str]
    waiting: dict[str, Invitation]
    places: dict[str, Member]
    just_mailed: set[str]
    first: Invitation | None

    def judge(self, entry: Entry) -> Outcome:
        """Tell what becomes of an entry that stands here for the first time."""
        address, waiting = entry.address, self.waiting.get(entry.address)
        if address not in self.addresses:
            return Outcome(entry, Verdict.NEXT_ROUND)
        if waiting:
            same = self.first is not None and waiting.invited_at == self.first.invited_at
            return Outcome(entry, Verdict.INVITED if same else Verdict.WAITING, invitation=waiting)
        member = self.places.get(address)
        if member:
            gone = Verdict.REMOVED if is_restorable(member) else Verdict.BEING_ERASED
            return Outcome(entry, Verdict.MEMBER if is_here(member) else gone, member=member)
        return Outcome(entry, Verdict.JUST_MAILED if address in self.just_mailed else Verdict.INVITED)


def _known(actor: Actor, workspace: Workspace, submission: str, addresses: list[str]) -> _Known:
    """Read invitations before members: whoever accepts between the two is one or the other, never neither."""
    at, own = clock.now(), queries.invitations(workspace)
    here = own.filter(address__among=addresses)
    close_those(actor, here.filter(queries.run_out()), at)
    waiting = {one.address: one for one in here.filter(ended_at=None)}
    holders = {one.account_id: one.canonical for one in queries.signing_in(addresses)}
    found = members.of(workspace).filter(account_id__among=list(holders))
    return _Known(
        addresses=set(addresses),
        waiting=waiting,
        places={holders[member.account_id]: member for member in found},
        just_mailed={one.address for one in just_mailed(here.filter(ended_at__gt=at - rules.BETWEEN_MAILS))},
        first=own.filter(submission=submission).first() if submission else None,
    )


@dataclass(frozen=True)
class Draft:
    """What invitations that are made together have in common."""

    workspace: Workspace
    language: str
    message: str
    invited_by_id: int | None
    submission: str = ""
    starts_at: datetime | None = None
    fields: tuple[str, ...] = ("id", "family_name", "given_name", "language", "message")


def write(actor: Actor, draft: Draft, room: limits.Room, entries: Sequence[Entry]) -> dict[str, Invitation]:
    """Write, mail and record an invitation for each entry; part of an action. Returns them by their address."""
    if not entries:
        return {}
    at = clock.now()
    limits.spend(room, len(entries))
    rows = [_row(draft, entry, at) for entry in entries]
    free = draft.submission and not queries.invitations(draft.workspace).filter(submission=draft.submission).exists()
    rows[0].submission = draft.submission if free else None
    insert_many(rows)
    numbers = dict(Invitation.objects.filter(uid__among=[one.uid for one in rows]).values_list("uid", "pk"))
    for one in rows:
        one.pk = numbers[one.uid]
    letters.post_invitations(rows, anew=False)
    subjects: dict[int | None, str] = {one.pk: "" for one in rows}
    record_many(actor, Event.INVITED, subject_kind="invitation", subjects=subjects, fields=draft.fields)
    return {one.address: one for one in rows}


def _row(draft: Draft, entry: Entry, at: datetime) -> Invitation:
    expires_at = at + rules.LASTS
    return Invitation(
        uid=new_uid(),
        workspace=draft.workspace,
        address=entry.address,
        family_name=entry.family_name,
        given_name=entry.given_name,
        name_language=entry.name_language,
        language=draft.language,
        message=draft.message,
        invited_by_id=draft.invited_by_id,
        starts_at=draft.starts_at,
        invited_at=at,
        expires_at=expires_at,
        remind_at=expires_at - rules.REMINDED,
    )
