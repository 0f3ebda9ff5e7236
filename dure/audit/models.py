"""The trail: one row for everything that was written (PRODUCT.md §4.12)."""

from django.db import models


class AuditHead(models.Model):
    """The newest link of one chain; locking it puts the events of a workspace in one order.

    ``seal`` is a keyed hash of number and digest: without it a chain could be cut off at the end by whoever writes
    the digest of an older event here.
    """

    workspace_id = models.BigIntegerField(primary_key=True)
    number = models.BigIntegerField(default=0)
    digest = models.BinaryField(max_length=32)
    seal = models.BinaryField(max_length=32, default=b"")


class AuditEvent(models.Model):
    """Who did what, on whom, through which door, and which fields; ids and names of fields only.

    ``workspace_id`` 0 is the server's own chain: accounts, sign-ins, the operator. The indexes are what
    ``dure.audit.queries`` reads by; nearly everything comes in by the pages, so only the other doors have one.
    """

    workspace_id = models.BigIntegerField()
    number = models.BigIntegerField()
    at = models.DateTimeField()
    event = models.CharField(max_length=40)
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    door = models.CharField(max_length=12)
    subject_kind = models.CharField(max_length=12)
    subject_id = models.BigIntegerField(null=True)
    fields = models.JSONField(default=list)
    via = models.CharField(max_length=60, default="")
    digest = models.BinaryField(max_length=32)

    class Meta:
        ordering = ["workspace_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["workspace_id", "number"], name="audit_one_event_per_number"),
        ]
        indexes = [
            models.Index(fields=["workspace_id", "at", "number"], name="audit_by_time"),
            models.Index(
                fields=["workspace_id", "subject_kind", "subject_id", "at", "number"], name="audit_by_subject"
            ),
            models.Index(fields=["workspace_id", "actor_kind", "actor_id", "at", "number"], name="audit_by_actor"),
            models.Index(fields=["workspace_id", "event", "at", "number"], name="audit_by_event"),
            models.Index(
                fields=["workspace_id", "door", "at", "number"], condition=~models.Q(door="web"), name="audit_by_door"
            ),
        ]
