"""Members are found by any fragment and listed in any order; admins keep views of the list (docs/adr/0013)."""

import datetime

import django.db.models.deletion
from django.db import migrations, models

import dure.core.models

TABLES = {
    "sqlite": """CREATE TABLE dure_searchterm (
        workspace_id bigint NOT NULL, term varchar(24) NOT NULL, member_id bigint NOT NULL,
        PRIMARY KEY (workspace_id, term, member_id)) WITHOUT ROWID""",
    "postgresql": """CREATE TABLE dure_searchterm (
        workspace_id bigint NOT NULL, term varchar(24) COLLATE "C" NOT NULL, member_id bigint NOT NULL,
        PRIMARY KEY (workspace_id, term, member_id))""",
}


def make_table(_apps, schema_editor):
    """On SQLite the key is the table; on PostgreSQL terms are ordered by code point, whatever the database's language."""
    schema_editor.execute(TABLES[schema_editor.connection.vendor])


def fill(_apps, _schema_editor):
    """Index who is there already; reads and writes columns by their names only."""
    from dure.members import indexing

    indexing.rebuild()


def index(name, fields, condition=None):
    return migrations.AddIndex("member", models.Index(fields=fields, name=name, condition=condition))


class Migration(migrations.Migration):
    dependencies = [("dure", "0012_readings_for_the_operator")]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(make_table, migrations.RunPython.noop)],
            [
                migrations.CreateModel(
                    "SearchTerm",
                    [
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "workspace_id",
                                "term",
                                "member_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("workspace_id", models.BigIntegerField()),
                        ("term", models.CharField(max_length=24)),
                        ("member_id", models.BigIntegerField()),
                    ],
                )
            ],
        ),
        migrations.CreateModel(
            "KeptFilter",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.CharField(default=dure.core.models.new_uid, max_length=22, unique=True)),
                ("name", models.CharField(max_length=40)),
                ("query", models.CharField(max_length=800)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="kept_filters", to="dure.member"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "keptfilter", models.UniqueConstraint(fields=("member", "name"), name="kept_filter_once")
        ),
        migrations.RemoveField("member", "search"),
        migrations.AddField("member", "search", models.TextField(blank=True, default="")),
        migrations.AddField("member", "id_key", models.CharField(blank=True, default="", max_length=254)),
        migrations.AddField(
            "member",
            "signed_in_at",
            models.DateTimeField(default=datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)),
        ),
        migrations.RemoveIndex("member", "member_by_deadline"),
        migrations.RemoveIndex("member", "member_by_start"),
        index("member_by_id", ["workspace", "id_key", "id"]),
        index("member_by_state_and_id", ["workspace", "state", "id_key", "id"]),
        index("member_by_joining", ["workspace", "registered_at", "id"]),
        index("member_by_state_and_joining", ["workspace", "state", "registered_at", "id"]),
        index("member_by_sign_in", ["workspace", "signed_in_at", "id"]),
        index("member_by_state_and_sign_in", ["workspace", "state", "signed_in_at", "id"]),
        index("member_by_deadline", ["workspace", "deadline_at", "id"], models.Q(state="registered")),
        index("member_to_count", ["workspace", "state", "deadline_at", "starts_at"]),
        index("member_by_start", ["workspace", "starts_at", "id", "state"], models.Q(starts_at__isnull=False)),
        migrations.AddIndex(
            "account",
            models.Index(
                fields=["signed_in_at"], condition=models.Q(signed_in_at__isnull=False), name="account_by_sign_in"
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
