"""The queues app."""

from django.apps import AppConfig


class QueuesConfig(AppConfig):
    """Guided work through a folder."""

    name = "otklik.queues"
    label = "queues"
    verbose_name = "Queues"
