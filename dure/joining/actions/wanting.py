"""*Ask for a new one*: somebody stands before an invite link that no longer lets anybody in (PRODUCT.md §4.6)."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from dure.core import clock
from dure.core.action import action, record
from dure.core.actor import Actor
from dure.core.events import Event
from dure.joining import request_letters
from dure.joining.models import InviteLink
from dure.joining.rules import LinkState, link_state_of
from dure.mail import outbox
from dure.members import succession
from dure.members.actions.asking import MOST_ADMINS
from dure.members.models import Member

BETWEEN_LETTERS = timedelta(hours=1)


def ask_for_link(actor: Actor, *, link_uid: str) -> None:
    """Tell the admins that somebody would come by a link that is paused, used up, expired or withdrawn.

    Whoever calls has found the link by its secret. Nothing is asked of the visitor, so the letter names nobody and
    holds no address; at most one an hour goes for each link, and the answer is the same always.
    """
    link = InviteLink.objects.filter(uid=link_uid).first()
    if link is not None and link_state_of(link) is not LinkState.OPEN and _untold(link.pk).exists():
        _ask(actor, link_id=link.pk)


def _untold(link_id: int) -> QuerySet[InviteLink]:
    """Return the link while nobody was told within the hour; one told in the future was so by a wrong clock."""
    at = clock.now()
    long_ago = Q(wanted_at=None) | Q(wanted_at__lte=at - BETWEEN_LETTERS) | Q(wanted_at__gt=at + clock.SKEW)
    return InviteLink.objects.filter(long_ago, pk=link_id)


@action(needs=None, records=Event.LINK_WANTED)
def _ask(actor: Actor, *, link_id: int) -> None:
    is_first = _untold(link_id).update(wanted_at=clock.now()) == 1
    link = InviteLink.objects.select_related("workspace").get(pk=link_id)
    record(actor, Event.LINK_WANTED, subject_kind="link", subject_id=link.pk, workspace_id=link.workspace_id)
    if is_first and outbox.can_send():
        request_letters.post_wanted(link, _whom_to_tell(link))


def _whom_to_tell(link: InviteLink) -> list[Member]:
    """Return whoever made the link, or took it over, while they may still make one; else those who may."""
    made = Member.objects.filter(workspace_id=link.workspace_id, pk=link.made_by_id or 0)
    maker = succession.taker_of(made.select_related("account", "workspace").first())
    if maker is not None and succession.may_take_over(maker):
        return [maker]
    return succession.takers(link.workspace)[:MOST_ADMINS]
