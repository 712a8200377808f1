"""A notification mail that can be answered remembers the newest message of its ticket when it was written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_notifications")]

    operations = [
        migrations.AddField(model_name="answerdoor", name="newest_id", field=models.BigIntegerField(null=True)),
    ]
