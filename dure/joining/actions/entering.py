"""Joining by an invite link with an account one has (K1), and finding the link by its short code."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import connection
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, tries
from dure.accounts.actors import Owner
from dure.core import clock
from dure.core.action import action, record
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.joining import coming_in, ledger, pasted, queries, requests, rules, ways
from dure.joining.actions import requesting
from dure.joining.actions.accepting import IdNotProven, RemovedHere, end_invitations_of
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.people import person
from dure.joining.queries import Standing
from dure.joining.rules import LinkState
from dure.members import rules as member_rules
from dure.members.models import Member

WRONG_CODES_AN_HOUR, WRONG_CODES_OF_ALL = 300, 30_000
"""Wrong short codes within an hour from one network, as large as an office, and from all."""
MANY_CODES_OF_ALL, WRONG_CODES_THEN = 3_000, 10
"""From so many of all on, each network has so few: whoever guesses from many does not shut the others out."""
SPEND = """
UPDATE dure_invitelink SET uses = uses + 1, last_used_at = %s
WHERE id = %s AND paused_at IS NULL AND withdrawn_at IS NULL AND expires_at > %s
AND (most_uses IS NULL OR uses < most_uses)
"""


class LinkClosed(DomainError):
    """Expired, used up, paused or withdrawn; ``state`` says which."""

    code = "link_closed"
    message = _("This link lets nobody in now.")
    status = 409

    def __init__(self, state: LinkState) -> None:
        super().__init__()
        self.state = state


class WrongDomain(DomainError):
    """The ID is of another domain than those the link is for."""

    code = "wrong_domain"
    message = _("This link is for addresses at %(domains)s.")
    field = "id"

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__(domains=addresses.for_readers(", ".join(domains)))


class WrongShortCode(DomainError):
    """No link has this code."""

    code = "wrong_short_code"
    message = _("No link has this code. It has eight letters; look at it again, or ask whoever gave it to you.")
    field = "code"


class TooManyCodes(DomainError):
    """Too many wrong codes within an hour, from one network or from all."""

    code = "too_many_codes"
    message = _(
        "Too many wrong codes were typed within an hour. Open the link itself, or try again when the hour is over."
    )
    field = "code"
    status = 429


@dataclass(frozen=True)
class Came:
    """The place, or the request that waits for approval; ``is_new`` is false when it was there before."""

    place: Member | JoinRequest
    is_new: bool

    @property
    def waits(self) -> bool:
        """Whether an admin has to agree first."""
        return isinstance(self.place, JoinRequest)

    @property
    def steps(self) -> tuple[str, ...]:
        """The last step of the funnel, taken now; none for whoever was there before."""
        return (("asked",) if self.waits else ("joined",)) if self.is_new else ()


def link_of_code(code: str, *, network: str) -> InviteLink:
    """Return the link of a short code; each try is counted before it is looked up, and right ones are taken back.

    :raises WrongShortCode, TooManyCodes: as their names say.
    """
    hour = int(clock.now().timestamp()) // 3600
    counters = [tries.Counter("join-code", f"{name} {hour}", timedelta(hours=1)) for name in (network, "")]
    of_network, of_all = tries.count_and_tell(counters)
    most = WRONG_CODES_AN_HOUR if of_all <= MANY_CODES_OF_ALL else WRONG_CODES_THEN
    if of_network > most or of_all > WRONG_CODES_OF_ALL:
        raise TooManyCodes
    link = ways.by_code(code)
    if link is None:
        raise WrongShortCode
    tries.take_back(counters)
    return link


@action(needs=None, records=Event.LINK_USED)
def join(actor: Owner, *, link: str, family_name: str, given_name: str, message: str = "") -> Came:
    """Become a member by a link, or ask to where it needs approval; ``link`` is its secret.

    :raises NotFound: no such link, or it was made anew.
    :raises LinkClosed, WrongDomain, IdNotProven, RemovedHere: as their names say.
    :raises InvalidName: what was typed.
    """
    way = ways.find(link)
    if way is None or way.link is None:
        raise NotFound
    return enter(actor, link=way.link, names=(family_name, given_name), message=message)


def enter(
    actor: Owner, *, link: InviteLink, names: tuple[str, str], message: str = "", new_account: bool = False
) -> Came:
    """Lock the link, check, spend one use and write the membership or the request; part of an action."""
    link = _taken_up(actor, link)
    known = queries.standing(actor.id, link.workspace_id)
    member = Member.objects.select_related("workspace").get(pk=known.member_id) if known.member_id else None
    if member is not None and member_rules.is_here(member):
        return Came(member, is_new=False)
    asks = link.needs_approval or member is not None
    waiting = requests.waiting_of(link.workspace_id, actor.account) if known.asked else None
    if waiting is not None and asks:
        return Came(waiting, is_new=False)
    if known.asked and not asks:
        link = _given_back(actor, link)
    _refuse(link, known, member)
    pasted.refuse_link(*names)
    somebody = person(id=known.address, family_name=names[0], given_name=names[1], language=actor.account.language)
    _spend(link)
    if asks:
        asked = requesting.ask(
            actor, link=link, family_name=somebody.family_name, given_name=somebody.given_name, message=message
        )
        return Came(asked, is_new=True)
    member = coming_in.write_member(
        actor, link.workspace, actor.account, somebody, via=link.uid, id_address=known.address
    )
    if known.invited:
        end_invitations_of(actor, link.workspace_id, {actor.id: member}, clock.now())
    if known.asked:
        requesting.settle(actor, member)
    ledger.enter(link, member, new_account=new_account)
    coming_in.greet(member, known.address)
    return Came(member, is_new=True)


def _given_back(actor: Owner, link: InviteLink) -> InviteLink:
    """Give back the use that somebody's own request holds, who needs none any more, and read the link anew."""
    requesting.give_back_of(link.workspace_id, actor.account)
    fresh = ways.locked(link)
    if fresh is None:
        raise NotFound
    return fresh


def _taken_up(actor: Owner, link: InviteLink) -> InviteLink:
    """Lock a link, read it anew, and tell the trail that somebody came by it."""
    locked = ways.locked(link)
    if locked is None:
        raise NotFound
    if not actor.account.has_own_password:
        raise NotAllowed
    record(
        actor, Event.LINK_USED, subject_kind="link", subject_id=locked.pk, via=locked.uid,
        workspace_id=locked.workspace_id,
    )  # fmt: skip
    return locked


def _refuse(link: InviteLink, known: Standing, member: Member | None) -> None:
    state = rules.link_state_of(link)
    if state is not LinkState.OPEN:
        raise LinkClosed(state)
    if not known.is_proven:
        raise IdNotProven
    if member is not None and not member_rules.is_restorable(member):
        raise RemovedHere
    if not rules.admits(link, known.address):
        raise WrongDomain(link.domains)


def _spend(link: InviteLink) -> None:
    """Raise the uses by one conditional UPDATE: of many at once, no more get in than there is room for."""
    at = connection.ops.adapt_datetimefield_value(clock.now())
    with connection.cursor() as cursor:
        cursor.execute(SPEND, [at, link.pk, at])
        spent = cursor.rowcount == 1
    if not spent:
        link.refresh_from_db()
        raise LinkClosed(rules.link_state_of(link))
