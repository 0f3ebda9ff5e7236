"""One index finds members by workspace and uid; the workspace's own, which SQLite preferred to it, goes."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dure", "0003_second_factor_and_devices")]

    operations = [
        migrations.AddIndex("member", models.Index(fields=["workspace", "uid"], name="member_by_uid")),
        migrations.AlterField(
            "member",
            "workspace",
            models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="dure.workspace",
            ),
        ),
    ]
