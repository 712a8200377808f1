"""The words of changes of reasons to skip a ticket."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from otklik.core.change_words import Words, register_change_words

register_change_words(
    "skip_reason.",
    {
        "name_ru": Words(_("Name in Russian")),
        "name_en": Words(_("Name in English")),
        "enabled": Words(pgettext_lazy("change", "In use")),
    },
)
