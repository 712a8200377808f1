"""The change log: who changed which setting, right or channel, when, from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.accounts.models import Role
from otklik.accounts.policies import can
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.events import Event
from otklik.core.events.base import StoredEvent, event_classes
from otklik.core.settings_store.values import SUBJECT_SETTING
from otklik.core.shown import Moments
from otklik.desk.chosen import fields
from otklik.tickets.events import SUBJECT_TICKET

PAGE = 50
_NOT_OURS = ("channel.failing", "channel.recovered", "user.profile_changed")
AREAS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "settings": (gettext_lazy("Settings"), ("setting.", "status.", "type.", "rule.", "view.", "reply.")),
    "people": (gettext_lazy("People and rights"), ("user.", "team.", "role.", "token.", "permission.", "session.")),
    "channels": (gettext_lazy("Channels"), ("channel.", "mailbox.", "connection.", "webhook.", "form.")),
}
"""What the page can be narrowed to: a label, and how the kinds of its events begin."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one thing was and is; either may be empty."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log, ready to show."""

    id: int
    at: str
    exact: str
    who: str
    what: str
    changes: list[Change] = field(default_factory=list)


def kinds_of(area: str = "") -> list[str]:
    """Return the kinds of events that belong to an area of the log, or to the log at all."""
    starts = AREAS[area][1] if area in AREAS else tuple(start for _label, all_ in AREAS.values() for start in all_)
    return sorted(
        kind
        for kind, cls in event_classes.items()
        if kind.startswith(starts) and kind not in _NOT_OURS and cls.subject_kind != SUBJECT_TICKET
    )


def changes(actor: Actor, *, area: str = "", who: int | None = None, before: int | None = None) -> QuerySet[Event]:
    """Return the events of the log that the actor may see, newest first; ``before`` is the last one seen."""
    if not can(actor, "settings.view"):
        return Event.objects.none()
    kinds = kinds_of(area)
    subjects = sorted({event_classes[kind].subject_kind for kind in kinds})
    rows = Event.objects.filter(subject_kind__in=subjects, kind__in=kinds)
    if who is not None:
        rows = rows.filter(actor_kind="user", actor_id=who)
    if before is not None:
        rows = rows.filter(id__lt=before)
    # These are few among millions of events of tickets: the sum keeps the database from walking the log backwards for
    # them, so that it takes the index by subject and sorts what little it finds.
    return rows.order_by((F("id") + 0).desc())


def present(events: Iterable[StoredEvent], now: datetime) -> list[Line]:
    """Word events for the page."""
    moments = Moments(now)
    return [
        Line(
            id=event.id,
            at=moments.moment(event.at),
            exact=moments.exact(event.at),
            who=_("System") if event.actor.kind == "system" else event.actor.name,
            what=_sentence(event),
            changes=_changes(event),
        )
        for event in events
    ]


def _sentence(event: StoredEvent) -> str:
    text = event.event.describe()
    return text[:1].upper() + text[1:]


def _changes(event: StoredEvent) -> list[Change]:
    data = event.data
    if event.subject_kind == SUBJECT_SETTING and event.kind == "setting.changed":
        setting = settings_store.declared.get(str(data.get("key", "")))
        if setting is None:
            return [Change("", _plain(data.get("old")), _plain(data.get("new")))]
        if setting.secret:
            return []
        return [Change("", fields.worded(setting, data.get("old")), fields.worded(setting, data.get("new")))]
    if isinstance(data.get("changes"), dict):
        pairs = data["changes"].items()
        return [Change(str(name), *map(_plain, pair)) for name, pair in pairs if _is_pair(pair)]
    for old, new in (("old", "new"), ("before", "after")):
        if old in data and new in data:
            return [Change("", *(_worded(data[each]) for each in (old, new)))]
    found = []
    for name, value in data.items():
        other = f"after_{name.removeprefix('before_')}" if name.startswith("before_") else ""
        if other and other in data and data[other] != value:
            old, new = (_worded(each) for each in (value, data[other]))
            found.append(Change("", old, new))
    for name in ("role", "scopes", "fields", "added", "removed"):
        if data.get(name) and not found:
            return [Change(_NAMES.get(name, ""), "", _worded(data[name]))]
    return found


_ROLES = dict(Role.choices)
_NAMES = {"added": "+", "removed": "−"}


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def _worded(value: object) -> str:
    role = _ROLES.get(str(value))
    return str(role) if role is not None else _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value) or "—"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) or "—"
    return str(value)[:300] if value not in {None, ""} else "—"
