from django.db import migrations

_SLICE = 1000


def move(apps, schema_editor):
    """Move what is left to be taken over, and what was refused; a file that nobody has begun is chosen again."""
    imports, lines = apps.get_model("contacts", "ContactImport"), apps.get_model("contacts", "ImportLine")
    imports.objects.filter(state="draft").delete()
    for row in imports.objects.order_by("pk").iterator(chunk_size=1):
        left = [
            lines(owner=row, place=place, cells=cells)
            for place, cells in enumerate(row.lines[row.done :], start=row.done)
        ]
        left += [
            lines(owner=row, place=entry["line"] - 2, outcome="refused", reason=str(entry["reason"])[:300])
            for entry in row.refusals
        ]
        lines.objects.bulk_create(left, batch_size=_SLICE)
        row.looked, row.refused = row.total, len(row.refusals)
        row.save(update_fields=["looked", "refused"])


class Migration(migrations.Migration):
    """Moves the lines of imported files into their table."""

    dependencies = [
        ("contacts", "0005_lines_of_imports"),
    ]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
