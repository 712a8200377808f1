from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds to a role of single rights whether it needs a second factor by itself."""

    dependencies = [
        ("accounts", "0004_external_identities"),
    ]

    operations = [
        migrations.AddField(
            model_name="customrole",
            name="second_factor",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
