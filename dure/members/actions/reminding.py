"""Reminding those whose deadline comes near (PRODUCT.md §5); done by the worker."""

from django.db import connection
from django.db.models import QuerySet

from dure.accounts.actors import Visitor
from dure.accounts.models import ActivationCode
from dure.core import clock
from dure.core.action import action, record_many
from dure.core.actor import Actor
from dure.core.events import Event
from dure.mail import outbox
from dure.mail import queries as letters
from dure.mail.kinds import Kind
from dure.mail.models import Letter
from dure.members import rules
from dure.members.actions import handing
from dure.members.letters import write_to
from dure.members.models import Member

BATCH = 200


def remind_due() -> int:
    """Remind one batch; returns how many were looked at."""
    if not _due().exists():
        return 0
    return remind(Visitor(door="worker"))


def _due() -> QuerySet[Member]:
    return Member.objects.filter(remind_at__lte=clock.now()).order_by("remind_at", "id")


@action(needs=None, records=Event.DEADLINE_REMINDED)
def remind(actor: Actor) -> int:
    """Post a reminder, without any secret, to everybody who is due and has not come; each is reminded once."""
    skip = connection.features.has_select_for_update_skip_locked
    joined = _due().select_related("account", "workspace").select_for_update(of=("self",), skip_locked=skip)
    due = list(joined[:BATCH])
    Member.objects.filter(pk__among=[member.pk for member in due]).update(remind_at=None)
    reminded = [member for member in due if _waits(member)]
    if outbox.can_send():
        outbox.post_many(_letters(reminded))
    for workspace_id in sorted({member.workspace_id for member in due}):
        here: dict[int | None, str] = {one.pk: "" for one in reminded if one.workspace_id == workspace_id}
        record_many(actor, Event.DEADLINE_REMINDED, subject_kind="member", subjects=here, of=workspace_id)
    return len(due)


def _waits(member: Member) -> bool:
    living = member.deadline_at is not None and member.deadline_at > clock.now()
    living = living and rules.is_here(member)
    return living and not member.activated_at and not member.suspended_at and not member.account.has_own_password


def _letters(members: list[Member]) -> list[Letter]:
    accounts = [member.account_id for member in members]
    went_to = letters.went_to(accounts)
    codes = set(ActivationCode.objects.filter(account_id__among=accounts).values_list("account_id", flat=True))
    addresses = handing.addresses_of(members)
    written = []
    for member in members:
        own = addresses[member.account_id]
        written.append(
            write_to(
                member,
                Kind.DEADLINE_REMINDER,
                address=handing.choose(own, went_to.get(member.account_id, "")),
                id_address=handing.choose(own, "id").canonical,
                expires_at=member.deadline_at,
                more={"has_code": member.account_id in codes},
            )
        )
    return written
