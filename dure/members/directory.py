"""The directory: members as every member may know them (PRODUCT.md §4.17); its list is ``listing.directory``."""

from datetime import timedelta
from typing import Any

from django.db.models import F

from dure.core import clock
from dure.members import queries
from dure.members.models import Member, Profile
from dure.workspaces.models import Workspace

NEWCOMERS, LATELY, LOOKED_AT = 5, timedelta(days=7), 60
COLUMNS = ("nickname", "office_phone")


def card(workspace: Workspace, uid: str) -> Any | None:
    """Return one member, the profile joined, or None; nobody who is not shown in the list."""
    return queries.known_to_all(queries.of(workspace)).select_related("profile").filter(uid=uid).first()


def columns(workspace: Workspace, members: list[Any]) -> dict[int, tuple[str, ...]]:
    """Return what the list shows of the profiles of these members, by their rows (as in ``queries.few``)."""
    here = Profile.objects.alias(here=F("workspace_id") + 0).filter(here=workspace.pk)
    found = here.filter(member_id__among=[one.pk for one in members])
    return {member_id: tuple(rest) for member_id, *rest in found.values_list("member_id", *COLUMNS)}


def newcomers(workspace: Workspace, *, but: int) -> list[Member]:
    """Return who came within a week and is in, the newest first, with ``photo``; of very many, the newest alone."""
    lately = queries.of(workspace).filter(registered_at__gte=clock.now() - LATELY)
    newest = lately.order_by("-registered_at", "-id").values("pk")[:LOOKED_AT]
    within = Member.objects.alias(here=F("workspace_id") + 0).filter(here=workspace.pk, pk__in=newest)
    found = queries.known_to_all(within).exclude(pk=but)
    found = found.defer("search", "submission").annotate(photo=F("profile__photo"))
    return list(found.order_by("-registered_at", "-id")[:NEWCOMERS])


def photo_of(member: Member) -> str:
    """Return the name of a member's photo, empty when there is none."""
    return Profile.objects.filter(member=member).values_list("photo", flat=True).first() or ""
