"""Statuses and request types can be put out of use and count their changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """What is there stays in use."""

    dependencies = [("tickets", "0018_indexes_of_large_desks")]

    operations = [
        migrations.AddField("status", "in_use", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("status", "version", models.PositiveIntegerField(default=0, db_default=0)),
        migrations.AddField("tickettype", "in_use", models.BooleanField(default=True, db_default=True)),
        migrations.AddField("tickettype", "version", models.PositiveIntegerField(default=0, db_default=0)),
    ]
