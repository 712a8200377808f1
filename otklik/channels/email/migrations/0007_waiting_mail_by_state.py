from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_foundation"),
        ("email", "0006_letters_without_files"),
        ("tickets", "0018_indexes_of_large_desks"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="inbound",
            name="mail_waiting",
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["state", "run_at", "id"], name="mail_waiting"
            ),
        ),
    ]
