"""Names of tags and numbers of other desks are ordered by their characters on PostgreSQL too."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from otklik.core.db.fields import KeyField, order_by_characters


def order(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the order of the columns that are there."""
    order_by_characters(schema_editor, ("tickets_tag", "name_key", 40), ("tickets_foreignreference", "number_key", 64))


class Migration(migrations.Migration):
    """Columns as they are, compared in another order."""

    dependencies = [("tickets", "0022_one_answer_to_many")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(order, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField("tag", "name_key", KeyField(max_length=40, unique=True)),
                migrations.AlterField("foreignreference", "number_key", KeyField(max_length=64)),
            ],
        )
    ]
