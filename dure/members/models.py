"""Memberships and admin rights."""

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q

from dure.accounts.models import Account, Device
from dure.core.models import new_uid
from dure.workspaces.models import Workspace

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""Where somebody stands who never signed in: a column without gaps is ordered alike on both databases."""


class Member(models.Model):
    """A person's place in a workspace; the states are computed from these facts (``rules.state_of``).

    ``epoch`` is raised by everything that changes what the person may open (PRODUCT.md §4.9). ``submission`` is the
    form's own number, so that a form sent twice registers one member. ``search``, ``sort_key`` and ``id_key`` (the ID,
    to be ordered by) are written by ``dure.members.indexing`` alone, and ``signed_in_at`` by the worker: a list may be
    in the order of a minute ago. Before ``starts_at`` nothing opens, and ``remind_at`` is when the reminder of the
    deadline goes, null once it went. The workspace has no index of its own: SQLite would prefer it, and read every
    member to find ten.

    ``removed_at`` may be ahead; until ``restorable_until`` everything is kept as it was, and then the worker erases.
    ``taker`` stands for a removed member in what they made. ``stepped_at`` is when a step last changed the state, and
    ``turns_at`` when the clock alone does so next, null when it does not.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="members", db_index=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="members")
    family_name = models.CharField(max_length=80, blank=True)
    given_name = models.CharField(max_length=80, blank=True)
    name_language = models.CharField(max_length=8)
    sort_key = models.CharField(max_length=120)
    search = models.TextField(default="", blank=True)
    id_key = models.CharField(max_length=254, default="", blank=True)
    signed_in_at = models.DateTimeField(default=NEVER)
    is_super_admin = models.BooleanField(default=False)
    state = models.CharField(max_length=10)
    starts_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    remind_at = models.DateTimeField(null=True)
    registered_at = models.DateTimeField()
    activated_at = models.DateTimeField(null=True)
    suspended_at = models.DateTimeField(null=True)
    leave_from = models.DateTimeField(null=True)
    leave_until = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True)
    restorable_until = models.DateTimeField(null=True)
    removal_reason = models.CharField(max_length=200, blank=True)
    taker = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="takes_over")
    stepped_at = models.DateTimeField(null=True)
    turns_at = models.DateTimeField(null=True)
    epoch = models.IntegerField(default=0)
    submission = models.CharField(max_length=36, null=True)

    REGISTERED, ACTIVE, SUSPENDED, REMOVED = "registered", "active", "suspended", "removed"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "account"], name="member_once_per_workspace"),
            models.UniqueConstraint(fields=["workspace", "submission"], name="member_once_per_submission"),
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False)
                | Q(state="suspended", suspended_at__isnull=False)
                | Q(state="registered", suspended_at=None, activated_at=None)
                | Q(state="active", suspended_at=None, activated_at__isnull=False),
                name="member_state_follows_facts",
            ),
            models.CheckConstraint(
                condition=Q(leave_from=None, leave_until=None)
                | Q(leave_from__isnull=False, leave_until__isnull=False, leave_until__gt=F("leave_from")),
                name="member_leave_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, restorable_until=None, removal_reason="")
                | Q(removed_at__isnull=False, restorable_until__isnull=False, restorable_until__gte=F("removed_at")),
                name="member_removal_can_be_taken_back_until",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "uid"], name="member_by_uid"),
            models.Index(fields=["workspace", "sort_key", "id"], name="member_by_name"),
            models.Index(fields=["workspace", "state", "sort_key", "id"], name="member_by_state"),
            models.Index(fields=["workspace", "id_key", "id"], name="member_by_id"),
            models.Index(fields=["workspace", "state", "id_key", "id"], name="member_by_state_and_id"),
            models.Index(fields=["workspace", "registered_at", "id"], name="member_by_joining"),
            models.Index(fields=["workspace", "state", "registered_at", "id"], name="member_by_state_and_joining"),
            models.Index(fields=["workspace", "signed_in_at", "id"], name="member_by_sign_in"),
            models.Index(fields=["workspace", "state", "signed_in_at", "id"], name="member_by_state_and_sign_in"),
            models.Index(
                fields=["workspace", "state", "deadline_at", "starts_at", "removed_at", "leave_from", "leave_until"],
                name="member_to_count",
            ),
            models.Index(
                fields=["workspace", "deadline_at", "id"], condition=Q(state="registered"), name="member_by_deadline"
            ),
            models.Index(
                fields=["workspace", "starts_at", "id", "state", "removed_at"],
                condition=Q(starts_at__isnull=False),
                name="member_by_start",
            ),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="member_to_remind"),
            models.Index(fields=["workspace", "state"], condition=Q(is_super_admin=True), name="member_super_admin"),
            models.Index(fields=["turns_at"], condition=Q(turns_at__isnull=False), name="member_to_turn"),
            models.Index(fields=["restorable_until"], condition=Q(state="removed"), name="member_to_erase"),
            models.Index(
                fields=["workspace", "removed_at", "id"], condition=Q(removed_at__isnull=False), name="member_removed"
            ),
            models.Index(
                fields=["workspace", "leave_until", "id", "leave_from", "state", "starts_at", "removed_at"],
                condition=Q(leave_until__isnull=False),
                name="member_on_leave",
            ),
        ]


class SearchTerm(models.Model):
    """One beginning under which a member is found (``dure.members.terms``); on SQLite the key is the whole table.

    What every member may look in stands under the workspace's number below zero (``indexing.shelf``). Bare ids:
    nothing but ``dure.members.indexing`` writes here, and a term without its member finds nobody.
    """

    pk = models.CompositePrimaryKey("workspace_id", "term", "member_id")
    workspace_id = models.BigIntegerField()
    term = models.CharField(max_length=24)
    member_id = models.BigIntegerField()


class KeptFilter(models.Model):
    """A view of the member list that an admin gave a name, to come back to it."""

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="kept_filters")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=800)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "name"], name="kept_filter_once")]


class DeviceUse(models.Model):
    """A device with which a member opened this workspace; what its owner does elsewhere is not told here (§4.1)."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="device_uses")
    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="uses")
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "device"], name="device_use_once")]


class Profile(models.Model):
    """What else is known about a member (N7 N11); the row is there once something was filled in.

    Phone numbers are E.164, ``photo`` is the random name of the file under ``photos/``.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="profiles")
    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="profile")
    phonetic_family_name = models.CharField(max_length=80, blank=True)
    phonetic_given_name = models.CharField(max_length=80, blank=True)
    name_ko = models.CharField(max_length=80, blank=True)
    name_en = models.CharField(max_length=80, blank=True)
    name_ja = models.CharField(max_length=80, blank=True)
    nickname = models.CharField(max_length=100, blank=True)
    mobile_phone = models.CharField(max_length=20, blank=True)
    office_phone = models.CharField(max_length=32, blank=True)
    employee_number = models.CharField(max_length=40, blank=True)
    work_place = models.CharField(max_length=100, blank=True)
    duty = models.CharField(max_length=200, blank=True)
    birthday = models.DateField(null=True)
    join_date = models.DateField(null=True)
    time_zone = models.CharField(max_length=50, blank=True)
    photo = models.CharField(max_length=22, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "employee_number"],
                condition=~Q(employee_number=""),
                name="profile_employee_number_once",
            )
        ]
        indexes = [models.Index(fields=["workspace", "photo"], condition=~Q(photo=""), name="profile_by_photo")]


class Change(models.Model):
    """One field of a member before and after (N11): personal, and erased with the member (PRODUCT.md §4.12)."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="changes")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=12)
    actor_id = models.BigIntegerField(null=True)
    door = models.CharField(max_length=12)
    field = models.CharField(max_length=24)
    before = models.CharField(max_length=254, blank=True)
    after = models.CharField(max_length=254, blank=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-id"], name="change_of_member")]


class Grant(models.Model):
    """One permission of one admin (PRODUCT.md §6), until a date or until taken back.

    ``unit_id`` limits it to a part of the organisation; such a grant opens nothing until the limit is enforced (§4.10).
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="grants")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="grants")
    permission = models.CharField(max_length=24)
    unit_id = models.BigIntegerField(null=True)
    granted_at = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "permission"], name="grant_once")]
        indexes = [models.Index(fields=["workspace", "permission"], name="grant_of_workspace")]


class HelpRequest(models.Model):
    """Somebody who proved an address asks an admin of their own workspace for help (K10 K12).

    ``address`` is where the answer goes: the address that was proven. ``answered_by_id`` is a bare member's id.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="help_requests")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="help_requests")
    address = models.CharField(max_length=254)
    message = models.CharField(max_length=500, blank=True)
    asked_at = models.DateTimeField()
    answer = models.CharField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by_id = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="help_of_workspace"),
            models.Index(fields=["workspace", "-id"], condition=Q(answered_at=None), name="help_open"),
        ]


class HandOver(models.Model):
    """A super admin offers the role to another member, who accepts or not (PRODUCT.md §4.3: a row of its own).

    ``keeps`` are the permissions the offering one keeps as an admin.
    """

    uid = models.CharField(max_length=22, unique=True, default=new_uid)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="hand_overs")
    giver = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="roles_offered")
    taker = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="roles_waiting")
    keeps = models.JSONField(default=list)
    offered_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["giver"], condition=Q(accepted_at=None, ended_at=None), name="hand_over_one_at_a_time"
            )
        ]


class RescueCode(models.Model):
    """One of a super admin's printed codes; it sets a new password when nothing else helps (K8)."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="rescue_codes")
    hash = models.BinaryField(max_length=32)
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "used_at"], name="rescue_code_of_member")]
