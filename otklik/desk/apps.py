"""The desk app."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """The agents' shell."""

    name = "otklik.desk"
    label = "desk"
    verbose_name = "Desk"
