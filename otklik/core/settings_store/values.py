"""Reads and writes the values of declared settings, with a cache that one row's version makes void."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.errors import Invalid, NotFound
from otklik.core.events import DomainEvent, record
from otklik.core.secrets import SecretUnreadable, seal, unseal
from otklik.core.settings_store.declarations import Setting, declared
from otklik.core.settings_store.models import SettingValue, SettingVersion

SUBJECT_SETTING = 8
LOOK_EVERY = 1.0
"""Seconds for which a process trusts its cache before it compares the version, so what others change shows in that."""


@dataclass(frozen=True, kw_only=True)
class SettingChanged(DomainEvent):
    """A business setting got another value; secret values are never named."""

    kind: ClassVar[str] = "setting.changed"
    subject_kind: ClassVar[int] = SUBJECT_SETTING
    key: str
    old: Any = None
    new: Any = None

    def describe(self) -> str:
        """Word the event."""
        setting = declared.get(self.key)
        return _("changed the setting “%(name)s”") % {"name": setting.label if setting else self.key}


class _Cache:
    """The chosen values of this process, as of a version."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.values: dict[str, Any] | None = None
        self.version = 0
        self.looked_at = 0.0
        self.pinned = 0

    def fresh(self) -> dict[str, Any]:
        """Return the values; one cheap look at the version at most every second, all values when it has changed."""
        with self.lock:
            if self.values is not None and (self.pinned or time.monotonic() - self.looked_at < LOOK_EVERY):
                return self.values
        version = SettingVersion.objects.values_list("version", flat=True).first() or 0
        with self.lock:
            if self.values is not None and self.version == version:
                self.looked_at = time.monotonic()
                return self.values
        rows = dict(SettingValue.objects.values_list("key", "value"))
        values = {key: _typed(declared[key], value) for key, value in rows.items() if key in declared}
        with self.lock:
            self.values, self.version, self.looked_at = values, version, time.monotonic()
        return values

    def forget(self) -> None:
        with self.lock:
            self.values = None


_cache = _Cache()


def _typed(setting: Setting, value: Any) -> Any:
    """Read a kept value; one that no longer fits its declaration (or cannot be opened) counts as not chosen."""
    try:
        return setting.clean(unseal(value) if setting.secret else value)
    except (Invalid, SecretUnreadable):
        return setting.default


def granted() -> tuple[tuple[str, Any], ...]:
    """Return the values of all settings that decide what people may, in one order everywhere."""
    values = _cache.fresh()
    return tuple((key, values.get(key, row.default)) for key, row in sorted(declared.items()) if row.grants)


def get(key: str) -> Any:
    """Return the value of a setting in its type. Raises ``KeyError`` for one that nobody declared."""
    setting = declared[key]
    return _cache.fresh().get(key, setting.default)


def all_values() -> dict[str, Any]:
    """Return every declared setting with its present value."""
    chosen = _cache.fresh()
    return {setting.key: chosen.get(setting.key, setting.default) for setting in declared}


def set_value(key: str, value: Any, by: Actor) -> bool:
    """Give a setting a value and record ``setting.changed``; return whether it was another one before.

    Raises ``NotFound`` for an unknown key and ``Invalid`` for a value that does not fit. Who may, the caller decides.
    """
    setting = declared.get(key)
    if setting is None:
        raise NotFound(gettext_lazy("There is no such setting."))
    typed = setting.clean(value)
    with transaction.atomic():
        row = SettingValue.objects.select_for_update().filter(key=key).first()
        old = _typed(setting, row.value) if row else setting.default
        if old == typed:
            return False
        kept: Any = seal(typed) if setting.secret else setting.plain(typed)
        row, _made = SettingValue.objects.update_or_create(key=key, defaults={"value": kept, "changed_at": now()})
        SettingVersion.objects.update_or_create(pk=1, defaults={"version": secrets.randbits(62)})
        shown = (None, None) if setting.secret else (setting.plain(old), setting.plain(typed))
        record(SettingChanged(subject_id=row.pk, key=key, old=shown[0], new=shown[1]), by=by)
        forget()
        transaction.on_commit(_changed)
    return True


def _changed() -> None:
    forget()
    wake("settings")


def forget() -> None:
    """Empty this process's cache: the next ``get`` reads the table."""
    _cache.forget()


@contextmanager
def pinned() -> Iterator[None]:
    """Load the settings and look at nothing while the block runs: counts of statements do not depend on the clock."""
    forget()
    _cache.fresh()
    with _cache.lock:
        _cache.pinned += 1
    try:
        yield
    finally:
        with _cache.lock:
            _cache.pinned -= 1
