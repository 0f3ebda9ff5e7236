
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dure', '0018_keep_a_ledger_of_links'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='letter',
            index=models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['kind', 'due_at'], name='letter_kind_due'),
        ),
    ]
