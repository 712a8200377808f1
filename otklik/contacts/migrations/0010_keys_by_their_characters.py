"""Names and addresses to compare by are ordered by their characters on PostgreSQL too, whatever its language."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from otklik.core.db.fields import KeyField, order_by_characters


def order(_apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Change the order of the columns that are there."""
    order_by_characters(
        schema_editor,
        ("contacts_contact", "name_key", 200),
        ("contacts_contact", "phone", 32),
        ("contacts_organization", "name_key", 200),
        ("contacts_contactaddress", "address", 320),
    )


class Migration(migrations.Migration):
    """Columns as they are, compared in another order."""

    dependencies = [("contacts", "0009_imports_that_stop")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(order, migrations.RunPython.noop)],
            state_operations=[
                migrations.AlterField("contact", "name_key", KeyField(max_length=200)),
                migrations.AlterField("contact", "phone", KeyField(max_length=32, blank=True)),
                migrations.AlterField("organization", "name_key", KeyField(max_length=200)),
                migrations.AlterField("contactaddress", "address", KeyField(max_length=320, unique=True)),
            ],
        )
    ]
