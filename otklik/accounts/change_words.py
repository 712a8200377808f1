"""The words of changes of people, teams and roles."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from otklik.accounts.models import Role
from otklik.accounts.words import RIGHTS
from otklik.core.change_words import Words, choice, each, register_change_words

_ROLE = choice(dict(Role.choices))
_LANGUAGE = choice({"ru": "Русский", "en": "English"})


def _archived(value: Any) -> str:
    return _("yes") if value else _("no")


register_change_words(
    "user.",
    {
        "name": Words(gettext_lazy("Name")),
        "email": Words(gettext_lazy("Address")),
        "role": Words(gettext_lazy("Role"), _ROLE),
        "teams": Words(gettext_lazy("Teams")),
        "language": Words(gettext_lazy("Language"), _LANGUAGE),
        "signature": Words(gettext_lazy("Signature")),
    },
)
register_change_words(
    "team.",
    {
        "name": Words(pgettext_lazy("thing", "Name")),
        "hue": Words(gettext_lazy("Colour")),
        "position": Words(gettext_lazy("Place in the list")),
        "archived_at": Words(gettext_lazy("In the archive"), _archived),
    },
)
register_change_words(
    "role.",
    {
        "name": Words(pgettext_lazy("thing", "Name")),
        "base": Words(gettext_lazy("Sees the tickets of"), _ROLE),
        "rights": Words(gettext_lazy("Rights"), each(RIGHTS)),
        "second_factor": Words(gettext_lazy("Second factor needed")),
    },
)
register_change_words("token.", {"scopes": Words(gettext_lazy("Scopes"))})
