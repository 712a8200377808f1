"""The words of changes of saved replies, statuses and types; those of channels stand with the channels."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from otklik.core.change_words import Words, choice, register_change_words
from otklik.tickets.models import Category, Sharing

_ENTRY = {
    "name_ru": Words(_("Name in Russian")),
    "name_en": Words(_("Name in English")),
    "in_use": Words(pgettext_lazy("change", "In use")),
    "position": Words(_("Place in the list"), lambda place: "" if place is None else str(place + 1)),
    "category": Words(_("Category"), choice(dict(Category.choices))),
}

register_change_words(
    "saved_reply.",
    {
        "title": Words(_("Title")),
        "folder": Words(_("Folder")),
        "body_html": Words(_("Text")),
        "sharing": Words(_("Who sees it"), choice(dict(Sharing.choices))),
        "team": Words(_("Team")),
    },
)
register_change_words("status.", _ENTRY)
register_change_words("type.", _ENTRY)
