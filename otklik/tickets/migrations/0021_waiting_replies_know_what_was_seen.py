"""An answer that waits remembers the newest message of its ticket, so that it can be told when it was overtaken."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0020_words_written_down")]

    operations = [
        migrations.AddField(model_name="scheduledreply", name="newest_id", field=models.BigIntegerField(null=True)),
    ]
