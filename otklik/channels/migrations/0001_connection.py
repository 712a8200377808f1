"""The connections of channels."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tickets", "0002_directories"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("config", models.JSONField(default=dict)),
                ("secret", models.TextField(blank=True, default="")),
                ("enabled", models.BooleanField(default=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unchecked", "Not checked yet"),
                            ("ok", "Working"),
                            ("failing", "Failing"),
                            ("off", "Switched off"),
                        ],
                        default="unchecked",
                        max_length=12,
                    ),
                ),
                ("last_ok_at", models.DateTimeField(blank=True, null=True)),
                ("last_error", models.CharField(blank=True, default="", max_length=60)),
                ("last_detail", models.CharField(blank=True, default="", max_length=300)),
                ("last_error_at", models.DateTimeField(blank=True, null=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="connection", to="tickets.channel"
                    ),
                ),
            ],
        ),
    ]
