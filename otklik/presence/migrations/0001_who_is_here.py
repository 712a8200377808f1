"""The table of who has which ticket open."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """One row for a person and a ticket."""

    initial = True

    dependencies = [
        ("tickets", "0002_directories"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Looking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tab", models.CharField(max_length=16)),
                ("until", models.DateTimeField(db_index=True)),
                (
                    "writing",
                    models.CharField(
                        blank=True, choices=[("", "nothing"), ("reply", "a reply"), ("note", "a note")], max_length=8
                    ),
                ),
                ("writing_until", models.DateTimeField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=["ticket", "user"], name="presence_once_a_ticket")],
            },
        ),
    ]
