"""Whether a team has a ticket of an organisation is found by an index, however many others have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Add the index."""

    dependencies = [("tickets", "0023_keys_by_their_characters")]

    operations = [
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["organization", "team", "assignee"], name="ticket_organization_team"),
        )
    ]
