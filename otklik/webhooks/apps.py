"""The webhooks app."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Webhooks to other programs."""

    name = "otklik.webhooks"
    label = "webhooks"
    verbose_name = "Webhooks"
