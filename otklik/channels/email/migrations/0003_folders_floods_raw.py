"""Counts of folders on the servers, floods, and the time when the raw bytes of a mail were removed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_foundation"),
        ("email", "0002_outgoing"),
        ("tickets", "0002_directories"),
    ]

    operations = [
        migrations.CreateModel(
            name="FolderCount",
            fields=[
                (
                    "channel",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tickets.channel",
                    ),
                ),
                ("at", models.DateTimeField()),
                ("folder", models.CharField(max_length=255)),
                ("there", models.PositiveIntegerField()),
                ("received", models.PositiveIntegerField()),
                ("left", models.PositiveIntegerField()),
                ("unfetched", models.PositiveIntegerField()),
                ("vanished", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="inbound",
            name="raw_removed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="inbound",
            name="blob",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.blob"
            ),
        ),
        migrations.CreateModel(
            name="Flood",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sender", models.CharField(blank=True, max_length=320)),
                ("began_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tickets.channel"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["last_at", "id"], name="mail_flood_by_end")],
            },
        ),
    ]
