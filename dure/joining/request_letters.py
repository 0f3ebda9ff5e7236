"""Letters about join requests: to whoever asks, and to the admins who answer (PRODUCT.md §7)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from dure.accounts.models import Account, Address
from dure.core import links
from dure.joining import pasted, requests
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.rules import link_state_of
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import names
from dure.members.letters import post_to_id
from dure.members.models import Member
from dure.workspaces.models import Workspace

TOGETHER = timedelta(minutes=1)
"""How far apart a letter and the mark that it told of a request can be: both come from one transaction."""
NAMED = 5
"""How many of those who ask a letter to an admin names."""


def name_of(request: JoinRequest) -> str:
    """Return the name as whoever asks wrote it, in its owner's order."""
    return names.display_name(request.family_name, request.given_name, request.name_language)


def post_received(request: JoinRequest) -> None:
    """Tell whoever asks that the request is there, what happens now and where to look; part of an action."""
    _post(Kind.JOIN_RECEIVED, [request], {"until_at": request.expires_at.isoformat()})


def post_approved(approved: Sequence[JoinRequest]) -> None:
    """Tell those who were let in, with the fixed subject of K9; part of an action."""
    _post(Kind.JOIN_APPROVED, approved, {})


def post_refused(ended: Sequence[JoinRequest], *, reason: str = "", ran_out: bool = False) -> None:
    """Tell those who were refused, or whom nobody answered in time; part of an action."""
    _post(Kind.JOIN_REFUSED, ended, {"reason": reason, "ran_out": ran_out})


def _post(kind: Kind, to: Sequence[JoinRequest], facts: dict[str, Any]) -> None:
    """Post one letter to the ID of each; whoever lost it to its prover meanwhile gets none."""
    if not to or not outbox.can_send():
        return
    accounts = {one.account_id for one in to}
    own = Address.objects.filter(account_id__among=accounts, kind=Address.ID)
    ids = dict(own.values_list("account_id", "canonical"))
    languages = dict(Account.objects.filter(pk__among=accounts).values_list("pk", "language"))
    workspaces = Workspace.objects.in_bulk({one.workspace_id for one in to})
    outbox.post_many(
        [
            _letter(kind, one, workspaces[one.workspace_id], ids[one.account_id], languages[one.account_id], facts)
            for one in to
            if one.account_id in ids
        ]
    )


def _letter(
    kind: Kind, request: JoinRequest, workspace: Workspace, id_address: str, language: str, facts: dict[str, Any]
) -> Letter:
    return outbox.write(
        kind,
        address=id_address,
        to=Address.ID,
        language=language,
        account_id=request.account_id,
        workspace_id=workspace.pk,
        about=request.uid,
        context={
            "workspace_name": workspace.name,
            "zone": workspace.time_zone,
            "name": name_of(request),
            "id_address": id_address,
            "address": links.absolute("/workspaces/"),
            **facts,
        },
    )


def post_asked(workspace: Workspace, asked: Sequence[JoinRequest], admins: Sequence[Member]) -> None:
    """Tell each admin once who asks: one with all there is to judge by, several by their number and the first of them.

    Part of an action.
    """
    own = requests.of(workspace).filter(pk__among=[one.pk for one in asked[:NAMED]])
    first: list[Any] = list(requests.with_ids(own).order_by("id"))
    named = [(name_of(one), one.id_address or "") for one in first]
    facts: dict[str, Any] = {
        "number": len(asked),
        "asker": named[0][0],
        "askers": named,
        "more": max(len(asked) - NAMED, 0),
        "address": links.absolute(f"/w/{workspace.uid}/admin/join-requests/"),
        "id_address": "",
    }
    if len(asked) == 1:
        facts |= _asked_alone(first[0], facts["address"])
    for admin in admins:
        post_to_id(admin, Kind.JOIN_ASKED, facts, about=asked[0].uid if len(asked) == 1 else "")


def _asked_alone(request: Any, address: str) -> dict[str, Any]:
    """Return what is told of one who asks; a web address in a stranger's sentence would make our mail their bait."""
    return {
        "id_address": request.id_address or "",
        "message": "" if pasted.may_hold_link(request.message) else request.message,
        "left_out": pasted.may_hold_link(request.message),
        "link_name": request.link.name if request.link else "",
        "address": f"{address}{request.uid}/",
    }


def post_wanted(link: InviteLink, admins: Sequence[Member]) -> None:
    """Tell admins that somebody found a link closed and would have come by it; part of an action.

    Nobody knows who it was, so no address stands in it.
    """
    facts = {
        "link_name": link.name,
        "state": str(link_state_of(link)),
        "address": links.absolute(f"/w/{link.workspace.uid}/admin/links/{link.uid}/"),
        "id_address": "",
    }
    for admin in admins:
        post_to_id(admin, Kind.LINK_WANTED, facts, about=link.uid)


def forget(erased: QuerySet[JoinRequest]) -> None:
    """Delete requests with every letter that names them; part of the action that erases.

    A letter to an admin that names several is taken back while it is on its way, and the others are told of anew.
    """
    rows = list(erased.values_list("uid", "workspace_id"))
    named = Letter.objects.filter(kind=Kind.JOIN_ASKED, about="", workspace_id__in={place for _uid, place in rows})
    waiting = named.filter(state__in=[Letter.WAITING, Letter.SENDING])
    Letter.objects.filter(about__in=[uid for uid, _place in rows]).delete()
    first: dict[Any, datetime] = dict(waiting.order_by("-posted_at").values_list("workspace_id", "posted_at"))
    waiting.delete()
    erased.delete()
    for workspace_id, posted_at in first.items():
        told = JoinRequest.objects.filter(workspace_id=workspace_id, ended_at=None, told_at__gte=posted_at - TOGETHER)
        told.update(told_at=None)
