"""The notifications app."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """What people are told, and how."""

    name = "otklik.notifications"
    label = "notifications"
    verbose_name = "Notifications"
