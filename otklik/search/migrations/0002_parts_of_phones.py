"""Phone numbers are found by their beginnings and ends: what was read before is read anew, slice by slice."""

from django.db import migrations
from django.utils import timezone


def read_anew(apps, schema_editor):
    """Ask for a rebuild of each room that has documents."""
    documents = apps.get_model("search", "Document").objects
    pending = apps.get_model("search", "Pending").objects
    for room in documents.order_by().values_list("room", flat=True).distinct():
        if not pending.filter(room=room, topic="all").exists():
            at = timezone.now()
            pending.create(room=room, topic="all", at=at, run_at=at)


class Migration(migrations.Migration):
    dependencies = [("search", "0001_documents")]

    operations = [migrations.RunPython(read_anew, migrations.RunPython.noop)]
