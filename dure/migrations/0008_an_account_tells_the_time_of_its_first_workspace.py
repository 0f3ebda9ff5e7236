"""The time zone of an account's own pages and letters: that of its first workspace."""

from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce


def take_from_first_workspace(apps: Any, _editor: Any) -> None:
    """Give every account the zone it was read in so far."""
    places = apps.get_model("dure", "Member").objects.filter(account_id=OuterRef("pk")).order_by("id")
    first = Subquery(places.values("workspace__time_zone")[:1])
    apps.get_model("dure", "Account").objects.update(time_zone=Coalesce(first, "time_zone"))


class Migration(migrations.Migration):
    dependencies = [("dure", "0007_passkeys_sign_in")]

    operations = [
        migrations.AddField("account", "time_zone", models.CharField(default="UTC", max_length=50)),
        migrations.RunPython(take_from_first_workspace, migrations.RunPython.noop),
    ]
