"""Making and governing invite links: super admins, and admins with *Enter the admin service* (K3)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import readable
from dure.joining import rules, ways
from dure.joining.models import InviteLink
from dure.members import queries as members

MOST_DOMAINS = 20
LONGEST_NAME = 80


class NameMissing(DomainError):
    """A link has a name, so that its admins can tell it from the others."""

    code = "link_name_missing"
    message = _("Give the link a name, such as who it is for. Only admins see it.")
    field = "name"


class InvalidEnd(DomainError):
    """A moment that has passed, or more than a year ahead."""

    code = "invalid_end"
    message = _("Choose a day within the next year.")
    field = "expires_on"


class InvalidUses(DomainError):
    """Fewer than one, than were used, or more than 100,000."""

    code = "invalid_uses"
    message = _("Write a number from 1 to 100,000, and not fewer than have used it already.")
    field = "most_uses"


class InvalidDomain(DomainError):
    """Something that cannot stand after the @ of an address."""

    code = "invalid_domain"
    message = _("“%(domain)s” is no domain. Write what stands after the @, such as company.com.")
    field = "domains"


def checked(
    _actor: Actor,
    *,
    name: str,
    expires_at: datetime,
    most_uses: int | None = None,
    domains: Sequence[str] = (),
    **_rest: Any,
) -> dict[str, Any]:
    """Return what was typed about a link, in the form it is stored in.

    :raises NameMissing, InvalidEnd, InvalidUses, InvalidDomain: as their names say.
    """
    plain, at = " ".join(readable(name).split())[:LONGEST_NAME], clock.now()
    if not plain:
        raise NameMissing
    if not at < expires_at <= at + rules.LINK_LONGEST:
        raise InvalidEnd
    if most_uses is not None and not 1 <= most_uses <= rules.MOST_USES:
        raise InvalidUses
    return {"name": plain, "domains": [_domain(one) for one in dict.fromkeys(domains)][:MOST_DOMAINS]}


def _domain(typed: str) -> str:
    try:
        return addresses.canonical(f"a@{typed.strip().removeprefix('@')}").partition("@")[2]
    except addresses.InvalidAddress:
        raise InvalidDomain(domain=typed.strip()[:80]) from None


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_MADE, before=checked)
def make_link(
    actor: Actor,
    *,
    name: str,
    language: str,
    expires_at: datetime,
    most_uses: int | None = None,
    domains: Any = (),
    needs_approval: bool = False,
    submission: str | None = None,
) -> InviteLink:
    """Make a link that lets people in as members; the same ``submission`` a second time returns the first one's.

    :raises NotAllowed: without *Enter the admin service*.
    :raises NameMissing, InvalidEnd, InvalidUses, InvalidDomain: what was typed.
    """
    link = InviteLink(
        workspace=members.workspace_of(actor),
        name=name,
        language=language,
        domains=domains,
        needs_approval=needs_approval,
        most_uses=most_uses,
        made_by_id=actor.id if actor.kind == "member" else None,
        made_at=clock.now(),
        expires_at=expires_at,
        submission=submission,
    )
    fields = ["name", "language", "expires_at", "most_uses", "domains", "needs_approval"]
    before = InviteLink.objects.filter(workspace=link.workspace, submission=submission).first() if submission else None
    if before is None:
        _insert(link)
    record(
        actor, Event.LINK_MADE, subject_kind="link", subject_id=(before or link).pk, fields=[] if before else fields
    )  # fmt: skip
    return before or link


def _insert(link: InviteLink) -> None:
    """Write the row; a short code that another link has already is drawn anew with the next generation."""
    for _attempt in range(3):
        link.code = ways.code_hash(link)
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:
            if not InviteLink.objects.filter(code=link.code).exists():
                raise
            link.generation += 1
        else:
            return
    raise AssertionError("three short codes in a row were taken")
