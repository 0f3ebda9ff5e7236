"""Steps that the stories of invite links share."""

from datetime import timedelta
from typing import Any

from dure.core import clock
from dure.joining.actions.linking import make_link
from dure.joining.models import InviteLink
from tests.cast import Cast, Person
from tests.visitor import Page, Visitor


def make(cast: Cast, somebody: Person | None = None, **typed: Any) -> InviteLink:
    """Make a link, as 소라 or somebody else."""
    facts = {"name": "Winter intake", "language": "en", "expires_at": clock.now() + timedelta(days=7), **typed}
    return make_link((somebody or cast.sora).actor, **facts)


def fill_in(cast: Cast, browser: Visitor, **typed: str) -> Page:
    """Fill in the form of a new link."""
    page = browser.open(cast.at("admin/links/new/"))
    return browser.fill_in(page, **{"name": "Winter intake", **typed})


def now(link: InviteLink) -> InviteLink:
    """Return a link as it is by now."""
    return InviteLink.objects.select_related("workspace").get(pk=link.pk)
