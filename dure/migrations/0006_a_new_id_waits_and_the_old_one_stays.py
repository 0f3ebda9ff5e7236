"""A new ID waits for its proof, and the old one stays an alias for a while."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("dure", "0005_somebody_with_an_account_is_invited")]

    operations = [
        migrations.AddField("address", "since", models.DateTimeField(null=True)),
        migrations.AlterField(
            "address",
            "kind",
            models.CharField(
                choices=[("id", "id"), ("alias", "alias"), ("private", "private"), ("pending", "pending")], max_length=8
            ),
        ),
        migrations.RemoveConstraint("address", "address_kind_known"),
        migrations.AddConstraint(
            "address",
            models.CheckConstraint(
                condition=Q(kind__in=["id", "private"], until=None)
                | Q(kind__in=["alias", "pending"], until__isnull=False),
                name="address_kind_known_and_ends",
            ),
        ),
        migrations.AddConstraint(
            "address",
            models.UniqueConstraint(
                fields=["account"], condition=Q(kind="pending"), name="address_one_pending_per_account"
            ),
        ),
        migrations.AddIndex(
            "address", models.Index(fields=["until"], condition=Q(until__isnull=False), name="address_by_end")
        ),
    ]
