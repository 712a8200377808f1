"""Business settings of the whole desk: its name, its language, its time zone."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from otklik.core import locality
from otklik.core.settings_store import Setting, declare


def _in_language(value: Any) -> str:
    return locality.sample_time(language=str(value) or settings.LANGUAGE_CODE)


def _in_zone(value: Any) -> str:
    locality.check_zone(value)
    return locality.sample_time(zone=str(value) or settings.TIME_ZONE)


declare(
    Setting(
        key=locality.NAME,
        type=str,
        default="",
        maximum=80,
        label=_("Name of the company"),
        help=_("Stands on the sign-in page, in the titles of browser tabs, on pages of customers and in invitations."),
        group="company",
    ),
    Setting(
        key=locality.LANGUAGE,
        type=str,
        default="",
        choices=[("", _("As the environment says")), ("ru", "Русский"), ("en", "English")],
        label=_("Language"),
        help=_("For new people, for pages without a sign-in, and for customers whose language is not known."),
        group="company",
        sample=_in_language,
    ),
    Setting(
        key=locality.TIME_ZONE,
        type=str,
        default="",
        maximum=64,
        check=locality.check_zone,
        label=_("Time zone"),
        help=_("For people who have chosen none, and for times that customers read. Empty: as the environment says."),
        group="company",
        suggestions=locality.zones,
        sample=_in_zone,
    ),
)
