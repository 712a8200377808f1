"""Where the desk is: its name, and the language and the time zone of whoever has chosen none.

They are for new people, for pages without a sign-in and for what customers read. Until somebody chooses them, language
and zone are those of the environment.
"""

from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from otklik.core import settings_store, shown
from otklik.core.clock import now
from otklik.core.errors import Invalid

NAME: Final = "company_name"
LANGUAGE: Final = "desk_language"
TIME_ZONE: Final = "desk_time_zone"
LANGUAGES: Final = ("ru", "en")
_NEAR: Final = (
    "Europe/Kaliningrad", "Europe/Moscow", "Europe/Samara", "Asia/Yekaterinburg", "Asia/Omsk", "Asia/Novosibirsk",
    "Asia/Krasnoyarsk", "Asia/Irkutsk", "Asia/Yakutsk", "Asia/Vladivostok", "Asia/Magadan", "Asia/Kamchatka",
)  # fmt: skip


def desk_name() -> str:
    """Return the name of the desk or its company; that of the program while it has none."""
    return str(settings_store.get(NAME)).strip() or "Otklik"


def desk_language() -> str:
    """Return the language of the desk: ``ru`` or ``en``."""
    return str(settings_store.get(LANGUAGE)) or settings.LANGUAGE_CODE


def language_or_ours(language: str) -> str:
    """Return a language that the desk speaks: the given one, else its own."""
    return language if language in LANGUAGES else desk_language()


def desk_zone() -> ZoneInfo:
    """Return the time zone of the desk."""
    return ZoneInfo(str(settings_store.get(TIME_ZONE)) or settings.TIME_ZONE)


def zone_or_ours(name: str) -> ZoneInfo:
    """Return the time zone of this name, the desk's for an empty one."""
    return ZoneInfo(name) if name else desk_zone()


@cache
def zones() -> list[str]:
    """Return the names of all time zones, those of the desk's countries first."""
    return [
        *_NEAR,
        *sorted(
            name for name in available_timezones() if "/" in name and name not in _NEAR and not name.startswith("Etc/")
        ),
    ]


def check_zone(value: Any) -> None:
    """Raise ``Invalid`` for a time zone there is not; an empty one is that of the environment."""
    if value and value not in available_timezones():
        raise Invalid(_("There is no such time zone."), field=TIME_ZONE)


def sample_time(*, language: str = "", zone: str = "") -> str:
    """Return this moment as it would read with a language and a time zone; with the present ones where not given."""
    with override(language_or_ours(language)), timezone.override(zone_or_ours(zone)):
        return shown.exact(now())
