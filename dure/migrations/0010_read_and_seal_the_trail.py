"""The trail is read by time, person, kind and door, and the end of each chain is sealed."""

from django.db import migrations, models

from dure.audit.trail import seal_of
from dure.core import keys


def seal(apps, schema_editor):
    """Seal every chain where it ends now."""
    heads, key = apps.get_model("dure", "AuditHead").objects, keys.derive("audit")
    for head in heads.iterator():
        heads.filter(pk=head.pk).update(seal=seal_of(head.pk, head.number, bytes(head.digest), key=key))


class Migration(migrations.Migration):
    dependencies = [("dure", "0009_find_super_admins_and_who_starts_later")]

    operations = [
        migrations.AddField("audithead", "seal", models.BinaryField(default=b"", max_length=32)),
        migrations.RunPython(seal, migrations.RunPython.noop),
        migrations.RemoveIndex("auditevent", "audit_by_subject"),
        migrations.AddIndex("auditevent", models.Index(fields=["workspace_id", "at", "number"], name="audit_by_time")),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                fields=["workspace_id", "subject_kind", "subject_id", "at", "number"], name="audit_by_subject"
            ),
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(fields=["workspace_id", "actor_kind", "actor_id", "at", "number"], name="audit_by_actor"),
        ),
        migrations.AddIndex(
            "auditevent", models.Index(fields=["workspace_id", "event", "at", "number"], name="audit_by_event")
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                condition=~models.Q(door="web"), fields=["workspace_id", "door", "at", "number"], name="audit_by_door"
            ),
        ),
    ]
