"""The words of changes of channels: those of the directory here, those of a kind from its adapter."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from otklik.channels.registry import adapter_class
from otklik.core.change_words import Words, choice, register_change_words

FACTS: Final = {
    "name": Words(pgettext_lazy("thing", "Name")),
    "address": Words(_("Address")),
    "team": Words(_("Team")),
    "language": Words(_("Language"), choice({"ru": "Русский", "en": "English"})),
    "enabled": Words(pgettext_lazy("change", "In use")),
    "secret": Words(_("Password or secret")),
}


def _words(field: str, data: Mapping[str, Any]) -> Words | None:
    """Return the words of a fact of the directory, else those that the adapter of the kind gives its own settings."""
    adapter = adapter_class(str(data.get("of", "")))
    return FACTS.get(field) or (adapter.words.get(field) if adapter is not None else None)


register_change_words("channel.", _words)
