"""How the change log calls the settings of a form, and how it reads their values."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from otklik.channels.webform.config import OFF, OPTIONAL, REQUIRED
from otklik.core.change_words import Words, choice

_ASKED: Final = choice(
    {OPTIONAL: _("May be left empty"), REQUIRED: _("Must be filled in"), OFF: _("Not asked")},
)
WORDS: Final[Mapping[str, Words]] = {
    "key": Words(_("End of the address")),
    "title": Words(_("Heading")),
    "intro": Words(_("Above the form")),
    "thanks": Words(_("After sending")),
    "consent": Words(_("Consent that must be given")),
    "email": Words(_("E-mail"), _ASKED),
    "phone": Words(_("Phone"), _ASKED),
    "subject": Words(_("Subject"), _ASKED),
    "files": Words(_("Take files and photos")),
    "confirmation": Words(_("Send the number and the private link by mail")),
}
