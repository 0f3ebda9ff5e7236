"""Invitations for those who have an account on this server already, and letters about them."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import dure.core.models


def belongs_to(model: str, name: str, **options: Any) -> Any:
    """Return the foreign key of a row that goes with another one."""
    return models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name=name, to=model, **options)


def number() -> Any:
    """Return the primary key."""
    return models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("dure", "0004_find_members_within_their_workspace")]

    operations = [
        migrations.AddField("letter", "about", models.CharField(default="", max_length=22)),
        migrations.AddIndex("letter", models.Index(fields=["about"], condition=~Q(about=""), name="letter_about")),
        migrations.CreateModel(
            "Invitation",
            [
                ("id", number()),
                ("uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True)),
                ("workspace", belongs_to("dure.workspace", "invitations")),
                ("member", belongs_to("dure.member", "invitations", null=True)),
                ("address", models.CharField(max_length=254)),
                ("family_name", models.CharField(blank=True, max_length=80)),
                ("given_name", models.CharField(blank=True, max_length=80)),
                ("name_language", models.CharField(max_length=8)),
                ("language", models.CharField(max_length=8)),
                ("details", models.JSONField(default=dict)),
                ("photo", models.CharField(blank=True, max_length=22)),
                ("starts_at", models.DateTimeField(null=True)),
                ("invited_by_id", models.BigIntegerField(null=True)),
                ("invited_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(null=True)),
                ("declined_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("submission", models.CharField(max_length=36, null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=["workspace", "address"], condition=Q(ended_at=None), name="invitation_one_living"
                    ),
                    models.UniqueConstraint(fields=["workspace", "submission"], name="invitation_once_per_submission"),
                    models.CheckConstraint(
                        condition=Q(ended_at__isnull=False) | Q(accepted_at=None, declined_at=None, withdrawn_at=None),
                        name="invitation_answered_is_ended",
                    ),
                    models.CheckConstraint(
                        condition=Q(ended_at=None) | Q(details={}), name="invitation_wiped_at_its_end"
                    ),
                ],
                "indexes": [
                    models.Index(fields=["workspace", "-id"], name="invitation_of_workspace"),
                    models.Index(fields=["address"], condition=Q(ended_at=None), name="invitation_by_address"),
                    models.Index(fields=["expires_at"], condition=Q(ended_at=None), name="invitation_by_deadline"),
                    models.Index(
                        fields=["ended_at"], condition=Q(ended_at__isnull=False), name="invitation_by_end"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            "InvitationToken",
            [
                ("id", number()),
                ("uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True)),
                ("invitation", belongs_to("dure.invitation", "tokens")),
                ("hash", models.BinaryField(max_length=32)),
                ("proves_address", models.BooleanField(default=True)),
                ("issued_at", models.DateTimeField()),
            ],
        ),
    ]
