"""The words of changes of webhooks."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from otklik.core.change_words import Words, each, register_change_words
from otklik.webhooks.catalog import CHOICES

register_change_words(
    "webhook.",
    {
        "name": Words(pgettext_lazy("thing", "Name")),
        "url": Words(_("Server it calls")),
        "events": Words(_("Events"), each({choice.name: choice.label for choice in CHOICES})),
        "with_bodies": Words(_("Texts go along")),
        "enabled": Words(pgettext_lazy("change", "In use")),
        "secret": Words(_("Secret")),
    },
)
