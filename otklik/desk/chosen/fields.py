"""How a setting is shown as a field and read back from a form: text, number with its unit, switch, choice or lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from otklik.core.errors import Invalid
from otklik.core.settings_store import Setting

_LONG = 200
UNITS = (
    ("days", 86400, gettext_lazy("days")), ("hours", 3600, gettext_lazy("hours")),
    ("minutes", 60, gettext_lazy("minutes")), ("seconds", 1, gettext_lazy("seconds")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """One setting, ready to show."""

    key: str
    label: str
    help: str
    widget: str  # switch, choice, lines, long, span, number, text, secret
    value: str
    unit: str = ""
    units: list[tuple[str, str, bool]] = field(default_factory=list)
    choices: list[tuple[str, str, bool]] = field(default_factory=list)
    default: str = ""
    is_default: bool = True
    on: bool = False
    kept: bool = False
    error: str = ""
    decimals: bool = False
    suggestions: Sequence[str] = ()
    sample: str = ""
    preview: str = ""


def present(setting: Setting, value: Any, *, sent: str | None = None, unit: str = "", error: str = "") -> Field:
    """Make the field of a setting; ``sent`` is what was typed when it could not be used."""
    widget = widget_of(setting)
    shown, unit_now = _shown(setting, value)
    if sent is not None:
        shown, unit_now = sent, unit or unit_now
    return Field(
        key=setting.key,
        label=str(setting.label),
        help=str(setting.help),
        widget=widget,
        value=shown if widget != "secret" else "",
        unit=unit_now,
        units=[(key, str(label), key == unit_now) for key, _seconds, label in UNITS] if widget == "span" else [],
        choices=[(str(key), str(label), str(key) == shown) for key, label in setting.choices],
        default="" if setting.secret else worded(setting, setting.default),
        is_default=value == setting.default,
        on=bool(value) if sent is None else sent == "on",
        kept=setting.secret and bool(value),
        error=error,
        decimals=setting.type is float,
        suggestions=setting.suggestions() if setting.suggestions is not None else (),
        sample=sample_of(setting, value if sent is None else sent),
        preview=setting.preview,
    )


def sample_of(setting: Setting, value: Any) -> str:
    """Return what a value looks like in use; nothing where there is no sample or the value cannot be used."""
    if setting.sample is None:
        return ""
    try:
        return setting.sample(setting.clean(value))
    except Invalid:
        return ""


def widget_of(setting: Setting) -> str:
    """Name the kind of field that a setting gets."""
    if setting.secret:
        return "secret"
    if setting.choices:
        return "choice"
    simple = {bool: "switch", list: "lines", timedelta: "span", int: "number", float: "number"}
    if setting.type is str:
        return "long" if (setting.maximum or 0) > _LONG else "text"
    return simple[setting.type]


def _shown(setting: Setting, value: Any) -> tuple[str, str]:
    if setting.type is timedelta:
        seconds = int(value.total_seconds())
        unit, size = next((key, size) for key, size, _label in UNITS if seconds % size == 0)
        return str(seconds // size), unit
    if setting.type is list:
        return "\n".join(value), ""
    if setting.type is bool:
        return "on" if value else "", ""
    return str(value), ""


def read(setting: Setting, sent: str, unit: str) -> Any:
    """Return what a form sent, ready for the setting's own checks. Raises ``Invalid`` naming the setting."""
    if setting.type is bool and not setting.choices:
        return sent == "on"
    if setting.type is list:
        return [line.strip() for line in sent.splitlines() if line.strip()]
    if setting.type is timedelta:
        sizes = {key: size for key, size, _label in UNITS}
        try:
            return float(sent.replace(",", ".")) * sizes[unit]
        except (ValueError, KeyError):
            raise Invalid(gettext_lazy("This value cannot be used."), field=setting.key) from None
    if setting.type is float:
        return sent.strip().replace(",", ".")
    return sent.replace("\r\n", "\n").strip()


def worded(setting: Setting, value: Any) -> str:
    """Say a value in words: yes and no, labels of choices, times with their unit."""
    if setting.secret:
        return "•••"
    for choice, label in setting.choices:
        if choice == value:
            return str(label)
    if setting.type is bool:
        return _("yes") if value else _("no")
    if setting.type is timedelta:
        span = value if isinstance(value, timedelta) else timedelta(seconds=float(value))
        number, unit = _shown(setting, span)
        return _span(int(number), unit)
    if setting.type is list and isinstance(value, list):
        return ", ".join(map(str, value)) or "—"
    return str(value) or "—"


def _span(number: int, unit: str) -> str:
    texts = {
        "days": ngettext("%(number)s day", "%(number)s days", number),
        "hours": ngettext("%(number)s hour", "%(number)s hours", number),
        "minutes": ngettext("%(number)s minute", "%(number)s minutes", number),
        "seconds": ngettext("%(number)s second", "%(number)s seconds", number),
    }
    return texts[unit] % {"number": number}
