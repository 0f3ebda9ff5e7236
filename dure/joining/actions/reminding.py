"""Reminding those who have not answered an invitation (PRODUCT.md §5); done by the worker."""

from django.db import connection
from django.db.models import QuerySet

from dure.accounts.actors import Visitor
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.joining import letters, queries
from dure.joining.models import Invitation
from dure.mail import outbox
from dure.mail.kinds import Kind
from dure.mail.models import Letter

BATCH = 200


def remind_invited() -> int:
    """Remind one batch; returns how many were looked at. Without a mail server they keep for when there is one."""
    if not outbox.can_send() or not _due().exists():
        return 0
    return remind(Visitor(door="worker"))


def _due() -> QuerySet[Invitation]:
    due = Invitation.objects.filter(ended_at=None, remind_at__isnull=False, remind_at__lte=clock.now())
    return due.order_by("remind_at", "id")


@action(needs=None, records=Event.INVITATION_REMINDED)
def remind(actor: Actor) -> int:
    """Mail one more link to everybody who is due and whom the last mail reached; each is reminded once.

    It prolongs nothing.
    """
    skip = connection.features.has_select_for_update_skip_locked
    joined = _due().select_related("workspace").select_for_update(of=("self",), no_key=True, skip_locked=skip)
    due = list(joined[:BATCH])
    locked = Invitation.objects.filter(pk__among=[one.pk for one in due])
    locked.update(remind_at=None)
    living = set(queries.living(locked).values_list("pk", flat=True))
    reached = _reached([one.uid for one in due])
    reminded = [one for one in due if one.pk in living and one.uid in reached]
    letters.post_invitations(reminded, kind=Kind.INVITATION_REMINDER)
    for workspace_id in sorted({one.workspace_id for one in due} or {0}):
        here: dict[int | None, str] = {one.pk: "" for one in reminded if one.workspace_id == workspace_id}
        record_many(actor, Event.INVITATION_REMINDED, subject_kind="invitation", subjects=here, of=workspace_id)
    return len(due)


def _reached(uids: list[str]) -> set[str]:
    """Return those whose last letter was sent: one that failed or waits makes no sense of a second one."""
    about = Letter.objects.exclude(about="").filter(about__among=uids).order_by("id").values_list("about", "state")
    return {uid for uid, state in dict(about).items() if state == Letter.SENT}
