"""Those who may come and are no members yet, and what lets them in (PRODUCT.md §4.3)."""

from django.db import models
from django.db.models import F, Q

from dure.accounts.models import Account
from dure.core.models import new_uid
from dure.members.models import Member
from dure.workspaces.models import Workspace


class Invitation(models.Model):
    """A place that waits for somebody's answer, bound to one address; it is never a membership.

    ``details`` and ``photo`` are what the admin wrote about the person: they become the profile on acceptance and are
    wiped at every other end. A private address is no such fact: it belongs to the account, so none is kept here.
    ``invited_by_id`` is a bare member's id. ``ended_at`` is set at every end, whichever it is. ``opened_at`` is when
    somebody first pressed a button of the page, which a mail scanner does not; ``remind_at`` is when the reminder goes,
    null once it went. ``message`` is a sentence of whoever invites, in the mail and on the page.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    member = models.ForeignKey(Member, null=True, on_delete=models.CASCADE, related_name="invitations")
    address = models.CharField(max_length=254)
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    name_language = models.CharField(max_length=8)
    language = models.CharField(max_length=8)
    message = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)
    photo = models.CharField(max_length=22, blank=True)
    starts_at = models.DateTimeField(null=True)
    invited_by_id = models.BigIntegerField(null=True)
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    remind_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
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
            models.Index(
                fields=["remind_at"], condition=Q(ended_at=None, remind_at__isnull=False), name="invitation_to_remind"
            ),
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


class InviteLink(models.Model):
    """A link that lets in whoever has it, within its limits (K1 K2 K3); never with a role above member.

    Its secret is not here: it is derived from the server's key, ``uid`` and ``generation`` (``dure.joining.ways``), so
    that it can be shown again, and *make anew* raises the generation. ``code`` is the keyed hash of the short code to
    type. ``uses`` counts who joined and who waits for approval, never more than ``most_uses`` (null: any number).
    ``domains`` are what an ID must end in, canonical; none: any. ``made_by_id`` is a bare member's id. ``wanted_at`` is
    when the admins were last told that somebody asks for it to be opened again.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invite_links")
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=8)
    generation = models.IntegerField(default=1)
    code = models.BinaryField(max_length=32, unique=True)
    domains = models.JSONField(default=list)
    needs_approval = models.BooleanField(default=False)
    most_uses = models.IntegerField(null=True)
    uses = models.IntegerField(default=0)
    made_by_id = models.BigIntegerField(null=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    wanted_at = models.DateTimeField(null=True)
    submission = models.CharField(max_length=36, null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(uses__gte=0) & (Q(most_uses=None) | Q(uses__lte=F("most_uses"))),
                name="link_within_its_uses",
            ),
            models.CheckConstraint(
                condition=Q(most_uses=None) | Q(most_uses__gte=1, most_uses__lte=100_000), name="link_most_uses"
            ),
            models.UniqueConstraint(fields=["workspace", "submission"], name="link_once_per_submission"),
        ]
        indexes = [models.Index(fields=["workspace", "-id"], name="link_of_workspace")]


class InviteLinkDay(models.Model):
    """How far people came with a link on one day of the workspace's calendar: numbers alone, nobody is followed.

    Each step holds everybody who took a later one: ``opened`` pressed a button, ``started`` typed or signed in,
    ``verified`` proved an address, ``joined`` became a member; ``asked`` waits for approval, ``refused`` was told no.
    """

    link = models.ForeignKey(InviteLink, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    opened = models.IntegerField(default=0)
    started = models.IntegerField(default=0)
    verified = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)
    joined = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "day"], name="link_day_once")]


class InviteLinkUse(models.Model):
    """Who became a member by a link, or was restored by it, and whether with a new account: the link's ledger.

    It is written once, when the membership is written or restored, and goes with either.
    """

    link = models.ForeignKey(InviteLink, on_delete=models.CASCADE, related_name="ledger")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="came_by")
    at = models.DateTimeField()
    new_account = models.BooleanField()

    class Meta:
        indexes = [models.Index(fields=["link", "-id"], name="link_use_of_link")]


class SignUp(models.Model):
    """An unfinished sign-up; the account exists only once the address is proven (K2, PRODUCT.md §4.3).

    It came by a link or by an invitation. ``browser`` is the keyed hash of the cookie of the browser that began,
    ``code`` that of the newest six digits; several may be begun for one address, and the first proof wins.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    link = models.ForeignKey(InviteLink, null=True, on_delete=models.CASCADE, related_name="sign_ups")
    invitation = models.ForeignKey(Invitation, null=True, on_delete=models.CASCADE, related_name="sign_ups")
    address = models.CharField(max_length=254)
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    language = models.CharField(max_length=8)
    password = models.CharField(max_length=128)
    browser = models.BinaryField(max_length=32)
    code = models.BinaryField(max_length=32)
    code_until = models.DateTimeField()
    tries_left = models.IntegerField(default=5)
    codes = models.IntegerField(default=1)
    begun_at = models.DateTimeField()
    proven_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    message = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(link=None, invitation__isnull=False) | Q(link__isnull=False, invitation=None),
                name="sign_up_by_one_way",
            ),
        ]
        indexes = [
            models.Index(fields=["address"], name="sign_up_by_address"),
            models.Index(fields=["expires_at"], name="sign_up_by_expiry"),
        ]


class JoinRequest(models.Model):
    """Somebody with an account asks to be let in by a link that needs approval; it opens nothing (PRODUCT.md §4.3).

    It holds one use of its link until it is refused, withdrawn or runs out. ``member`` is what came of it.
    ``told_at`` is when the admins were mailed about it; ``decided_by_id`` is a bare member's id.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="join_requests")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="join_requests")
    link = models.ForeignKey(InviteLink, null=True, on_delete=models.SET_NULL, related_name="join_requests")
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="join_requests")
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    name_language = models.CharField(max_length=8)
    message = models.CharField(max_length=200, blank=True)
    answer = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    refused_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    decided_by_id = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "account"], condition=Q(ended_at=None), name="join_request_one_living"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False) | Q(approved_at=None, refused_at=None, withdrawn_at=None),
                name="join_request_decided_is_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="join_request_of_workspace"),
            models.Index(fields=["workspace", "-id"], condition=Q(ended_at=None), name="join_request_waiting"),
            models.Index(fields=["asked_at"], condition=Q(ended_at=None, told_at=None), name="join_request_untold"),
            models.Index(fields=["expires_at"], condition=Q(ended_at=None), name="join_request_by_deadline"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="join_request_by_end"),
        ]
