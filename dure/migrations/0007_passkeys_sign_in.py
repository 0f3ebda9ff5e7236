"""Passkeys as a second factor and as a sign-in of their own; challenges that were answered."""

import django.db.models.deletion
from django.db import migrations, models

import dure.core.models


class Migration(migrations.Migration):
    dependencies = [("dure", "0006_a_new_id_waits_and_the_old_one_stays")]

    operations = [
        migrations.CreateModel(
            "SpentChallenge",
            [
                ("hash", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("until", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            "Passkey",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True)),
                ("credential_id", models.BinaryField(max_length=1023, unique=True)),
                ("public_key", models.BinaryField()),
                ("sign_count", models.BigIntegerField(default=0)),
                ("name", models.CharField(max_length=60)),
                ("transports", models.JSONField(default=list)),
                ("backed_up", models.BooleanField(default=False)),
                ("since", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="passkeys", to="dure.account"
                    ),
                ),
            ],
        ),
    ]
