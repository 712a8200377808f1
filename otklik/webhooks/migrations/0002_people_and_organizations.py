"""Webhooks tell of people and organisations too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0001_deliveries")]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="subject_kind",
            field=models.PositiveSmallIntegerField(db_default=1, default=1),
        ),
    ]
