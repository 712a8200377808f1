"""Declarations of business settings: a room says in ``app_settings.py`` what there is; nothing else exists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Any

from django.utils.translation import gettext_lazy as _

from otklik.core.errors import Invalid
from otklik.core.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting. ``type`` is one of bool, int, float, str, list (of str), timedelta.

    ``choices`` are pairs of value and label; ``minimum`` and ``maximum`` bound numbers (seconds for a timedelta) and
    the length of texts; ``check`` may raise ``Invalid`` for what only the room can judge. A ``secret`` is sealed in
    the database and never shown, logged or put into an event. ``suggestions`` are offered where a text is typed;
    ``sample`` says what a value looks like in use, and raises ``Invalid`` for one that cannot be used. ``preview``
    names the address of a part of a page that says what a value would do (given as ``value.<key>``). One that
    ``grants`` decides what people may: when it changes, what is open is looked at anew.
    """

    key: str
    type: type
    default: Any
    label: Any
    help: Any = ""
    group: str = ""
    choices: Sequence[tuple[Any, Any]] = ()
    minimum: float | None = None
    maximum: float | None = None
    secret: bool = False
    check: Callable[[Any], None] | None = None
    suggestions: Callable[[], Sequence[str]] | None = None
    sample: Callable[[Any], str] | None = None
    preview: str = ""
    grants: bool = False

    def clean(self, value: Any) -> Any:
        """Return the value in its type; raises ``Invalid`` naming the key."""
        typed = _typed(self, value)
        if self.choices and typed not in [choice for choice, _label in self.choices]:
            raise Invalid(_("Choose one of the values offered."), field=self.key)
        measure = _measure(typed)
        if measure is not None:
            if self.minimum is not None and measure < self.minimum:
                raise Invalid(_("The value is too small."), field=self.key)
            if self.maximum is not None and measure > self.maximum:
                raise Invalid(_("The value is too large."), field=self.key)
        if self.check is not None:
            self.check(typed)
        return typed

    def plain(self, value: Any) -> Any:
        """Return a typed value as JSON."""
        return value.total_seconds() if isinstance(value, timedelta) else value


def _measure(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, int | float):
        return value
    return len(value)


def _typed(setting: Setting, value: Any) -> Any:
    """Read a value from a form, from JSON or from code; nothing is guessed."""
    kind = setting.type
    bad = Invalid(_("This value cannot be used."), field=setting.key)
    if kind is bool:
        named = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False, "": False}
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.strip().lower() in named:
            return named[value.strip().lower()]
        raise bad
    if kind is list:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise bad
        return [item.strip() for item in value if item.strip()]
    if kind is str:
        if not isinstance(value, str) or "\x00" in value:
            raise bad
        return value
    return _number(kind, value, bad)


def _number(kind: type, value: Any, bad: Invalid) -> Any:
    if isinstance(value, bool):
        raise bad
    if kind is timedelta and isinstance(value, timedelta):
        return value
    try:
        if kind is int:
            return int(value) if not isinstance(value, float) or value.is_integer() else _refuse(bad)
        number = float(value)
        if not isfinite(number):
            raise bad
        return timedelta(seconds=number) if kind is timedelta else number
    except (TypeError, ValueError, OverflowError):
        raise bad from None


def _refuse(bad: Invalid) -> Any:
    raise bad


declared: Registry[Setting] = Registry("settings")


def declare(*settings: Setting) -> None:
    """Add settings to the house. The default must pass the setting's own checks."""
    for setting in settings:
        if setting.type not in {bool, int, float, str, list, timedelta}:
            raise TypeError(f"The setting “{setting.key}” has a type that is not supported.")
        declared.register(setting.key, setting)
