"""What the REST API answers about settings and the change log."""

from datetime import datetime, timedelta
from typing import Any

from otklik.accounts.shapes import Shape

SettingValue = bool | int | float | str | list[str] | None
"""A value as JSON has it: times in seconds, lists of texts; null for a secret, which is never told."""


class SettingChoiceOut(Shape):
    """One of the values offered."""

    value: str
    label: str


class SettingOut(Shape):
    """A setting of the business: what it is, what it may be, and what it is now."""

    key: str
    group: str
    kind: str
    label: str
    help: str
    value: SettingValue
    default: SettingValue
    is_default: bool
    is_secret: bool
    is_set: bool
    choices: list[SettingChoiceOut]
    minimum: float | None
    maximum: float | None


class ChangedOut(Shape):
    """What a setting, a right or a channel was and is, in words."""

    name: str
    old: str
    new: str


class ChangerOut(Shape):
    """Who changed something; ``id`` is null for the system."""

    kind: str
    id: int | None
    name: str


class ChangeOut(Shape):
    """One line of the change log, worded in the language of the token's owner."""

    id: int
    at: datetime
    event: str
    by: ChangerOut
    text: str
    changes: list[ChangedOut]


def plain(value: Any) -> Any:
    """Return the typed value of a setting as JSON has it."""
    return value.total_seconds() if isinstance(value, timedelta) else value
