"""The ledger of an invite link: who became a member by it (K3)."""

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, Subquery

from dure.accounts.models import Address
from dure.core import clock
from dure.core.rows import insert
from dure.joining.models import InviteLink, InviteLinkUse
from dure.members import queries
from dure.members.models import Member

PAGE = 10


def enter(link: InviteLink, member: Member, *, new_account: bool) -> InviteLinkUse:
    """Write who came; part of the action that makes the membership."""
    use = InviteLinkUse(link=link, member=member, at=clock.now(), new_account=new_account)
    insert(use)
    return use


def enter_many(came: Iterable[tuple[int, Member, bool]]) -> None:
    """Write who came by which link, and whether with a new account; as ``enter``, for those who waited for approval."""
    at = clock.now()
    InviteLinkUse.objects.bulk_create(
        InviteLinkUse(link_id=link_id, member=member, at=at, new_account=new_account)
        for link_id, member, new_account in came
    )


def page(link: InviteLink, *, older: str = "", known_to_all: bool = False) -> tuple[list[Any], str]:
    """Return a page of a link's ledger, the newest first, and where the next begins; empty at the end.

    Each row has the ID as ``id_address``; ``known_to_all`` leaves out whom the directory does not show (§4.17).
    """
    ids = Address.objects.filter(account_id=OuterRef("member__account_id"), kind=Address.ID)
    found = InviteLinkUse.objects.filter(link=link).annotate(id_address=Subquery(ids.values("canonical")[:1]))
    if known_to_all:
        found = found.filter(member__in=_known(link))
    if older.isdecimal() and len(older) <= 18:
        found = found.filter(pk__lt=int(older))
    rows = list(found.select_related("member").order_by("-id")[: PAGE + 1])
    return rows[:PAGE], str(rows[PAGE - 1].pk) if len(rows) > PAGE else ""


def _known(link: InviteLink) -> Any:
    return queries.known_to_all(queries.of(link.workspace_id)).values("pk")
