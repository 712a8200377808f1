"""Whom a message went to is found: what was read before is read anew, slice by slice."""

from django.db import migrations
from django.utils import timezone


def read_anew(apps, schema_editor):
    """Ask for a rebuild of the tickets, from the first one on where one is under way, if they have documents."""
    pending = apps.get_model("search", "Pending").objects
    if apps.get_model("search", "Document").objects.filter(room="tickets").exists():
        pending.filter(room="tickets", topic="all").delete()
        at = timezone.now()
        pending.create(room="tickets", topic="all", at=at, run_at=at)


class Migration(migrations.Migration):
    dependencies = [("search", "0002_parts_of_phones")]

    operations = [migrations.RunPython(read_anew, migrations.RunPython.noop)]
