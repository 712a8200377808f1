"""The application of the channels room."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    """Holds the connections; every kind of channel is an application of its own beside this one."""

    name = "otklik.channels"
    label = "channels"
    verbose_name = "Channels"
