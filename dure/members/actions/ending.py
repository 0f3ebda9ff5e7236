"""What ends with a membership, at the moment it is removed (PRODUCT.md §4.9).

Rights, profile and history stay with the row, closed, so that restoring brings everything back as it was.
"""

from collections.abc import Sequence

from django.db.models import Q

from dure.accounts.models import ActivationCode
from dure.core import clock
from dure.core.models import OneTimeSecret
from dure.core.secrets import Purpose
from dure.mail import outbox
from dure.mail.models import Letter
from dure.members.actions.choosing import Done
from dure.members.models import HandOver, HelpRequest, RescueCode
from dure.members.pending import LeaveRequest


def waiting_letters(workspace_id: int, account_ids: Sequence[int]) -> Q:
    """Return which letters of a workspace to these accounts are still on their way."""
    return Q(workspace_id=workspace_id, account_id__among=account_ids, state__in=[Letter.WAITING, Letter.SENDING])


def end_what_they_had(done: Done) -> None:
    """End what removed members had here: what waits for them, what they asked, what they offered. Part of an action."""
    at, workspace_id, ids = clock.now(), done.workspace.pk, done.ids
    if not ids:
        return
    offers = HandOver.objects.filter(workspace_id=workspace_id, accepted_at=None, ended_at=None)
    offers.filter(Q(giver_id__among=ids) | Q(taker_id__among=ids)).update(ended_at=at)
    RescueCode.objects.filter(member_id__among=ids).delete()
    HelpRequest.objects.filter(workspace_id=workspace_id, member_id__among=ids, answered_at=None).update(answered_at=at)
    outbox.end(Letter.objects.filter(waiting_letters(workspace_id, done.accounts)), Letter.WITHDRAWN, at=at)
    end_first_passwords(workspace_id, done.accounts)


def end_first_passwords(workspace_id: int, account_ids: Sequence[int]) -> None:
    """End the set-password links and temporary passwords that this workspace handed out; part of an action."""
    links = OneTimeSecret.objects.filter(workspace_id=workspace_id, account_id__among=account_ids)
    links = links.filter(purpose=Purpose.SET_PASSWORD, used_at=None, withdrawn_at=None)
    links.update(withdrawn_at=clock.now())
    ActivationCode.objects.filter(workspace_id=workspace_id, account_id__among=account_ids).delete()


def open_requests(done: Done) -> list[LeaveRequest]:
    """Return the requests to leave of these members that nobody has answered."""
    found = LeaveRequest.objects.filter(workspace=done.workspace, approved_at=None, declined_at=None, withdrawn_at=None)
    return list(found.filter(member_id__among=done.ids))
