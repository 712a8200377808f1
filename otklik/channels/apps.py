"""The application of the channels room."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ChannelsConfig(AppConfig):
    """Holds the connections; every kind of channel is an application of its own beside this one."""

    name = "otklik.channels"
    label = "channels"
    verbose_name = "Channels"

    def ready(self) -> None:
        """Import the adapters of all kinds; importing one registers it."""
        autodiscover_modules("adapter")
