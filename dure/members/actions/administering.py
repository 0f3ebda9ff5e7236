"""Admin rights and super admins: nobody grants more than they hold (PRODUCT.md §4.10, §6)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from dure.accounts.queries import id_of
from dure.core import clock, links
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import LABELS, Permission
from dure.mail.kinds import Kind
from dure.members import queries, rules
from dure.members.actions.keeping import keep_a_super_admin
from dure.members.letters import post_to_id
from dure.members.models import Grant, Member
from dure.workspaces.models import Workspace


class InvalidUntil(DomainError):
    """A day that has passed."""

    code = "invalid_until"
    message = _("Choose a day that has not passed, or none.")
    field = "until"


class LongerThanOwn(DomainError):
    """A right until a later day than one's own ends, or without any (PRODUCT.md §4.10)."""

    code = "longer_than_own"
    message = _("You cannot give a right for longer than you hold it yourself.")
    field = "until"


class NotHereYet(DomainError):
    """Whoever may issue the first password could sign in as them and have their rights."""

    code = "not_here_yet"
    message = _("This person has not set a password yet. Give admin rights once they have.")
    status = 409


class CannotLead(DomainError):
    """Only an active member who signed in and proved the ID can become super admin."""

    code = "cannot_lead"
    message = _("A super admin must be active, with a password of their own and an address confirmed by mail.")
    status = 409


@action(needs=Permission.ADMINS_MANAGE, records=Event.PERMISSIONS_CHANGED)
def grant(
    actor: Actor,
    *,
    member_uid: str,
    permissions: Iterable[Permission],
    until: datetime | None = None,
    unit_id: int | None = None,
) -> Member:
    """Give a member exactly these permissions; none of them takes all away. Every permission brings ``admin.enter``.

    ``until`` and ``unit_id`` hold for the permissions that are given now; a right limited to a unit opens nothing yet.

    :raises NotFound: no such member here.
    :raises NotAllowed: for a super admin, or for a right the actor does not hold.
    :raises InvalidUntil, LongerThanOwn: as their names say.
    :raises NotHereYet: somebody who has no own password is given a right.
    """
    wanted = set(permissions)
    wanted |= {Permission.ADMIN_ENTER} if wanted else set()
    if until and until <= clock.now():
        raise InvalidUntil
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None or not rules.is_here(member):
        raise NotFound
    before = {Permission(one.permission): one for one in member.grants.all() if not _is_over(one)}
    kept = {code for code in wanted & set(before) if not actor.may(code) or _same(before[code], until, unit_id)}
    changed = (wanted | set(before)) - kept
    if member.is_super_admin or not all(actor.may(permission) for permission in changed):
        raise NotAllowed
    if wanted - set(before) and not member.account.has_own_password:
        raise NotHereYet
    _refuse_longer_than_own(actor, wanted - kept, until)
    member.grants.exclude(permission__in=kept).delete()
    _write(member, wanted - kept, until=until, unit_id=unit_id)
    Member.objects.filter(pk=member.pk).update(epoch=F("epoch") + 1)
    _tell(member, given=wanted - set(before), taken=set(before) - wanted, until=until)
    record(actor, Event.PERMISSIONS_CHANGED, subject_kind="member", subject_id=member.pk, fields=sorted(changed))
    return member


def _refuse_longer_than_own(actor: Actor, given: set[Permission], until: datetime | None) -> None:
    """Refuse to prolong, for anybody and oneself, what one holds until a day; ``admin.enter`` carries the others."""
    if actor.is_super_admin or not given:
        return
    own = _ends_of(actor)
    ends = [end for code in {*given, Permission.ADMIN_ENTER} if (end := own.get(code))]
    if any(until is None or until > end for end in ends):
        raise LongerThanOwn


def beyond(actor: Actor) -> Q:
    """Return which living rights of others an actor could not give: not held, or not for as long (PRODUCT.md §4.10)."""
    held = {code for code in Permission if actor.may(code)}
    found = ~Q(permission__in=held)
    own = {} if actor.is_super_admin else _ends_of(actor)
    for code in held:
        ends = [end for one in {code, Permission.ADMIN_ENTER} if (end := own.get(one))]
        if ends:
            found |= Q(permission=code) & (Q(until=None) | Q(until__gt=min(ends)))
    return found & (Q(until=None) | Q(until__gt=clock.now()))


def _ends_of(actor: Actor) -> dict[str, datetime | None]:
    return dict(Grant.objects.filter(member_id=actor.id or 0).values_list("permission", "until"))


def _write(
    member: Member, permissions: set[Permission], *, until: datetime | None = None, unit_id: int | None = None
) -> None:
    at, workspace_id = clock.now(), member.workspace_id
    Grant.objects.bulk_create(
        Grant(workspace_id=workspace_id, member=member, permission=code, granted_at=at, until=until, unit_id=unit_id)
        for code in sorted(permissions)
    )


def _is_over(one: Grant) -> bool:
    return one.until is not None and one.until <= clock.now()


def _same(one: Grant, until: datetime | None, unit_id: int | None) -> bool:
    return one.until == until and one.unit_id == unit_id


def _tell(member: Member, *, given: set[Permission], taken: set[Permission], until: datetime | None = None) -> None:
    """Tell an admin by mail which rights came and went."""
    for kind, rights in ((Kind.RIGHTS_GIVEN, given), (Kind.RIGHTS_TAKEN, taken)):
        if rights:
            with translation.override(member.account.language):
                named = [str(LABELS[code]) for code in Permission if code in rights]
                _post(member, kind, named, until=_last_day(member, until))


def _tell_super(member: Member, kind: Kind) -> None:
    with translation.override(member.account.language):
        _post(member, kind, [str(_("super admin"))])


def _post(member: Member, kind: Kind, rights: list[str], *, until: str = "") -> None:
    address = links.absolute(f"/w/{member.workspace.uid}/admin/")
    post_to_id(member, kind, {"rights": rights, "until": until, "address": address})


def _last_day(member: Member, until: datetime | None) -> str:
    """Return the last day on which a right holds, as it is written in the active language."""
    if until is None:
        return ""
    last = (until - timedelta(seconds=1)).astimezone(ZoneInfo(member.workspace.time_zone))
    return date_format(last, "DATE_FORMAT")


def _lead(actor: Actor, member_uid: str) -> Member:
    """Lock the workspace and one of its members, for a super admin alone."""
    if not actor.is_super_admin:
        raise NotAllowed
    Workspace.objects.select_for_update(no_key=True).get(pk=actor.workspace_id)
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None:
        raise NotFound
    return member


def check_can_lead(member: Member) -> None:
    """Refuse who could not run a workspace.

    :raises CannotLead: as its name says.
    """
    if not rules.can_sign_in(member) or id_of(member.account_id).proven_at is None:
        raise CannotLead


def make_super_admin(member: Member) -> None:
    """Write the role; grants are no longer needed. Part of an action."""
    member.grants.all().delete()
    Member.objects.filter(pk=member.pk).update(is_super_admin=True, epoch=F("epoch") + 1)


def make_admin(member: Member, permissions: Iterable[Permission]) -> None:
    """Take the role of super admin away, with its codes and offers, and leave these permissions, perhaps none.

    Part of an action.
    """
    wanted = set(permissions)
    wanted |= {Permission.ADMIN_ENTER} if wanted else set()
    member.rescue_codes.all().delete()
    member.roles_offered.filter(accepted_at=None, ended_at=None).update(ended_at=clock.now())
    Member.objects.filter(pk=member.pk).update(is_super_admin=False, epoch=F("epoch") + 1)
    _write(member, wanted)


@action(needs=Permission.ADMINS_MANAGE, records=Event.SUPER_ADMIN_APPOINTED)
def appoint_super_admin(actor: Actor, *, member_uid: str) -> Member:
    """Make a member a super admin beside the others.

    :raises NotAllowed: unless the actor is one.
    :raises CannotLead: when the person could not run the workspace.
    """
    member = _lead(actor, member_uid)
    check_can_lead(member)
    if not member.is_super_admin:
        make_super_admin(member)
        _tell_super(member, Kind.RIGHTS_GIVEN)
    record(actor, Event.SUPER_ADMIN_APPOINTED, subject_kind="member", subject_id=member.pk, fields=["is_super_admin"])
    return member


@action(needs=Permission.ADMINS_MANAGE, records=Event.SUPER_ADMIN_DISMISSED)
def dismiss_super_admin(actor: Actor, *, member_uid: str) -> Member:
    """Make a super admin an ordinary member, oneself too; their printed codes end.

    :raises NotAllowed: unless the actor is a super admin.
    :raises LastSuperAdmin: when nobody able would be left.
    """
    member = _lead(actor, member_uid)
    if not member.is_super_admin:
        raise NotFound
    keep_a_super_admin(member)
    make_admin(member, [])
    _tell_super(member, Kind.RIGHTS_TAKEN)
    record(actor, Event.SUPER_ADMIN_DISMISSED, subject_kind="member", subject_id=member.pk, fields=["is_super_admin"])
    return member
