"""The outbox (PRODUCT.md §4.13)."""

from django.db import models

from dure.core.models import new_uid


class Letter(models.Model):
    """One mail on its way, and afterwards its fate.

    Everything personal or secret is in ``sealed`` (the recipient's address, names, the link) and is wiped on
    delivery, giving up, withdrawal and expiry. ``to`` says which of the account's addresses it went to. ``about`` is
    the uid of what it is about when that is no one-time secret, as an invitation.
    """

    WAITING, SENDING, SENT, FAILED, WITHDRAWN, EXPIRED = (
        "waiting",
        "sending",
        "sent",
        "failed",
        "withdrawn",
        "expired",
    )
    STATES = (WAITING, SENDING, SENT, FAILED, WITHDRAWN, EXPIRED)

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    kind = models.CharField(max_length=24)
    language = models.CharField(max_length=8)
    account_id = models.BigIntegerField(null=True)
    workspace_id = models.BigIntegerField(null=True)
    secret_id = models.BigIntegerField(null=True)
    about = models.CharField(max_length=22, default="")
    to = models.CharField(max_length=8)
    sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=10, default=WAITING)
    posted_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField()
    lease = models.CharField(max_length=22, default="")
    ended_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=40, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sending", "sent", "failed", "withdrawn", "expired"]),
                name="letter_state_known",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sending"]) | models.Q(sealed=None),
                name="letter_wiped_at_its_end",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state__in=["waiting", "sending"]), name="letter_due"),
            models.Index(
                fields=["kind", "due_at"], condition=models.Q(state__in=["waiting", "sending"]), name="letter_kind_due"
            ),
            models.Index(fields=["workspace_id", "-id"], name="letter_of_workspace"),
            models.Index(fields=["account_id", "-id"], name="letter_of_account"),
            models.Index(fields=["secret_id"], name="letter_of_secret"),
            models.Index(fields=["about"], condition=~models.Q(about=""), name="letter_about"),
            models.Index(fields=["ended_at"], condition=models.Q(state="failed"), name="letter_failed"),
        ]
