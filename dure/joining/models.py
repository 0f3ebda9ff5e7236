"""Those who may come and are no members yet (PRODUCT.md §4.3)."""

from django.db import models
from django.db.models import Q

from dure.core.models import new_uid
from dure.members.models import Member
from dure.workspaces.models import Workspace


class Invitation(models.Model):
    """A place that waits for somebody's answer, bound to one address; it is never a membership.

    ``details`` and ``photo`` are what the admin wrote about the person: they become the profile on acceptance and are
    wiped at every other end. A private address is no such fact: it belongs to the account, so none is kept here.
    ``invited_by_id`` is a bare member's id. ``ended_at`` is set at every end, whichever it is.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="invitations")
    address = models.CharField(max_length=254)
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    name_language = models.CharField(max_length=8)
    language = models.CharField(max_length=8)
    details = models.JSONField(default=dict)
    photo = models.CharField(max_length=22, blank=True)
    starts_at = models.DateTimeField(null=True)
    invited_by_id = models.BigIntegerField(null=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    submission = models.CharField(max_length=36, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "address"], condition=Q(ended_at=None), name="invitation_one_living"
            ),
            models.UniqueConstraint(fields=["workspace", "submission"], name="invitation_once_per_submission"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(accepted_at=None, declined_at=None, withdrawn_at=None),
                name="invitation_answered_is_ended",
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(details={}), name="invitation_wiped_at_its_end"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="invitation_of_workspace"),
            models.Index(fields=["address"], condition=Q(ended_at=None), name="invitation_by_address"),
            models.Index(fields=["workspace", "expires_at"], condition=Q(ended_at=None), name="invitation_waiting"),
            models.Index(fields=["expires_at"], condition=Q(ended_at=None), name="invitation_by_deadline"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="invitation_by_end"),
        ]


class InvitationToken(models.Model):
    """One mailed link of an invitation (PRODUCT.md §4.7 c): it lives and ends with it, beside the others.

    It is no ``OneTimeSecret``: that is bound to an account and gives way to its younger sibling, while an invitation
    may reach somebody without an account and all its links stay good until one answer ends them together. ``uid`` is
    the non-secret handle of its page; only a keyed hash of the rest is here. ``proves_address`` is false for a link
    that an admin saw (§4.2).
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="tokens")
    hash = models.BinaryField(max_length=32)
    proves_address = models.BooleanField(default=True)
    issued_at = models.DateTimeField()
