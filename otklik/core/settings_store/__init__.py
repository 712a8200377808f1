"""Business settings: declared in code by rooms, chosen by people, typed, cached, every change an event."""

from otklik.core.settings_store.declarations import Setting, declare, declared
from otklik.core.settings_store.values import SettingChanged, all_values, forget, get, granted, pinned, set_value

all = all_values  # noqa: A001 - reads as settings_store.all()

__all__ = [
    "Setting",
    "SettingChanged",
    "all",
    "all_values",
    "declare",
    "declared",
    "forget",
    "get",
    "granted",
    "pinned",
    "set_value",
]
