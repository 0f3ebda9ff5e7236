"""Leaves of absence, removals that can be taken back, requests to leave, and steps over many members in chunks."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import dure.core.models

KEY = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
UID = ("uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True))
OPEN = Q(approved_at=None, declined_at=None, withdrawn_at=None)


def _moment():
    return models.DateTimeField(null=True)


def _of(model, name):
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to=f"dure.{model}")


class Migration(migrations.Migration):
    dependencies = [("dure", "0014_members_devices_are_known_here")]

    operations = [
        migrations.AddField("account", "without_place_since", _moment()),
        migrations.AddIndex(
            "account",
            models.Index(
                fields=["without_place_since"],
                condition=Q(without_place_since__isnull=False),
                name="account_without_place",
            ),
        ),
        migrations.AddConstraint(
            "workspace",
            models.CheckConstraint(
                condition=Q(restore_days__gte=0, restore_days__lte=365), name="workspace_restore_days"
            ),
        ),
        *(
            migrations.AddField("member", name, _moment())
            for name in ("leave_from", "leave_until", "removed_at", "restorable_until", "stepped_at", "turns_at")
        ),
        migrations.AddField("member", "removal_reason", models.CharField(blank=True, max_length=200)),
        migrations.AddField(
            "member",
            "taker",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="takes_over",
                to="dure.member",
            ),
        ),
        migrations.RemoveConstraint("member", "member_state_follows_facts"),
        migrations.AddConstraint(
            "member",
            models.CheckConstraint(
                condition=Q(state="removed", removed_at__isnull=False)
                | Q(state="suspended", suspended_at__isnull=False)
                | Q(state="registered", suspended_at=None, activated_at=None)
                | Q(state="active", suspended_at=None, activated_at__isnull=False),
                name="member_state_follows_facts",
            ),
        ),
        migrations.AddConstraint(
            "member",
            models.CheckConstraint(
                condition=Q(leave_from=None, leave_until=None)
                | Q(leave_from__isnull=False, leave_until__isnull=False, leave_until__gt=F("leave_from")),
                name="member_leave_ends_after_it_begins",
            ),
        ),
        migrations.AddConstraint(
            "member",
            models.CheckConstraint(
                condition=Q(removed_at=None, restorable_until=None, removal_reason="")
                | Q(removed_at__isnull=False, restorable_until__isnull=False, restorable_until__gte=F("removed_at")),
                name="member_removal_can_be_taken_back_until",
            ),
        ),
        migrations.AddIndex(
            "member",
            models.Index(fields=["turns_at"], condition=Q(turns_at__isnull=False), name="member_to_turn"),
        ),
        migrations.AddIndex(
            "member",
            models.Index(fields=["restorable_until"], condition=Q(state="removed"), name="member_to_erase"),
        ),
        migrations.AddIndex(
            "member",
            models.Index(
                fields=["workspace", "removed_at", "id"], condition=Q(removed_at__isnull=False), name="member_removed"
            ),
        ),
        migrations.AddIndex(
            "member",
            models.Index(
                fields=["workspace", "leave_until", "id", "leave_from", "state", "starts_at", "removed_at"],
                condition=Q(leave_until__isnull=False),
                name="member_on_leave",
            ),
        ),
        migrations.RemoveIndex("member", "member_by_start"),
        migrations.AddIndex(
            "member",
            models.Index(
                fields=["workspace", "starts_at", "id", "state", "removed_at"],
                condition=Q(starts_at__isnull=False),
                name="member_by_start",
            ),
        ),
        migrations.RemoveIndex("member", "member_to_count"),
        migrations.AddIndex(
            "member",
            models.Index(
                fields=[
                    "workspace",
                    "state",
                    "deadline_at",
                    "starts_at",
                    "removed_at",
                    "leave_from",
                    "leave_until",
                ],
                name="member_to_count",
            ),
        ),
        migrations.CreateModel(
            "LeaveRequest",
            [
                KEY,
                UID,
                ("message", models.CharField(blank=True, max_length=500)),
                ("asked_at", models.DateTimeField()),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("approved_at", _moment()),
                ("declined_at", _moment()),
                ("withdrawn_at", _moment()),
                ("answered_by_id", models.BigIntegerField(null=True)),
                ("workspace", _of("workspace", "leave_requests")),
                ("member", _of("member", "leave_requests")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["member"], condition=OPEN, name="leave_request_one_open")
                ],
                "indexes": [
                    models.Index(fields=["workspace", "-id"], name="leave_request_of_workspace"),
                    models.Index(fields=["workspace", "-id"], condition=OPEN, name="leave_request_open"),
                ],
            },
        ),
        migrations.CreateModel(
            "Job",
            [
                KEY,
                UID,
                ("step", models.CharField(max_length=16)),
                ("selection", models.JSONField(default=dict)),
                ("facts", models.JSONField(default=dict)),
                ("dated", models.BooleanField(default=False)),
                ("seen_at", models.DateTimeField()),
                ("begun_at", models.DateTimeField()),
                ("worked_at", models.DateTimeField()),
                ("ended_at", _moment()),
                ("stopped", models.CharField(blank=True, max_length=40)),
                ("total", models.IntegerField()),
                ("done", models.IntegerField(default=0)),
                ("refused", models.JSONField(default=dict)),
                ("last", models.BigIntegerField(default=0)),
                ("up_to", models.BigIntegerField()),
                ("workspace", _of("workspace", "jobs")),
                ("actor", _of("member", "jobs")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(ended_at=None) | Q(selection={}, facts={}), name="job_wiped_at_its_end"
                    )
                ],
                "indexes": [
                    models.Index(fields=["worked_at"], condition=Q(ended_at=None), name="job_to_do"),
                    models.Index(fields=["workspace", "-id"], name="job_of_workspace"),
                    models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="job_by_end"),
                ],
            },
        ),
    ]
