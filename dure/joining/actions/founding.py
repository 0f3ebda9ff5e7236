"""Founding a workspace and its first super admin (N0)."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from dure.accounts import hashing, passwords
from dure.core import clock, secrets
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotAllowed
from dure.core.events import Event
from dure.core.secrets import Purpose
from dure.joining.people import Person, Place, make_place, person
from dure.members.actions import handing
from dure.members.actions.handing import Method
from dure.members.actions.proving import post_proof
from dure.members.models import Member
from dure.workspaces import rules
from dure.workspaces.models import Workspace


class WrongSetUpCode(DomainError):
    """Not the code on the server's console, used already, or too old."""

    code = "wrong_set_up_code"
    message = _("This is not the set-up code. It stands on the server's console, and a new one at each start.")
    field = "code"


class AlreadySetUp(DomainError):
    """There is a workspace; further ones are made on the command line."""

    code = "already_set_up"
    message = _("This server is set up already.")
    status = 404


@dataclass(frozen=True)
class Founded:
    """The workspace and its super admin; ``link`` is the set-password secret when it was not mailed."""

    workspace: Workspace
    member: Member
    link: str


def is_set_up() -> bool:
    """Tell whether there is a workspace."""
    return Workspace.objects.exists()


def issue_set_up_code() -> str:
    """Return a new single-use code for the first-run page; older ones end."""
    with_row = secrets.reissue(Purpose.FIRST_RUN, account_id=0, workspace_id=None, address_id=None)
    return with_row.value


def _check(_actor: Actor, *, name: str, languages: list[str], time_zone: str, **typed: Any) -> dict[str, Any]:
    languages = rules.workspace_languages(languages)
    admin = {"language": languages[0], **typed["admin"]}
    return {
        "name": rules.workspace_name(name),
        "languages": languages,
        "time_zone": rules.workspace_time_zone(time_zone),
        "admin": person(**admin),
    }


@action(needs=None, records=Event.WORKSPACE_FOUNDED, before=_check)
def found_workspace(actor: Actor, *, name: str, languages: list[str], time_zone: str, admin: Any) -> Founded:
    """Found a workspace from the command line; the super admin sets a password from a mail, or a link shown once.

    ``admin``: ``id``, ``family_name``, ``given_name``.

    :raises DomainError: for what was typed, or AddressTaken.
    """
    if not actor.is_super_admin:
        raise NotAllowed
    place = _found(actor, name=name, languages=languages, time_zone=time_zone, admin=admin)
    handed = handing.issue([place.member], Method.MEMBER)[0]
    return Founded(workspace=place.member.workspace, member=place.member, link=handed.link)


def _check_first_run(
    actor: Actor, *, code: str, password: str, admin: dict[str, str], name: str, **typed: Any
) -> dict[str, Any]:
    if is_set_up():
        raise AlreadySetUp
    row = secrets.find(code.strip())
    if row is None or row.purpose != Purpose.FIRST_RUN or secrets.end_of(row):
        raise WrongSetUpCode
    checked = _check(actor, name=name, admin=admin, **typed)
    words = [name, admin["id"], admin["family_name"], admin["given_name"]]
    try:
        passwords.check_password(password, context=words)
    except passwords.PasswordRefused as refused:
        refused.field = "password"
        raise
    return checked | {"password": hashing.hash_password(password), "code": row}


@action(needs=None, records=Event.WORKSPACE_FOUNDED, before=_check_first_run)
def set_up_server(
    actor: Actor, *, code: Any, password: str, name: str, languages: list[str], time_zone: str, admin: Any
) -> Founded:
    """Found the first workspace from the first-run page; its address stays unproven until a mailed link proves it.

    :raises AlreadySetUp: there is one.
    :raises WrongSetUpCode: as its name says.
    :raises DomainError: for what was typed.
    """
    if not secrets.spend(code):
        raise WrongSetUpCode
    if is_set_up():
        raise AlreadySetUp
    place = _found(actor, name=name, languages=languages, time_zone=time_zone, admin=admin, password=password)
    post_proof(place.member, place.id)
    return Founded(workspace=place.member.workspace, member=place.member, link="")


def _found(
    actor: Actor, *, name: str, languages: list[str], time_zone: str, admin: Person, password: str = ""
) -> Place:
    workspace = Workspace(name=name, languages=languages, time_zone=time_zone, founded_at=clock.now())
    workspace.save(force_insert=True)
    window = None if password else handing.window(Method.MEMBER, None, workspace)
    place = make_place(workspace, admin, password=password, is_super_admin=True, window=window)
    record(
        actor,
        Event.WORKSPACE_FOUNDED,
        subject_kind="workspace",
        subject_id=workspace.pk,
        fields=["name", "languages", "time_zone"],
        workspace_id=workspace.pk,
    )
    return place
