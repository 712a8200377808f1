"""The presence app."""

from django.apps import AppConfig


class PresenceConfig(AppConfig):
    """Who is looking at a ticket and who is writing."""

    name = "otklik.presence"
    label = "presence"
    verbose_name = "Presence"
