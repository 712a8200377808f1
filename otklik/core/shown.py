"""Ready words for pages: times, sizes, initials and colours, in the active language and time zone.

Lists show fifty of each, so these are plain tables and arithmetic, not the slower general formatting.
"""

from datetime import date, datetime, timedelta, tzinfo

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

NBSP = "\u00a0"
_MONTHS_RU = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
_SHORT_RU = ("янв.", "февр.", "марта", "апр.", "мая", "июня", "июля", "авг.", "сент.", "окт.", "нояб.", "дек.")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SHORT_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS_RU = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
_DAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_UNITS = (("КБ", "KB"), ("МБ", "MB"), ("ГБ", "GB"))
HUES = 6


def speaks_russian() -> bool:
    """Tell whether the active language is Russian."""
    return (get_language() or "ru").startswith("ru")


def local(at: datetime) -> datetime:
    """Return the moment in the active time zone."""
    return at.astimezone(timezone.get_current_timezone())


class Dates:
    """Words for times as seen on one day by one reader, the same all day: language and zone are looked up once."""

    def __init__(self, today: date, zone: tzinfo) -> None:
        self.russian = speaks_russian()
        self.zone = zone
        self.today = today

    def exact(self, at: datetime) -> str:
        """Return the full date and time: «5 ноября 2026, 14:05», “5 November 2026, 14:05”."""
        when = at.astimezone(self.zone)
        month = (_MONTHS_RU if self.russian else _MONTHS_EN)[when.month - 1]
        return f"{when.day}{NBSP}{month} {when.year}, {when.hour}:{when.minute:02}"

    def day(self, at: datetime) -> str:
        """Return a short date, with the year only when it is another one: «5 нояб.», “5 Nov 2025”."""
        when = at.astimezone(self.zone)
        month = (_SHORT_RU if self.russian else _SHORT_EN)[when.month - 1]
        year = f" {when.year}" if when.year != self.today.year else ""
        return f"{when.day}{NBSP}{month}{year}"

    def weekday(self, at: datetime) -> str:
        """Return weekday, date and time of something to come: «ср, 25 нояб., 18:00»."""
        when = at.astimezone(self.zone)
        name = (_DAYS_RU if self.russian else _DAYS_EN)[when.weekday()]
        return f"{name}, {self.day(at)}, {when.hour}:{when.minute:02}"

    def moment(self, at: datetime) -> str:
        """Return day and time of a message: «14:05» today, «вт, 14:05» within a week, «5 нояб., 14:05» before."""
        when = at.astimezone(self.zone)
        clock = f"{when.hour}:{when.minute:02}"
        days = (self.today - when.date()).days
        if days == 0:
            return clock
        if -7 < days < 7:
            return f"{(_DAYS_RU if self.russian else _DAYS_EN)[when.weekday()]}, {clock}"
        return f"{self.day(at)}, {clock}"


class Moments(Dates):
    """Words for times as seen at one moment by one reader: also how long ago something was."""

    def __init__(self, now: datetime) -> None:
        zone = timezone.get_current_timezone()
        super().__init__(now.astimezone(zone).date(), zone)
        self.now = now
        self.yesterday = self.today - timedelta(days=1)

    def age(self, at: datetime) -> str:
        """Return how long ago, short enough for a column: «сейчас», «12 мин», «3 ч», «вчера», «5 нояб.»."""
        minutes = int((self.now - at).total_seconds() // 60)
        if minutes < 1:
            return "сейчас" if self.russian else "now"
        if minutes < 60:
            return f"{minutes}{NBSP}{'мин' if self.russian else 'min'}"
        when = at.astimezone(self.zone).date()
        if minutes < 12 * 60 or when == self.today:
            return f"{minutes // 60}{NBSP}{'ч' if self.russian else 'h'}"
        if when == self.yesterday:
            return "вчера" if self.russian else "yesterday"
        return self.day(at)


def exact(at: datetime) -> str:
    """Return the full date and time; see ``Moments.exact``."""
    return Moments(at).exact(at)


def day(at: datetime, now: datetime) -> str:
    """Return a short date; see ``Moments.day``."""
    return Moments(now).day(at)


def age(at: datetime, now: datetime) -> str:
    """Return how long ago, short; see ``Moments.age``."""
    return Moments(now).age(at)


def moment(at: datetime, now: datetime) -> str:
    """Return day and time of a message; see ``Moments.moment``."""
    return Moments(now).moment(at)


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago, for a sentence: «3 ч назад», «только что», «вчера», «5 нояб.»."""
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    words = age(at, now)
    return _("%(time)s ago") % {"time": words} if words[:1].isdigit() and minutes < 24 * 60 else words


def file_size(size: int) -> str:
    """Return a size with its unit: «48 КБ», «3,4 МБ»."""
    russian = speaks_russian()
    if size < 1024:
        return f"{size}{NBSP}{'Б' if russian else 'B'}"
    value = size / 1024
    step = 0
    while value >= 1000 and step < len(_UNITS) - 1:
        value, step = value / 1024, step + 1
    unit = _UNITS[step][0 if russian else 1]
    text = f"{value:.1f}".removesuffix(".0") if value < 10 else f"{value:.0f}"
    return f"{text.replace('.', ',') if russian else text}{NBSP}{unit}"


def initials(name: str) -> str:
    """Return up to two letters for an avatar."""
    return "".join(part[0] for part in name.split()[:2] if part[0].isalnum()).upper() or "?"


def hue_class(number: int | None) -> str:
    """Return the class of an avatar's colour for a person's or team's number."""
    return f"avatar--{(number or 0) % HUES + 1}"
