from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("email", "0008_ends_of_archives")]

    operations = [
        migrations.AddField(
            model_name="inbound",
            name="ticket_purged",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
