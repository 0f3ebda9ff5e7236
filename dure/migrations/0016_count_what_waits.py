"""Invitations that wait are counted on *Home* by an index of their own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dure", "0015_members_leave_and_come_back")]

    operations = [
        migrations.AddIndex(
            "invitation",
            models.Index(
                fields=["workspace", "expires_at"], condition=models.Q(ended_at=None), name="invitation_waiting"
            ),
        )
    ]
