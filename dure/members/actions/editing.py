"""Changing a member's details, with a history of before and after (N11)."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses, ids
from dure.accounts.letters import post_to_id
from dure.accounts.models import Account, Address
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import NotAllowed, NotFound
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.mail.kinds import Kind
from dure.members import indexing, names, profile, queries, rules
from dure.members.models import Change, Member, Profile
from dure.members.profile import InvalidField
from dure.workspaces.actions.editing import changes

OWN = ("family_name", "given_name", "language", "private_address")
"""The fields that are not in the profile."""


def values_of(member: Member, *, managed: bool) -> dict[str, str]:
    """Return every field that can be edited, as text."""
    row = Profile.objects.filter(member=member).first()
    values = {"family_name": member.family_name, "given_name": member.given_name, **profile.texts(row)}
    if managed:
        private = Address.objects.filter(account_id=member.account_id, kind=Address.PRIVATE).first()
        values |= {"language": member.account.language, "private_address": private.canonical if private else ""}
    return values


def fill_new(member: Member, values: dict[str, str], photo: str = "") -> None:
    """Write the profile of somebody who is being registered; part of an action."""
    filled = {name: value for name, value in values.items() if value}
    if filled or photo:
        _save_profile(member, Profile(workspace_id=member.workspace_id, member=member, photo=photo), filled)
        indexing.refresh([member.pk])


def _save_profile(member: Member, row: Profile, values: dict[str, str]) -> None:
    profile.assign(row, values)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise _taken_number() from None


def _taken_number() -> InvalidField:
    return InvalidField("employee_number", _("Somebody else has this employee number."))


def refuse_taken_number(workspace_id: int, values: dict[str, str]) -> None:
    """Refuse the employee number of somebody else before there is a profile to hold it.

    :raises InvalidField: as it says.
    """
    number = values.get("employee_number", "")
    if number and Profile.objects.filter(workspace_id=workspace_id, employee_number=number).exists():
        raise _taken_number()


def _check(
    actor: Actor, *, member_uid: str, typed: dict[str, str], was: dict[str, str], **_rest: Any
) -> dict[str, Any]:
    workspace = queries.workspace_of(actor)
    wanted = profile.clean(typed, workspace.time_zone)
    wanted["family_name"], wanted["given_name"] = names.clean_names(typed["family_name"], typed["given_name"])
    if "private_address" in typed:
        wanted["private_address"] = _private(typed["private_address"])
    if "language" in typed:
        wanted["language"] = typed["language"]
    return {"typed": wanted}


def _private(address: str) -> str:
    try:
        return addresses.canonical(address) if address.strip() else ""
    except addresses.InvalidAddress as refused:
        raise InvalidField("private_address", refused.message, **refused.facts) from None


@action(needs=Permission.MEMBERS_MANAGE, records=Event.MEMBER_EDITED, before=_check)
def edit_member(
    actor: Actor, *, member_uid: str, typed: dict[str, str], was: dict[str, str], photo: str | None = None
) -> tuple[Member, str]:
    """Change what differs from ``was``, the values the form was opened with; the rest stays as it is by now.

    ``photo`` is the name of a stored photo, empty to take it away, None to leave it. Returns the member and the photo
    that is no longer used, or empty.

    :raises InvalidName, InvalidField: what was typed.
    :raises ChangedMeanwhile: somebody else changed one of these fields.
    """
    member = queries.one(actor.workspace_id, member_uid, lock=True)
    if member is None or not rules.is_here(member):
        raise NotFound
    if member.is_super_admin and not actor.is_super_admin:
        raise NotAllowed
    managed = queries.is_managed(member.account, member.workspace_id)
    now = values_of(member, managed=managed)
    changed = changes(now, typed, was)
    old_photo = _apply(member, changed, photo)
    _remember(actor, member, {name: (now[name], value) for name, value in changed.items()}, photo is not None)
    fields = [*changed, *(["photo"] if photo is not None else [])]
    record(actor, Event.MEMBER_EDITED, subject_kind="member", subject_id=member.pk, fields=fields)
    return member, old_photo


def _check_own(actor: Actor, *, typed: dict[str, str], was: dict[str, str], **_rest: Any) -> dict[str, Any]:
    own = {name: value for name, value in typed.items() if name in profile.OWN}
    zone = own.get("time_zone", "").strip() or queries.workspace_of(actor).time_zone
    return {"typed": profile.clean(own, zone)}


@action(needs=None, records=Event.OWN_PROFILE_EDITED, before=_check_own)
def edit_own_profile(
    actor: Actor, *, typed: dict[str, str], was: dict[str, str], photo: str | None = None
) -> tuple[Member, str]:
    """Change what one may about oneself (``profile.OWN``); the history and the admins see it.

    :raises InvalidField: what was typed.
    :raises ChangedMeanwhile: an admin changed one of these fields since the form was opened.
    """
    member = queries.of(actor.workspace_id).select_related("account").get(pk=actor.id or 0)
    now = profile.texts(Profile.objects.filter(member=member).first())
    changed = changes(now, typed, was)
    old_photo = _write_profile(member, changed, photo)
    indexing.refresh([member.pk])
    _remember(actor, member, {name: (now[name], value) for name, value in changed.items()}, photo is not None)
    fields = [*changed, *(["photo"] if photo is not None else [])]
    record(actor, Event.OWN_PROFILE_EDITED, subject_kind="member", subject_id=member.pk, fields=fields)
    return member, old_photo


def _write_profile(member: Member, changed: dict[str, str], photo: str | None) -> str:
    row = Profile.objects.select_for_update().filter(member=member).first()
    row = row or Profile(workspace_id=member.workspace_id, member=member)
    old_photo = row.photo if photo is not None else ""
    row.photo = photo if photo is not None else row.photo
    _save_profile(member, row, {name: value for name, value in changed.items() if name not in OWN})
    return old_photo


def _apply(member: Member, changed: dict[str, str], photo: str | None) -> str:
    old_photo = _write_profile(member, changed, photo)
    for name in ("family_name", "given_name"):
        setattr(member, name, changed.get(name, getattr(member, name)))
    language = changed.get("language", member.account.language)
    member.name_language = names.language_of(member.family_name, member.given_name, language)
    member.save(update_fields=["family_name", "given_name", "name_language"])
    if "language" in changed:
        Account.objects.filter(pk=member.account_id).update(language=language)
    if "private_address" in changed:
        ids.take_private_away(member.account_id)
        if changed["private_address"]:
            ids.add_private(member.account_id, changed["private_address"])
        if member.account.has_own_password:
            what = "set" if changed["private_address"] else "removed"
            post_to_id(member.account, Kind.PRIVATE_CHANGED, what=what)
    indexing.refresh([member.pk])
    return old_photo


def _remember(actor: Actor, member: Member, changes: dict[str, tuple[str, str]], photo: bool) -> None:
    remember(actor, member, changes | ({"photo": ("", "")} if photo else {}))


def remember(actor: Actor, member: Member, changes: dict[str, tuple[str, str]]) -> None:
    """Write the member's own history; part of an action."""
    at = clock.now()
    Change.objects.bulk_create(
        Change(
            workspace_id=member.workspace_id,
            member=member,
            at=at,
            actor_kind=actor.kind,
            actor_id=actor.id,
            door=actor.door,
            field=name,
            before=before[:254],
            after=after[:254],
        )
        for name, (before, after) in changes.items()
    )
