"""How a channel of the directory is connected to the server behind it, and how that connection feels."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from otklik.tickets.models import Channel


class Health(models.TextChoices):
    """What is known of the other side."""

    UNCHECKED = "unchecked", _("Not checked yet")
    OK = "ok", _("Working")
    FAILING = "failing", _("Failing")
    OFF = "off", _("Switched off")


class Connection(models.Model):
    """Configuration, sealed secrets and health of one channel.

    ``config`` holds what may be shown, ``secret`` the sealed rest; each kind reads and writes the two in one module of
    its own. ``last_error`` is a code of ours (worded at display), ``last_detail`` the other side's words, cut and
    cleaned. ``version`` rises with every change, so that running services notice it.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="connection")
    config = models.JSONField(default=dict)
    secret = models.TextField(default="", blank=True)
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=Health.choices, default=Health.UNCHECKED)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=60, default="", blank=True)
    last_detail = models.CharField(max_length=300, default="", blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"connection of channel {self.channel_id}"
