from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("email", "0007_waiting_mail_by_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="mailarchive",
            name="ends",
            field=models.CharField(db_default="auto", default="auto", max_length=8),
        ),
    ]
