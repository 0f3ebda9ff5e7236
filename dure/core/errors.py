"""Refusals a person or a program can act on."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Something the rules do not allow.

    ``code`` never changes: it is the form error, the REST problem and the key of the translation.
    ``field`` names the input the message belongs beside, or is empty; ``others`` are refusals that came with this one.
    ``status`` is the HTTP status.
    """

    code = "refused"
    message: Any = _("This is not possible.")
    field = ""
    others: tuple["DomainError", ...] = ()
    status = 400

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)
        self.facts = facts

    def sentence(self) -> str:
        """Return the message in the reader's language, with its facts filled in."""
        return str(self.message) % self.facts if self.facts else str(self.message)


def raise_together(found: Sequence[DomainError]) -> None:
    """Raise what was found wrong, all of it together, so that it stands beside its fields at once; nothing is fine.

    :raises DomainError: the first, with the ``others``.
    """
    if found:
        found[0].others = tuple(found[1:])
        raise found[0]


class NotAllowed(DomainError):
    """The actor lacks the permission, or lost it a moment ago."""

    code = "not_allowed"
    message = _("You are not allowed to do this.")
    status = 403


class NotFound(DomainError):
    """There is no such thing in this workspace; also the answer about other workspaces' things."""

    code = "not_found"
    message = _("There is nothing here.")
    status = 404


class TooBusy(DomainError):
    """More people sign in at this moment than the machine can check; nothing was tried (HTTP 429)."""

    code = "too_busy"
    message = _("Many people are signing in at this moment. Try again in a few seconds.")
    status = 429


class ChangedMeanwhile(DomainError):
    """Somebody else changed the same field since the form was opened (told, not overwritten)."""

    code = "changed_meanwhile"
    message = _("Somebody changed this to “%(now)s” in the meantime. Save again to have yours.")
    status = 409

    def __init__(self, field: str, now: str) -> None:
        super().__init__(now=now or "—")
        self.field, self.now = field, now
