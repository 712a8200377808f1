import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Gives the lines of imported files a table of their own, and imports the sums of what they would do."""

    dependencies = [
        ("contacts", "0004_personal_data"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("cells", models.JSONField(default=list)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Unknown"),
                            ("added", "Added"),
                            ("changed", "Changed"),
                            ("same", "Same"),
                            ("refused", "Refused"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("changes", models.JSONField(default=list)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contactimport",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["owner", "outcome", "place"], name="lines_by_outcome")],
                "constraints": [models.UniqueConstraint(fields=("owner", "place"), name="one_line_a_place")],
            },
        ),
        migrations.RenameField("contactimport", "refused", "refusals"),
        migrations.AddField("contactimport", "refused", models.PositiveIntegerField(default=0)),
        *(
            migrations.AddField("contactimport", name, models.PositiveIntegerField(default=start))
            for name, start in (
                ("version", 1), ("looked", 0), ("will_add", 0), ("will_change", 0), ("will_keep", 0), ("will_refuse", 0),
            )
        ),
    ]  # fmt: skip
