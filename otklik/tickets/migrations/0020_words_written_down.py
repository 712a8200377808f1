"""A message of a customer that a colleague wrote down says by which channel it came and who did so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tickets", "0019_statuses_and_types_of_ones_own")]

    operations = [
        migrations.AddField(model_name="message", name="recorded", field=models.JSONField(null=True)),
    ]
