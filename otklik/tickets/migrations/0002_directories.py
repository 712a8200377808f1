"""Fills the directories every workspace begins with: statuses, request types, and channels entered by hand."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.utils import timezone

STATUSES = (
    ("new", "new", "Новая", "New"),
    ("open", "open", "В работе", "Open"),
    ("pending", "pending", "Ждём клиента", "Waiting for the customer"),
    ("on_hold", "on_hold", "Ждём других", "On hold"),
    ("solved", "solved", "Решена", "Solved"),
    ("closed", "closed", "Закрыта", "Closed"),
)
TYPES = (
    ("incident", "Авария", "Incident"),
    ("repair", "Ремонт", "Repair"),
    ("maintenance", "Обслуживание", "Maintenance"),
    ("question", "Вопрос", "Question"),
    ("documents", "Документы", "Documents"),
)
CHANNELS = (("call", "Звонок"), ("visit", "Визит"), ("api", "API"))


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Add what is missing; rows that are there stay as they are."""
    status = apps.get_model("tickets", "Status")
    for position, (key, category, name_ru, name_en) in enumerate(STATUSES):
        defaults = {"category": category, "name_ru": name_ru, "name_en": name_en, "position": position}
        status.objects.get_or_create(key=key, defaults=defaults)
    kind = apps.get_model("tickets", "TicketType")
    for position, (key, name_ru, name_en) in enumerate(TYPES):
        kind.objects.get_or_create(key=key, defaults={"name_ru": name_ru, "name_en": name_en, "position": position})
    channel = apps.get_model("tickets", "Channel")
    for key, name in CHANNELS:
        if not channel.objects.filter(kind=key).exists():
            channel.objects.create(kind=key, name=name, created_at=timezone.now())


def begin_numbers(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Let ticket numbers begin at 1001: short, and never mistaken for a count of days or rooms."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'tickets_ticket'")
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('tickets_ticket', 1000)")
        else:
            cursor.execute("SELECT setval(pg_get_serial_sequence('tickets_ticket', 'id'), 1000, true)")


class Migration(migrations.Migration):
    """Data only."""

    dependencies = [("tickets", "0001_tickets")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(begin_numbers, migrations.RunPython.noop),
    ]
