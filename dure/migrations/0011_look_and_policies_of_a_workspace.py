"""A workspace has a logo, a colour and policies of its own, and remembers what they were."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dure", "0010_read_and_seal_the_trail")]

    operations = [
        migrations.AddField("workspace", "logo", models.CharField(blank=True, default="", max_length=22), False),
        migrations.AddField("workspace", "accent", models.CharField(blank=True, default="", max_length=6), False),
        migrations.AddField("workspace", "link_days", models.IntegerField(default=7)),
        migrations.AddField("workspace", "code_hours", models.IntegerField(default=72)),
        migrations.AddField("workspace", "restore_days", models.IntegerField(default=30)),
        migrations.AddField("workspace", "session_idle_hours", models.IntegerField(default=336)),
        migrations.AddField("workspace", "session_absolute_days", models.IntegerField(default=90)),
        migrations.CreateModel(
            name="WorkspaceChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=12)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("field", models.CharField(max_length=24)),
                ("before", models.CharField(blank=True, max_length=200)),
                ("after", models.CharField(blank=True, max_length=200)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="own_changes",
                        to="dure.workspace",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["workspace", "-id"], name="change_of_workspace")]},
        ),
    ]
