"""The core app: loads what rooms register, once all models are there."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

DISCOVERED = (
    "events",
    "app_settings",
    "subscribers",
    "moments",
    "panels",
    "blocks",
    "menu",
    "tasks",
    "services",
    "health",
    "markup",
    "dossier",
    "change_words",
)
"""Modules of a room that are imported at start when they exist; importing one fills the registries."""


class CoreConfig(AppConfig):
    """What every room stands on."""

    name = "otklik.core"
    label = "core"
    verbose_name = "Core"

    def ready(self) -> None:
        """Import the registering modules of every room, and our own."""
        from otklik.core import checks, findings, housekeeping, services  # noqa: F401 - they need the models

        autodiscover_modules(*DISCOVERED)
