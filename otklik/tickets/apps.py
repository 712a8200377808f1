"""The tickets app."""

from django.apps import AppConfig


class TicketsConfig(AppConfig):
    """Tickets, messages, statuses, tags, participants, references."""

    name = "otklik.tickets"
    label = "tickets"
    verbose_name = "Tickets"

    def ready(self) -> None:
        """Tell the store of files what tickets refer to."""
        from otklik.tickets import storage  # noqa: F401 - registration on start
