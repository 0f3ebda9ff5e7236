"""Handing over the first password: a link or a temporary password, for one person or a thousand (N3 N4 N5 N8 N14)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from dure.accounts import activation
from dure.accounts.models import ActivationCode, Address
from dure.core import clock, secrets
from dure.core.secrets import Issued, Purpose
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.kinds import Kind
from dure.members import queries
from dure.members.letters import write_to
from dure.members.models import Member
from dure.workspaces.models import Workspace


class Method(StrEnum):
    """How somebody comes to their first password (PRODUCT.md §4.5)."""

    MEMBER = "member"
    GENERATE = "generate"
    ADMIN = "admin"


REMINDED_BEFORE = timedelta(hours=24)


@dataclass(frozen=True)
class Window:
    """From when to when a first password opens, and when its owner is reminded."""

    opens_at: datetime
    deadline_at: datetime
    remind_at: datetime


def lasts(method: Method, workspace: Workspace) -> timedelta:
    """Return how long a link or a temporary password opens, by the workspace's policy."""
    return timedelta(days=workspace.link_days) if method is Method.MEMBER else timedelta(hours=workspace.code_hours)


def window(method: Method, starts_at: datetime | None, workspace: Workspace) -> Window:
    """Return the window of what is issued now; it runs from the activation, not from the issue."""
    at = clock.now()
    opens_at, length = max(at, starts_at or at), lasts(method, workspace)
    deadline_at = opens_at + length
    return Window(opens_at, deadline_at, deadline_at - min(REMINDED_BEFORE, length / 3))


class Handed(NamedTuple):
    """What was issued to one person; ``password`` and ``link`` are what an admin sees once, or empty."""

    member: Member
    method: Method
    via: str
    password: str = ""
    link: str = ""


def end_older(members: Sequence[Member], *, for_codes: bool = False) -> None:
    """End every link, temporary password and waiting letter of people who have not come yet.

    Whoever has the change-password page open is told by it; the session is left for that and opens nothing else.
    ``for_codes``: other temporary passwords are written in the place of theirs in the same action.
    """
    accounts = [member.account_id for member in members]
    secrets.withdraw_many(Purpose.SET_PASSWORD, account_ids=accounts)
    outbox.withdraw_until_joined(accounts)
    if not for_codes:
        ActivationCode.objects.filter(account_id__among=accounts).delete()


def begin_again(members: Sequence[Member], method: Method) -> None:
    """Give every deadline of members of one workspace its full length again, one statement for each activation day."""
    for starts_at in {member.starts_at for member in members}:
        fresh = window(method, starts_at, members[0].workspace)
        same = [member for member in members if member.starts_at == starts_at]
        for member in same:
            member.deadline_at, member.remind_at = fresh.deadline_at, fresh.remind_at
        ids = [member.pk for member in same]
        Member.objects.filter(pk__among=ids).update(deadline_at=fresh.deadline_at, remind_at=fresh.remind_at)


def issue(
    members: Sequence[Member], method: Method, *, to: str = Address.ID, typed: str = "", encoded: str = ""
) -> list[Handed]:
    """Issue links or temporary passwords that end with the members' deadlines; part of an action.

    A link is mailed to the address ``to`` names (``id``, ``private``, or empty: where the last one went), or shown when
    there is no mail server. A temporary password is shown, and mailed only by ``post_codes``; ``typed`` and
    ``encoded`` are the admin's own.
    """
    if method is Method.MEMBER:
        return _issue_links(members, to)
    return _issue_codes(members, method, typed, encoded)


def _issue_links(members: Sequence[Member], to: str) -> list[Handed]:
    shown, addresses = not outbox.can_send(), addresses_of(members)
    before = {} if to else letters.went_to([member.account_id for member in members])
    chosen = {one.pk: choose(addresses[one.account_id], to or before.get(one.account_id, "")) for one in members}
    issued = secrets.issue_many(
        secrets.Wanted(
            Purpose.SET_PASSWORD,
            account_id=member.account_id,
            workspace_id=member.workspace_id,
            address_id=None if shown else chosen[member.pk].pk,
            expires_at=member.deadline_at,
            opens_at=member.starts_at,
        )
        for member in members
    )
    pairs = list(zip(members, issued, strict=True))
    post_links(pairs, addresses, chosen)
    return [Handed(who, Method.MEMBER, one.row.uid, link=one.value if shown else "") for who, one in pairs]


def post_links(
    pairs: Iterable[tuple[Member, Issued]], addresses: dict[int, dict[str, Address]], chosen: dict[int, Address]
) -> None:
    """Mail set-password links; nothing without a mail server."""
    if outbox.can_send():
        pairs = list(pairs)
        queries.with_accounts([member for member, _issued in pairs])
        outbox.post_many(
            [
                write_to(
                    member,
                    Kind.SET_PASSWORD,
                    address=chosen[member.pk],
                    id_address=addresses[member.account_id][Address.ID].canonical,
                    secret=issued,
                    opens_at=member.starts_at,
                )
                for member, issued in pairs
            ]
        )


def addresses_of(members: Sequence[Member]) -> dict[int, dict[str, Address]]:
    """Return ID and private address of each account."""
    found: dict[int, dict[str, Address]] = {member.account_id: {} for member in members}
    kinds = [Address.ID, Address.PRIVATE]
    for address in Address.objects.filter(account_id__among=list(found), kind__in=kinds):
        found[address.account_id][address.kind] = address
    return found


def choose(addresses: dict[str, Address], to: str) -> Address:
    """Return the private address when it is wanted and there is one, else the ID."""
    return addresses.get(to, addresses[Address.ID])


def _issue_codes(members: Sequence[Member], method: Method, typed: str, encoded: str) -> list[Handed]:
    passwords = {member.account_id: typed or activation.generate() for member in members}
    kind = ActivationCode.TYPED if method is Method.ADMIN else ActivationCode.GENERATED
    at = clock.now()
    uids = activation.write(
        activation.NewCode(
            account_id=member.account_id,
            workspace_id=member.workspace_id,
            method=kind,
            encoded=encoded or activation.encode_generated(passwords[member.account_id]),
            opens_at=member.starts_at or at,
            expires_at=member.deadline_at or at,
        )
        for member in members
    )
    return [Handed(one, method, uids[one.account_id], password=passwords[one.account_id]) for one in members]


def post_codes(handed: Sequence[Handed], to: str) -> None:
    """Mail IDs and temporary passwords to the address ``to`` names; part of an action."""
    if not outbox.can_send():
        return
    addresses = addresses_of(queries.with_accounts([one.member for one in handed]))
    written = []
    for one in handed:
        member, own = one.member, addresses[one.member.account_id]
        written.append(
            write_to(
                member,
                Kind.TEMPORARY_PASSWORD,
                address=choose(own, to),
                id_address=own[Address.ID].canonical,
                opens_at=member.starts_at,
                expires_at=member.deadline_at,
                more={"temporary_password": one.password},
            )
        )
    outbox.post_many(written)


def withdraw_letters(handed: Sequence[Handed]) -> None:
    """Take back letters about the same passwords that have not gone yet, so that nobody gets two."""
    outbox.withdraw_until_joined([one.member.account_id for one in handed])
