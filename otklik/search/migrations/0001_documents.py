"""Documents, what waits to be read, and the index of words in the way of each database."""

from django.db import migrations, models

import otklik.search.models


def _index(apps, schema_editor):
    from otklik.search.store import CREATE_POSTGRESQL, CREATE_SQLITE

    for statement in CREATE_SQLITE if schema_editor.connection.vendor == "sqlite" else CREATE_POSTGRESQL:
        schema_editor.execute(statement)


def _no_index(apps, schema_editor):
    from otklik.search.store import DROP_POSTGRESQL, DROP_SQLITE

    for statement in DROP_SQLITE if schema_editor.connection.vendor == "sqlite" else DROP_POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Document",
            fields=[
                ("id", otklik.search.models.PlaceField(primary_key=True, serialize=False)),
                ("room", models.CharField(max_length=16)),
                ("kind", models.CharField(max_length=16)),
                ("source_id", models.BigIntegerField()),
                ("holder_id", models.BigIntegerField()),
                ("scope", models.CharField(max_length=8)),
                ("length", models.PositiveIntegerField()),
                ("digest", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["room", "holder_id"], name="search_document_of")],
                "constraints": [
                    models.UniqueConstraint(fields=("room", "kind", "source_id"), name="search_document_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Pending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("room", models.CharField(max_length=16)),
                ("topic", models.CharField(max_length=16)),
                ("key", models.BigIntegerField(default=0)),
                ("after", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField()),
                ("run_at", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("last_error", models.CharField(default="", max_length=1000)),
            ],
            options={"indexes": [models.Index(fields=["run_at", "id"], name="search_pending_due")]},
        ),
        migrations.RunPython(_index, _no_index),
    ]
