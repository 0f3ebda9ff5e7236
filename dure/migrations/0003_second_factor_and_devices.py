"""A second factor, and devices that can be told apart and signed out."""

from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import dure.core.models


def name_devices(apps: Any, _editor: Any) -> None:
    """Give every known device a name of its own."""
    device = apps.get_model("dure", "Device")
    for row in device.objects.filter(uid=None).iterator():
        device.objects.filter(pk=row.pk).update(uid=dure.core.models.new_uid())


class Migration(migrations.Migration):
    dependencies = [("dure", "0002_people_find_their_way")]

    operations = [
        migrations.AddField("account", "has_factor", models.BooleanField(default=False)),
        migrations.AddField("device", "browser", models.CharField(blank=True, default="", max_length=200), False),
        migrations.AddField("device", "uid", models.CharField(max_length=22, null=True)),
        migrations.RunPython(name_devices, migrations.RunPython.noop),
        migrations.AlterField(
            "device", "uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True)
        ),
        migrations.AddField(
            "session",
            "device",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="sessions", to="dure.device"
            ),
        ),
        migrations.AddField("session", "seen_at", models.DateTimeField(null=True)),
        migrations.CreateModel(
            "SecondFactor",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.BinaryField()),
                ("since", models.DateTimeField()),
                ("last_step", models.BigIntegerField(default=0)),
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="second_factor", to="dure.account"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            "SpareCode",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("hash", models.BinaryField(max_length=32)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spare_codes", to="dure.account"
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["account", "used_at"], name="spare_code_of_account")]},
        ),
    ]
