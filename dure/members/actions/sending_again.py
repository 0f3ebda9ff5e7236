"""Sending ID and password again (N14), and mailing what was handed over on the screen (N8)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import activation, passwords
from dure.accounts.models import ActivationCode, Address
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail import outbox
from dure.members import policies, queries, rules, selecting
from dure.members.actions import handing
from dure.members.actions.handing import Handed, Method
from dure.members.models import Member
from dure.members.selecting import Selection

MOST = 1000


class NotManaged(DomainError):
    """The account belongs to its owner alone: another workspace made it, or it is in another one too (§4.1)."""

    code = "not_managed"
    message = _("This account also belongs elsewhere. Only its owner can have a link mailed.")
    status = 409


class AlreadyRegistered(DomainError):
    """The person has set a password already."""

    code = "already_registered"
    message = _("This person has set a password already.")
    status = 409


class CodeReplaced(DomainError):
    """The temporary password on the screen is not the present one: somebody made another, or it was used."""

    code = "temporary_password_replaced"
    message = _("This temporary password was replaced or used in the meantime. Nothing was mailed.")
    status = 409


class TooMany(DomainError):
    """More than a thousand people at once."""

    code = "too_many"
    message = _("Choose at most 1,000 people at once.")


class NobodyChosen(DomainError):
    """An empty selection."""

    code = "nobody_chosen"
    message = _("Choose at least one person.")


def candidates(workspace_id: int, chosen: Selection) -> list[str]:
    """Return whom a choice means: those ticked, or all that match and have not come yet, one too many at most."""
    if not chosen.everybody:
        return list(chosen.uids)
    found = selecting.members(workspace_id, chosen).filter(state=Member.REGISTERED)
    return list(found.order_by("id").values_list("uid", flat=True)[: MOST + 1])


@dataclass(frozen=True)
class Again:
    """What was issued, and who got nothing and why; ``mailed`` tells whether a mail is on its way."""

    handed: list[Handed]
    refused: list[tuple[Member, DomainError]]
    mailed: bool


def _check(
    actor: Actor, *, member_uids: Sequence[str], method: Method, password: str = "", **_rest: Any
) -> dict[str, Any]:
    if not member_uids:
        raise NobodyChosen
    if len(member_uids) > MOST:
        raise TooMany
    if method is not Method.ADMIN:
        return {"password": "", "encoded": ""}
    member = queries.one(actor.workspace_id, member_uids[0]) if len(member_uids) == 1 else None
    if member is None:
        raise NotFound
    minimum, context = policies.password_policy(member.account_id)
    return check_typed(password, context=context, minimum=minimum)


def check_typed(password: str, *, context: list[str], minimum: int) -> dict[str, Any]:
    """Check and hash a temporary password an admin typed.

    :raises PasswordRefused: when it is weak.
    """
    try:
        passwords.check_password(password.strip(), context=context, minimum=minimum)
    except passwords.PasswordRefused as refused:
        refused.field = "password"
        raise
    return {"password": password.strip(), "encoded": activation.encode_typed(password)}


@action(needs=Permission.MEMBERS_MANAGE, records=Event.ISSUED_AGAIN, before=_check)
def send_again(
    actor: Actor,
    *,
    member_uids: Sequence[str],
    method: Method,
    to: str = "",
    password: str = "",
    encoded: str = "",
) -> Again:
    """Make a new link or temporary password for those who have not come yet; the older ones and their letters end.

    ``to`` is where it is mailed: ``id``, ``private`` (the ID where there is none), or empty: a link goes where the last
    one went, and a temporary password is only shown. Those for whom it is not possible are told apart and keep what
    they have.

    :raises NobodyChosen, TooMany, PasswordRefused: what was typed.
    :raises NotFound: nobody of this workspace among them.
    :raises DomainError: the reason, when there is nobody for whom it is possible.
    """
    members = queries.some_waiting(actor.workspace_id, member_uids)
    refused = _refused(actor, members)
    chosen = [member for member in members if member.pk not in refused]
    if not members:
        raise NotFound
    if not chosen:
        raise next(iter(refused.values()))
    handing.end_older(chosen, for_codes=method is not Method.MEMBER)
    handing.begin_again(chosen, method)
    handed = handing.issue(chosen, method, to=to, typed=password, encoded=encoded)
    if method is not Method.MEMBER and to:
        handing.post_codes(handed, to)
    record_many(
        actor,
        Event.ISSUED_AGAIN,
        subject_kind="member",
        subjects={one.member.pk: one.via for one in handed},
        fields=["link" if method is Method.MEMBER else "temporary_password"],
    )
    why = [(member, refused[member.pk]) for member in members if member.pk in refused]
    return Again(handed=handed, refused=why, mailed=outbox.can_send() and (method is Method.MEMBER or bool(to)))


def _refused(actor: Actor, members: Sequence[Any]) -> dict[int, DomainError]:
    elsewhere = queries.elsewhere(members)
    found: dict[int, DomainError] = {}
    for member in members:
        if member.is_super_admin and not actor.is_super_admin:
            found[member.pk] = NotAllowed()
        elif member.password or not rules.may("send_again", member):
            found[member.pk] = AlreadyRegistered()
        elif member.origin_id != member.workspace_id or member.account_id in elsewhere:
            found[member.pk] = NotManaged()
    return found


@dataclass(frozen=True)
class Shown:
    """A temporary password that stands on an admin's screen."""

    member_uid: str
    code_uid: str
    password: str


@action(needs=Permission.MEMBERS_MANAGE, records=Event.CODE_MAILED)
def mail_codes(actor: Actor, *, shown: Sequence[Shown], to: str) -> list[Member]:
    """Mail IDs and temporary passwords that were just shown, to the ID or the private address (N8).

    :raises CodeReplaced: when none of them is the present one any more.
    """
    on_screen = {one.member_uid: one for one in shown}
    members = queries.some(actor.workspace_id, list(on_screen), lock=True)
    codes = {
        code.account_id: code
        for code in ActivationCode.objects.filter(account_id__among=[one.account_id for one in members], used_at=None)
    }
    handed = [
        Handed(member, Method(_method(codes[member.account_id])), code_uid, password=on_screen[member.uid].password)
        for member in members
        if (code_uid := on_screen[member.uid].code_uid) and _is_present(codes.get(member.account_id), code_uid)
        if not member.account.has_own_password
    ]
    if not handed:
        raise CodeReplaced
    to = Address.PRIVATE if to == Address.PRIVATE else Address.ID
    handing.withdraw_letters(handed)
    handing.post_codes(handed, to)
    record_many(
        actor,
        Event.CODE_MAILED,
        subject_kind="member",
        subjects={one.member.pk: one.via for one in handed},
        fields=[to],
    )
    return [one.member for one in handed]


def _is_present(code: ActivationCode | None, uid: str) -> bool:
    return code is not None and code.uid == uid and activation.end_of(code) in ("", "early")


def _method(code: ActivationCode) -> str:
    return Method.ADMIN if code.method == ActivationCode.TYPED else Method.GENERATE
