"""Making and governing invite links: super admins, and admins with *Enter the admin service* (K3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dure.accounts import addresses
from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound, raise_together
from dure.core.events import Event
from dure.core.permissions import Permission
from dure.core.text import narrow, readable
from dure.joining import links, rules, ways
from dure.joining.models import InviteLink
from dure.members import queries as members
from dure.workspaces.actions.editing import changes

MOST_DOMAINS, LONGEST_NAME, CODES_TRIED = 20, 80, 5
FIELDS = ("name", "language", "expires_at", "most_uses", "domains", "needs_approval")
RECORDED = {name: name for name in FIELDS} | {"name": "link_name"}
"""What the trail calls each of them: a workspace has a name too."""


class NameMissing(DomainError):
    """A link has a name, so that its admins can tell it from the others."""

    code = "link_name_missing"
    message = _("Give the link a name, such as who it is for. Only admins see it.")
    field = "name"


class InvalidEnd(DomainError):
    """A moment that has passed, or more than a year ahead."""

    code = "invalid_end"
    message = _("Choose today or a day within the next year.")
    field = "expires_on"


class InvalidUses(DomainError):
    """Fewer than one, or more than 100,000."""

    code = "invalid_uses"
    message = _("Write a number from 1 to 100,000.")
    field = "most_uses"


class FewerThanUsed(InvalidUses):
    """Fewer than came by it, or hold a place while they wait."""

    code = "fewer_than_used"
    message = _("Uses taken so far: %(uses)s. Write that number or a greater one.")


class InvalidDomain(DomainError):
    """Something that cannot stand after the @ of an address; every such thing is named."""

    code = "invalid_domain"
    message = _("No domain: %(domains)s. Write what stands after the @, such as company.com.")
    field = "domains"

    def __init__(self, domains: Sequence[str]) -> None:
        super().__init__()
        self.domains = domains

    def sentence(self) -> str:
        """Return the message with each of them in the reader's quotation marks."""
        quoted = (gettext("“%(text)s”") % {"text": one[:80]} for one in self.domains)
        return str(self.message) % {"domains": ", ".join(quoted)}


class TooManyDomains(DomainError):
    """More domains than a link is for; none is dropped without a word."""

    code = "too_many_domains"
    message = _("A link is for at most %(most)s domains. Leave it empty to take any.")
    field = "domains"


class LinkWithdrawn(DomainError):
    """Nothing opens it again."""

    code = "link_withdrawn"
    message = _("This invite link is withdrawn for good. Make a new one.")
    status = 409


class _AlreadyMade(Exception):
    """The same form came a second time; ``link`` is what the first one made."""

    def __init__(self, link: InviteLink) -> None:
        super().__init__(link.uid)
        self.link = link


def wrong_with(
    *,
    name: str = "-",
    most_uses: int | None = None,
    domains: Sequence[str] = (),
    expires_at: datetime | None = None,
    uses: int = 0,
    **_rest: Any,
) -> list[DomainError]:
    """Return all that is wrong with what was typed about a link with so many uses; what is not given is not judged."""
    wrong: list[DomainError] = [] if _plain(name) else [NameMissing()]
    if most_uses is not None and not 1 <= most_uses <= rules.MOST_USES:
        wrong.append(InvalidUses())
    elif most_uses is not None and most_uses < uses:
        wrong.append(FewerThanUsed(uses=f"{uses:,}"))
    asked = _asked(domains)
    canonical = dict[str, str]()
    for one in asked[: MOST_DOMAINS * 2]:
        try:
            canonical[one] = _domain(one)
        except addresses.InvalidAddress as refused:
            wrong.append(refused)
    if strange := [one for one, domain in canonical.items() if not domain]:
        wrong.append(InvalidDomain(strange))
    elif len(asked) > MOST_DOMAINS:
        wrong.append(TooManyDomains(most=MOST_DOMAINS))
    if expires_at is not None and not _is_possible(expires_at):
        wrong.append(InvalidEnd())
    return wrong


def _checked_new(_actor: Actor, **typed: Any) -> dict[str, Any]:
    raise_together(wrong_with(**typed))
    return _stored(**typed)


def _checked_edit(actor: Actor, *, link_uid: str, was: Mapping[str, str] | None = None, **typed: Any) -> dict[str, Any]:
    """Judge what was typed; a day and a number that were left as they are need not be possible any more."""
    now = _texts(typed)
    changed = {name for name in ("expires_at", "most_uses") if was is not None and was.get(name) != now[name]}
    judged = typed if "expires_at" in changed else {**typed, "expires_at": None}
    own = links.of(actor.workspace_id or 0).filter(uid=link_uid).values_list("uses", flat=True)
    raise_together(wrong_with(**judged, uses=(own.first() or 0) if "most_uses" in changed else 0))
    return _stored(**typed)


def _stored(*, name: str, domains: Sequence[str] = (), **_rest: Any) -> dict[str, Any]:
    """Return name and domains in the form they are stored in."""
    return {"name": _plain(name), "domains": list(dict.fromkeys(map(_domain, _asked(domains))))}


def _asked(domains: Sequence[str]) -> list[str]:
    """Return what was typed as domains, each once."""
    return list(dict.fromkeys(one.strip().casefold() for one in domains if one.strip()))


def _plain(name: str) -> str:
    return " ".join(readable(name).split())[:LONGEST_NAME]


def _domain(typed: str) -> str:
    """Return a domain as it is stored, empty when it is none."""
    try:
        return addresses.canonical_domain(narrow(typed).strip().removeprefix("@"))
    except (addresses.InvisibleLetter, addresses.MixedScripts) as refused:
        refused.field = InvalidDomain.field
        raise
    except addresses.InvalidAddress:
        return ""


def _is_possible(expires_at: datetime) -> bool:
    return (at := clock.now()) < expires_at <= at + rules.LINK_LONGEST


def make_link(actor: Actor, **typed: Any) -> InviteLink:
    """Make a link that lets people in as members; the same form a second time returns the first one's.

    ``typed`` is ``name``, ``language``, ``expires_at``, ``most_uses`` (None: any number), ``domains`` (none: any),
    ``needs_approval`` and ``submission``. There is no role among it: whoever comes is a member and no more.

    :raises NotAllowed: without *Enter the admin service*.
    :raises NameMissing, InvalidEnd, InvalidUses, InvalidDomain, TooManyDomains: what was typed.
    """
    try:
        return _make(actor, **typed)
    except _AlreadyMade as before:
        return before.link


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_MADE, before=_checked_new)
def _make(
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
    link = InviteLink(
        workspace=members.workspace_of(actor),
        name=name,
        language=language,
        domains=list(domains),
        needs_approval=needs_approval,
        most_uses=most_uses,
        made_by_id=actor.id if actor.kind == "member" else None,
        made_at=clock.now(),
        expires_at=expires_at,
        submission=submission or None,
    )
    _insert(link)
    record(actor, Event.LINK_MADE, subject_kind="link", subject_id=link.pk, fields=RECORDED.values())
    return link


def _insert(link: InviteLink) -> None:
    """Write the row; a short code that another link has already is drawn anew with the next generation.

    A form that was gone back to and sent with other values makes another link.
    """
    for _attempt in range(CODES_TRIED):
        link.code = ways.code_hash(link)
        try:
            with transaction.atomic():
                link.save(force_insert=True)
        except IntegrityError:
            before = links.of(link.workspace_id).filter(submission=link.submission or "").first()
            if before is None:
                link.generation += 1
            elif all(getattr(before, name) == getattr(link, name) for name in FIELDS):
                raise _AlreadyMade(before) from None
            else:
                link.submission = None
        else:
            return
    raise AssertionError("several short codes in a row were taken")


def values_of(link: InviteLink) -> dict[str, str]:
    """Return every field that can be edited, as text, so that a form knows what it was opened with."""
    return _texts({name: getattr(link, name) for name in FIELDS})


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    texts = {name: "" if value in (None, False) else str(value) for name, value in values.items()}
    return texts | {"domains": " ".join(values["domains"]), "expires_at": values["expires_at"].isoformat()}


@action(needs=Permission.ADMIN_ENTER, records=Event.LINK_EDITED, before=_checked_edit)
def edit_link(
    actor: Actor,
    *,
    link_uid: str,
    name: str,
    language: str,
    expires_at: datetime,
    most_uses: int | None,
    domains: Any,
    needs_approval: bool,
    was: Mapping[str, str] | None = None,
) -> InviteLink:
    """Change what a link is for; a later day opens one that has expired again, at the same address.

    ``was`` are the values the form was opened with, None to write over whatever is there. Who came by it stays, and so
    does who waits.

    :raises NotFound: no such link here.
    :raises LinkWithdrawn: as its name says.
    :raises NameMissing, InvalidEnd, InvalidUses, FewerThanUsed, InvalidDomain, TooManyDomains: what was typed.
    :raises ChangedMeanwhile: somebody else changed one of these fields.
    """
    link = locked(actor, link_uid)
    wanted = dict(zip(FIELDS, (name, language, expires_at, most_uses, domains, needs_approval), strict=True))
    now = values_of(link)
    changed = changes(now, _texts(wanted), now if was is None else was)
    if "expires_at" in changed and not _is_possible(expires_at):
        raise InvalidEnd
    for field in changed:
        setattr(link, field, wanted[field])
    if link.most_uses is not None and link.most_uses < link.uses:
        raise FewerThanUsed(uses=f"{link.uses:,}")
    link.save(update_fields=list(changed))
    record(actor, Event.LINK_EDITED, subject_kind="link", subject_id=link.pk, fields=[RECORDED[one] for one in changed])
    return link


def locked(actor: Actor, link_uid: str) -> InviteLink:
    """Lock a link of the actor's workspace that is not withdrawn; part of an action."""
    joined = links.of(actor.workspace_id or 0).select_related("workspace").select_for_update(of=("self",), no_key=True)
    link = joined.filter(uid=link_uid).first()
    if link is None:
        raise NotFound
    if link.withdrawn_at:
        raise LinkWithdrawn
    return link
