"""The words of changes of saved replies; those of channels stand with the channels."""

from django.utils.translation import gettext_lazy as _

from otklik.core.change_words import Words, choice, register_change_words
from otklik.tickets.models import Sharing

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
