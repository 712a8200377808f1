from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("email", "0007_waiting_mail_by_state")]

    operations = [
        migrations.AddField(
            model_name="inbound",
            name="ticket_purged",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
