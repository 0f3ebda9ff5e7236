"""Numbers the worker keeps for the operator."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dure", "0011_look_and_policies_of_a_workspace")]

    operations = [
        migrations.CreateModel(
            "Reading",
            [
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("value", models.FloatField(default=0)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddIndex(
            "letter",
            models.Index(fields=["ended_at"], condition=models.Q(state="failed"), name="letter_failed"),
        ),
    ]
