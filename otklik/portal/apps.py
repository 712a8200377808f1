"""The portal app."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The customers' pages."""

    name = "otklik.portal"
    label = "portal"
    verbose_name = "Portal"
