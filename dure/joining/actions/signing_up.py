"""Signing up by an invite link or an invitation: the account exists only once the address is proven (K2, §4.3)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, hashing, passwords
from dure.accounts.actions.signing_in import Browser, Halfway, SignedIn, enter_after_proof
from dure.accounts.actors import Owner, Visitor
from dure.accounts.models import Account
from dure.accounts.sessions import DEVICE
from dure.core import clock, keys
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound, raise_together
from dure.core.events import Event
from dure.core.rows import insert
from dure.joining import funnel, pasted, proven, rules, ways
from dure.joining.actions import accepting, entering, requesting, sign_up_codes, sign_up_mails
from dure.joining.actions.accepting import Accepted
from dure.joining.actions.entering import Came, LinkClosed, WrongDomain
from dure.joining.actions.inviting import InvitationEnded
from dure.joining.letters import own_name_of
from dure.joining.models import SignUp
from dure.joining.people import Person, person
from dure.joining.rules import LinkState, State
from dure.joining.ways import Way
from dure.mail import outbox
from dure.members import devices
from dure.members import rules as member_rules
from dure.members.models import Member

WHO = ("address", "family_name", "given_name", "language")
PLACEHOLDER = "somebody@example.com"
"""Stands for an address where only the names are looked at."""


class NoCodes(DomainError):
    """Without a mail server no address can be proven, and so no account be made."""

    code = "no_codes"
    message = _("This server sends no mail, so your address cannot be confirmed. Ask an admin to register you.")
    status = 409


@dataclass(frozen=True)
class Begun:
    """The unfinished sign-up, and what ties it to the browser that began it."""

    uid: str
    browser: str


@dataclass(frozen=True)
class Finished:
    """The account, new or taken over, the place it came to, and the session of the browser that proved it."""

    account: Account
    place: Came | Accepted
    opened: SignedIn | Halfway


def refuse_ended(way: Way) -> None:
    """Refuse a way that lets nobody in.

    :raises LinkClosed, InvitationEnded: as their names say.
    """
    if way.link and rules.link_state_of(way.link) is not LinkState.OPEN:
        raise LinkClosed(rules.link_state_of(way.link))
    if way.invitation and rules.state_of(way.invitation) is not State.WAITING:
        raise InvitationEnded(rules.state_of(way.invitation))


def _check_first(actor: Actor, *, network: str, **typed: Any) -> dict[str, Any]:
    sign_up_mails.refuse_rush(network)
    return _check(actor, **typed)


def _check(_actor: Actor, *, secret: str, password: str, **typed: Any) -> dict[str, Any]:
    way = ways.find(secret)
    if way is None:
        raise NotFound
    refuse_ended(way)
    raise_together(wrong(way, password=password, **{name: typed[name] for name in WHO}))
    if not outbox.can_send() and not (way.token and way.token.proves_address):
        raise NoCodes
    somebody = _somebody(way, **{name: typed[name] for name in WHO})
    return {"way": way, "somebody": somebody, "password": "", "encoded": hashing.hash_password(password)}


def wrong(
    way: Way, *, address: str, family_name: str, given_name: str, language: str, password: str
) -> list[DomainError]:
    """Return everything that is wrong with what was typed at sign-up, each with its field."""
    named = {"family_name": family_name, "given_name": given_name, "language": language}
    words = [way.workspace.name, address, family_name, given_name]
    checks: list[Callable[[], object]] = [
        lambda: _somebody(way, address=PLACEHOLDER, **named),
        lambda: _admitted(way, address),
        lambda: passwords.check_password(password, context=words, minimum=way.workspace.password_minimum),
    ]
    found = []
    for check in checks:
        try:
            check()
        except DomainError as error:
            error.field = "password" if isinstance(error, passwords.PasswordRefused) else error.field
            found.append(error)
    return found


def _somebody(way: Way, *, address: str, family_name: str, given_name: str, language: str) -> Person:
    """Return who signs up; an invitation is bound to its address and the name in it, whatever was typed."""
    pasted.refuse_link(family_name, given_name)
    if way.invitation:
        address = way.invitation.address
        if own_name_of(way.invitation):
            family_name, given_name = way.invitation.family_name, way.invitation.given_name
    return person(id=address, family_name=family_name, given_name=given_name, language=language)


def _admitted(way: Way, address: str) -> None:
    if way.invitation:
        return
    canonical = addresses.canonical(address)
    if way.link and not rules.admits(way.link, canonical):
        raise WrongDomain(way.link.domains)


@action(needs=None, records=Event.SIGN_UP_BEGUN, before=_check_first)
def begin(
    actor: Actor, *, way: Any, somebody: Any, encoded: str, network: str, message: str = "",
    steps: Sequence[str] = (), instead_of: SignUp | None = None, **_typed: Any,
) -> Begun:  # fmt: skip
    """Write the sign-up down and mail a code, the same for every address (PRODUCT.md §4.11).

    Called with ``secret`` (of the link or the invitation), ``address``, ``family_name``, ``given_name``, ``language``,
    ``password`` and ``network``; ``message`` is for whoever decides, where an admin has to agree; ``steps`` as in
    ``finish``; ``instead_of`` is an unfinished one of this browser, which is forgotten.

    :raises NotFound, LinkClosed, InvitationEnded: the way in.
    :raises InvalidAddress, InvalidName, WrongDomain, PasswordRefused: what was typed.
    :raises NoCodes, TooManySignUps: as their names say.
    """
    at, browser = clock.now(), secrets.token_urlsafe(24)
    row = SignUp(
        link=way.link,
        invitation=way.invitation,
        address=somebody.id,
        family_name=somebody.family_name,
        given_name=somebody.given_name,
        language=somebody.language,
        password=encoded,
        browser=keys.keyed_hash("sign-up-browser", browser),
        message=requesting.plain(message),
        begun_at=at,
        expires_at=at + sign_up_codes.LASTS,
    )
    if instead_of:
        sign_up_codes.give_up(actor, instead_of, way)
    number = sign_up_mails.draw(row)
    sign_up_mails.mail_first(row, number, way.workspace, network=network)
    insert(row)
    sign_up_codes.tell(actor, Event.SIGN_UP_BEGUN, row, way)
    if way.link and steps:
        funnel.count(way.link, *steps)
    return Begun(uid=row.uid, browser=browser)


@action(needs=None, records=Event.SIGNED_UP, before=_check)
def sign_up_by_invitation(
    actor: Visitor, *, way: Any, somebody: Any, encoded: str, device: Browser, **_typed: Any
) -> Finished:
    """Sign up by the mailed link of an invitation, which proves the address it went to; arguments as in ``begin``.

    ``device`` is the browser to sign in.

    :raises NotFound: also for a link that an admin saw, which proves nothing (PRODUCT.md §4.2).
    :raises HasAccount: somebody signs in with the address.
    """
    if way.token is None or not way.token.proves_address:
        raise NotFound
    account = proven.account_of(actor, somebody, encoded, way.workspace, via=way.handle)
    SignUp.objects.filter(address=somebody.id).delete()
    place = accepting.accepted(
        Owner(account), way.invitation, via=way.handle, names=(somebody.family_name, somebody.given_name)
    )
    return _finished(actor, account, place, way, device)


def _finished(actor: Visitor, account: Account, place: Came | Accepted, way: Way, device: Browser) -> Finished:
    record(actor, Event.SIGNED_UP, subject_kind="account", subject_id=account.pk, via=way.handle)
    member = place.member if isinstance(place, Accepted) else place.place
    opens = [way.workspace.pk] if isinstance(member, Member) and member_rules.opens(member) else []
    opened = enter_after_proof(actor, account=account, browser=device, opens=opens)
    if opens and isinstance(opened, SignedIn) and isinstance(member, Member):
        devices.note_use(member, opened.session[DEVICE])
    return Finished(account=account, place=place, opened=opened)


@action(needs=None, records=Event.SIGNED_UP)
def finish(actor: Visitor, *, row: SignUp, way: Any, device: Browser, steps: Sequence[str] = ()) -> Finished:
    """Make the account of a sign-up whose address this browser proved, come in by its way, and sign in.

    ``steps`` are those of the funnel for which this browser was not counted yet; the last one counts with the place.

    :raises NotFound: not begun by this way.
    :raises SignUpOver: finished a moment ago, or its proof is too old.
    :raises HasAccount: somebody signs in with the address and proved it before.
    :raises LinkClosed, InvitationEnded, RemovedHere: the way in; then there is no account either.
    """
    sign_up_codes.refuse_other(row, way)
    if not row.password:
        raise proven.HasAccount  # it was told so before, and what was typed is not kept
    sign_up_codes.use_up(row)
    somebody = Person(row.address, row.family_name, row.given_name, row.language)
    account = proven.account_of(actor, somebody, row.password, way.workspace, via=row.uid)
    place = _come_in(Owner(account), way, (row.family_name, row.given_name), row.message)
    if isinstance(place, Came):
        funnel.count(way.link, *steps, *place.steps)
    return _finished(actor, account, place, way, device)


def finish_with_code(actor: Visitor, *, row: SignUp, browser: str, code: str, network: str, **rest: Any) -> Finished:
    """Prove the address of a sign-up by the digits mailed to it, and finish it at once; ``rest`` as for ``finish``.

    :raises WrongCode, TooManyWrongCodes: the digits.
    :raises DomainError: as in ``finish``; the address stays proven then.
    """
    return sign_up_codes.prove(
        uid=row.uid, browser=browser, code=code, network=network, then=lambda proved: finish(actor, row=proved, **rest)
    )


def _come_in(actor: Owner, way: Way, names: tuple[str, str], message: str) -> Came | Accepted:
    if way.invitation:
        return accepting.accepted(actor, way.invitation, via=way.handle, names=names)
    if way.link is None:
        raise NotFound
    came = entering.enter(actor, link=way.link, names=names, message=message, new_account=True)
    if came.waits:
        proven.mark_alone(actor.account)
    return came
