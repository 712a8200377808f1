"""Fills the directory of reasons that every workspace begins with."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

REASONS = (
    ("Нужен другой специалист", "Needs another specialist"),
    ("Не хватает сведений", "Information is missing"),
    ("Жду ответа коллеги", "Waiting for a colleague"),
    ("Другой язык", "Another language"),
    ("Другое", "Something else"),
)


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add the reasons to an empty directory."""
    model = apps.get_model("queues", "SkipReason")
    if not model.objects.exists():
        for position, (name_ru, name_en) in enumerate(REASONS):
            model.objects.create(name_ru=name_ru, name_en=name_en, position=position)


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("queues", "0001_guided_work")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
