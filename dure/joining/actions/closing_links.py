"""Pausing, resuming and withdrawing an invite link, and making it anew (K3, PRODUCT.md §4.7 b)."""

import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.joining import rules, ways
from dure.joining.actions.linking import CODES_TRIED, locked
from dure.joining.models import InviteLink
from dure.joining.rules import LinkState


class LinkExpired(DomainError):
    """It has to be prolonged first."""

    code = "link_expired"
    message = _("This invite link has expired. Change its settings to open it until a later day.")
    status = 409


class AlreadyPaused(DomainError):
    """Somebody else was faster, or the button was pressed twice."""

    code = "link_paused"
    message = _("This invite link is paused already.")
    status = 409


class NotPaused(DomainError):
    """There is nothing to resume."""

    code = "link_not_paused"
    message = _("This invite link is not paused.")
    status = 409


class RenewedMeanwhile(DomainError):
    """It has another address than the one that was seen; a form sent twice makes one new address and not two."""

    code = "link_renewed_meanwhile"
    message = _("This link was replaced a moment ago. What you see now is its new address.")
    status = 409


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_PAUSED)
def pause_link(actor: Actor, *, link_uid: str) -> InviteLink:
    """Close a link for a while; its address and code stay as they are.

    :raises NotFound, LinkWithdrawn, LinkExpired, AlreadyPaused: as their names say.
    """
    link = locked(actor, link_uid)
    if rules.link_state_of(link) is LinkState.EXPIRED:
        raise LinkExpired
    if link.paused_at:
        raise AlreadyPaused
    link.paused_at = clock.now()
    link.save(update_fields=["paused_at"])
    record(actor, Event.LINK_PAUSED, subject_kind="link", subject_id=link.pk)
    return link


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_RESUMED)
def resume_link(actor: Actor, *, link_uid: str) -> InviteLink:
    """Open a paused link again.

    :raises NotFound, LinkWithdrawn, LinkExpired, NotPaused: as their names say.
    """
    link = locked(actor, link_uid)
    if rules.link_state_of(link) is LinkState.EXPIRED:
        raise LinkExpired
    if not link.paused_at:
        raise NotPaused
    link.paused_at = None
    link.save(update_fields=["paused_at"])
    record(actor, Event.LINK_RESUMED, subject_kind="link", subject_id=link.pk)
    return link


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_WITHDRAWN)
def withdraw_link(actor: Actor, *, link_uid: str) -> InviteLink:
    """End a link for good: its address and code open nothing any more. Who waits for approval still waits.

    :raises NotFound, LinkWithdrawn: as their names say.
    """
    link = locked(actor, link_uid)
    link.withdrawn_at = clock.now()
    link.save(update_fields=["withdrawn_at"])
    record(actor, Event.LINK_WITHDRAWN, subject_kind="link", subject_id=link.pk)
    return link


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_RENEWED)
def renew_link(actor: Actor, *, link_uid: str, generation: int | None = None) -> InviteLink:
    """Make a link anew: another address and code for the same settings; the old ones open nothing from now on.

    ``generation`` is the one that was seen, None for whichever it is by now.

    :raises NotFound, LinkWithdrawn, RenewedMeanwhile: as their names say.
    """
    link = locked(actor, link_uid)
    if generation not in (None, link.generation):
        raise RenewedMeanwhile
    _renew(link)
    record(actor, Event.LINK_RENEWED, subject_kind="link", subject_id=link.pk)
    return link


JUMP = 10_000
"""How far a generation is raised at most: by chance, since after a restore the next ones may have been out before."""


def _renew(link: InviteLink) -> None:
    """Raise the generation to one that nobody had, and whose short code is free."""
    for _attempt in range(CODES_TRIED):
        link.generation += 1 + secrets.randbelow(JUMP)
        link.code = ways.code_hash(link)
        try:
            with transaction.atomic():
                link.save(update_fields=["generation", "code"])
        except IntegrityError:
            continue
        return
    raise AssertionError("several short codes in a row were taken")
