"""The tickets app."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Tickets, messages, statuses, tags, participants, references."""

    name = "otklik.tickets"
    label = "tickets"
    verbose_name = "Tickets"

    def ready(self) -> None:
        """Tell the store of files what tickets refer to, and the room of people whose tickets one sees."""
        from otklik.tickets import sight, storage  # noqa: F401 - registration on start
