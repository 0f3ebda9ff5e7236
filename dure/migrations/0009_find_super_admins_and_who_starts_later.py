"""Super admins, and whoever starts on a later day, are found without reading every member of their workspace."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("dure", "0008_an_account_tells_the_time_of_its_first_workspace")]

    operations = [
        migrations.AddIndex(
            "member",
            models.Index(
                fields=["workspace", "starts_at"], condition=Q(starts_at__isnull=False), name="member_by_start"
            ),
        ),
        migrations.AddIndex(
            "member",
            models.Index(fields=["workspace", "state"], condition=Q(is_super_admin=True), name="member_super_admin"),
        ),
    ]
