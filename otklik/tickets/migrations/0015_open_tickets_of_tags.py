"""What stands on closed tickets is not counted among the open ones of its tag."""

from django.db import migrations


def fill(apps, schema_editor):
    """Mark the tags of closed tickets, some thousands at a time."""
    tickets = apps.get_model("tickets", "Ticket").objects
    rows = apps.get_model("tickets", "TicketTag").objects
    after = 0
    while part := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", "ticket_id")[:5000]):
        closed = set(
            tickets.filter(pk__in={ticket for _pk, ticket in part}, is_open=False).values_list("pk", flat=True)
        )
        rows.filter(pk__in=[pk for pk, ticket in part if ticket in closed]).update(is_open=False)
        after = part[-1][0]


class Migration(migrations.Migration):
    dependencies = [("tickets", "0014_tags_as_folders")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
