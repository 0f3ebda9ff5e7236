"""Asking to be let in by a link that needs approval, and thinking better of it (PRODUCT.md §4.3)."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from dure.accounts.actors import Owner
from dure.accounts.models import Account
from dure.core import clock
from dure.core.action import action, record, record_many
from dure.core.actor import Actor
from dure.core.errors import DomainError, NotFound
from dure.core.events import Event
from dure.core.text import readable
from dure.joining import request_letters, requests, rules
from dure.joining.models import InviteLink, JoinRequest
from dure.joining.rules import RequestState, request_state_of
from dure.mail import outbox
from dure.members import names
from dure.members.models import Member

LONGEST_MESSAGE = 200


class AlreadyAsked(DomainError):
    """A request of this account waits in this workspace."""

    code = "already_asked_to_join"
    message = _("You have asked already. Your request is waiting for an answer.")
    status = 409


class RequestEnded(DomainError):
    """Approved, refused, taken back or run out; ``state`` says which."""

    code = "join_request_ended"
    message = _("This request was answered, taken back or ran out a moment ago.")
    status = 409

    def __init__(self, state: RequestState) -> None:
        super().__init__()
        self.state = state


def plain(message: str) -> str:
    """Return a sentence as it is stored."""
    return " ".join(readable(message).split())[:LONGEST_MESSAGE]


def ask(actor: Owner, *, link: InviteLink, family_name: str, given_name: str, message: str) -> JoinRequest:
    """Write down that somebody asks to be let in, and tell them by mail what happens now; part of an action.

    Whoever calls has locked the link and raised its ``uses``: the request holds that one until it is refused,
    withdrawn or runs out. ``link`` has its workspace joined. One that ran out before, and that nobody closed yet, is
    closed first.

    :raises InvalidName: what was typed.
    :raises AlreadyAsked: as its name says.
    """
    family_name, given_name = names.clean_names(family_name, given_name)
    at = clock.now()
    request = JoinRequest(
        workspace=link.workspace,
        account=actor.account,
        link=link,
        family_name=family_name,
        given_name=given_name,
        name_language=names.language_of(family_name, given_name, actor.account.language),
        message=plain(message),
        asked_at=at,
        expires_at=at + rules.REQUEST_LASTS,
    )
    before = requests.of(link.workspace_id).filter(account=actor.account, ended_at=None).select_for_update()
    run_out(actor, list(requests.in_state(before, RequestState.RUN_OUT)))
    try:
        with transaction.atomic():
            request.save(force_insert=True)
    except IntegrityError:
        raise AlreadyAsked from None
    request_letters.post_received(request)
    record(
        actor, Event.JOIN_ASKED, subject_kind="join_request", subject_id=request.pk, via=link.uid,
        fields=["family_name", "given_name"] + ["message"] * bool(request.message), workspace_id=request.workspace_id,
    )  # fmt: skip
    return request


@action(needs=None, records=Event.JOIN_WITHDRAWN)
def withdraw(actor: Owner, *, request_uid: str) -> JoinRequest:
    """Take one's own request back; the use it held goes back to the link.

    :raises NotFound: no such request of this account.
    :raises RequestEnded: an admin was faster, it was taken back before, or it ran out.
    """
    request = requests.mine(actor.account, request_uid)
    if request is None:
        raise NotFound
    at = clock.now()
    mine = JoinRequest.objects.filter(pk=request.pk)
    if requests.living(mine).update(withdrawn_at=at, ended_at=at) != 1:
        raise RequestEnded(request_state_of(mine.get()))
    end_without_place([request], at)
    record_many(
        actor, Event.JOIN_WITHDRAWN, subject_kind="join_request", subjects=via_of([request]), of=request.workspace_id
    )
    return request


def run_out(actor: Actor, over: Sequence[JoinRequest]) -> None:
    """Close requests whose time has passed and tell who asked; part of an action, which has locked them."""
    at = clock.now()
    still = JoinRequest.objects.filter(pk__among=[one.pk for one in over], ended_at=None)
    still.update(ended_at=at)
    end_without_place(over, at)
    request_letters.post_refused(over, ran_out=True)
    for workspace_id in sorted({one.workspace_id for one in over}):
        here = [one for one in over if one.workspace_id == workspace_id]
        record_many(
            actor, Event.JOIN_RAN_OUT, subject_kind="join_request", subjects=via_of(here), of=workspace_id
        )  # fmt: skip


def end_without_place(ended: Sequence[JoinRequest], at: datetime) -> None:
    """Give the uses back that these requests held, and take back letters about them; part of an action.

    An account that came by sign-up and has no place yet is kept for its thirty days from now on (PRODUCT.md §4.18).
    """
    outbox.withdraw_about([one.uid for one in ended])
    give_back(ended)
    accounts = Account.objects.filter(pk__among=[one.account_id for one in ended], without_place_since__isnull=False)
    accounts.update(without_place_since=at)


def give_back(held: Iterable[JoinRequest]) -> None:
    """Give the uses back that these requests held; part of an action that has locked them, and ends them."""
    for link_id, uses in sorted(Counter(one.link_id for one in held if one.link_id).items()):
        InviteLink.objects.filter(pk=link_id).update(uses=Greatest(F("uses") - uses, 0))


def give_back_of(workspace_id: int, account: Account) -> None:
    """Give back what the waiting request of somebody holds who comes in by another way, as ``settle`` then says.

    It is done before the membership is written and the trail locked: joining locks a link and then the trail.
    """
    asked = requests.of(workspace_id).filter(account=account, ended_at=None)
    give_back(asked.select_for_update(no_key=True))


def settle(actor: Actor, member: Member) -> None:
    """End what somebody asked who came in by another way meanwhile; part of the action that made them a member.

    The request counts as approved, as it has what it was for.
    """
    at = clock.now()
    waiting = requests.of(member.workspace_id).filter(account_id=member.account_id, ended_at=None)
    asked = list(waiting.select_for_update(no_key=True))
    if asked:
        JoinRequest.objects.filter(pk__among=[one.pk for one in asked]).update(
            approved_at=at, ended_at=at, member=member
        )
        outbox.withdraw_about([one.uid for one in asked])
        record_many(
            actor, Event.JOIN_SETTLED, subject_kind="join_request", subjects=via_of(asked), of=member.workspace_id
        )  # fmt: skip


def via_of(found: Iterable[JoinRequest]) -> dict[int | None, str]:
    """Return by row the handle of the link each request came by, for the trail."""
    rows = {one.pk: one.link_id for one in found}
    uids = dict(InviteLink.objects.filter(pk__among=[pk for pk in rows.values() if pk]).values_list("pk", "uid"))
    return {pk: uids.get(link_id, "") if link_id else "" for pk, link_id in rows.items()}
