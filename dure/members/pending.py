"""What waits: members who ask to leave, and steps over many members that are not done yet."""

from django.db import models
from django.db.models import Q

from dure.core.models import new_uid
from dure.members.models import Member
from dure.workspaces.models import Workspace


class LeaveRequest(models.Model):
    """A member asks to leave (K6); an admin removes them, or answers with a sentence.

    ``answered_by_id`` is a bare member's id, and ``withdrawn_at`` is set when the member thought better of it.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="leave_requests")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="leave_requests")
    message = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    approved_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    answered_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["member"],
                condition=Q(approved_at=None, declined_at=None, withdrawn_at=None),
                name="leave_request_one_open",
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="leave_request_of_workspace"),
            models.Index(
                fields=["workspace", "-id"],
                condition=Q(approved_at=None, declined_at=None, withdrawn_at=None),
                name="leave_request_open",
            ),
        ]


RESTORED = "restored"
"""Why a job stopped that was not done when a backup was made, and came back with it."""


class Job(models.Model):
    """One step over many members, taken in chunks; each is done in whole or not at all.

    ``selection`` and ``facts`` say whom and how, and are wiped at the end. Members up to ``last`` have been dealt with,
    and none beyond ``up_to`` is: who came later was not chosen. ``seen_at`` is when the preview was read, and ``dated``
    tells that what is done takes effect on a later day.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="jobs")
    actor = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="jobs")
    step = models.CharField(max_length=16)
    selection = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    dated = models.BooleanField(default=False)
    seen_at = models.DateTimeField()
    begun_at = models.DateTimeField()
    worked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    stopped = models.CharField(max_length=40, blank=True)
    total = models.IntegerField()
    done = models.IntegerField(default=0)
    refused = models.JSONField(default=dict)
    last = models.BigIntegerField(default=0)
    up_to = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ended_at=None) | Q(selection={}, facts={}), name="job_wiped_at_its_end")
        ]
        indexes = [
            models.Index(fields=["worked_at"], condition=Q(ended_at=None), name="job_to_do"),
            models.Index(fields=["workspace", "-id"], name="job_of_workspace"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="job_by_end"),
        ]
