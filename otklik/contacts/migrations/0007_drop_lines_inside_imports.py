import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Drops the lines that imports held inside themselves."""

    dependencies = [
        ("contacts", "0006_move_lines_of_imports"),
    ]

    operations = [
        migrations.RemoveField("contactimport", "lines"),
        migrations.RemoveField("contactimport", "refusals"),
        migrations.AlterField(
            "importline",
            "owner",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="contacts.contactimport"
            ),
        ),
    ]
