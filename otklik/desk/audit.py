"""The change log: who changed which setting, right or channel, when, from what to what."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.accounts.policies import can
from otklik.contacts.events import SUBJECT_CONTACT
from otklik.core import settings_store
from otklik.core.actor import Actor
from otklik.core.change_words import words_of
from otklik.core.events import Event
from otklik.core.events.base import StoredEvent, event_classes
from otklik.core.settings_store.values import SUBJECT_SETTING
from otklik.core.shown import Moments
from otklik.desk.chosen import fields
from otklik.tickets.events import SUBJECT_TICKET

PAGE = 50
_SHORT_LIST = 4  # as many are shown as they were and are
_NOT_OURS = ("channel.failing", "channel.recovered", "user.profile_changed")
AREAS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "settings": (
        gettext_lazy("Settings"),
        (
            "setting.", "status.", "type.", "rule.", "view.", "reply.", "saved_reply.", "skip_reason.", "spam_sender.",
            "files.", "tag.",
        ),
    ),
    "people": (gettext_lazy("People and rights"), ("user.", "team.", "role.", "token.", "permission.", "session.")),
    "channels": (gettext_lazy("Channels"), ("channel.", "mailbox.", "connection.", "webhook.", "form.")),
    "personal": (gettext_lazy("Personal data"), ("contact.exported", "contact.erased", "contacts.imported")),
}  # fmt: skip
"""What the page can be narrowed to: a label, and how the kinds of its events begin."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one thing was and is; either may be empty."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the log, ready to show; ``contact`` is the person it is about, 0 for none."""

    id: int
    at: str
    exact: str
    who: str
    what: str
    contact: int = 0
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
    # a saved reply of one's own is nobody else's business; one that others saw until now is
    own = Q(kind__startswith="saved_reply.", data__sharing="own", data__changes__sharing__isnull=True)
    # neither is by what he wants to be told himself; that somebody else decided it for him is a change like others
    own |= Q(kind="user.notification_rules_changed", actor_kind="user", actor_id=F("subject_id"))
    rows = Event.objects.filter(kind__in=kinds_of(area)).exclude(own)
    if who is not None:
        rows = rows.filter(actor_kind="user", actor_id=who)
    if before is not None:
        rows = rows.filter(id__lt=before)
    # These are few among millions of events of tickets: the sum keeps the database from walking the log backwards for
    # them, so that it takes the index by kind and sorts what little it finds.
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
            contact=event.subject_id if event.subject_kind == SUBJECT_CONTACT else 0,
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
        return _pairs(event.kind, data)
    for old, new in (("old", "new"), ("before", "after")):
        if old in data and new in data:
            return [Change("", *(_plain(data[each]) for each in (old, new)))]
    found = []
    for name, value in data.items():
        other = f"after_{name.removeprefix('before_')}" if name.startswith("before_") else ""
        if other and other in data and data[other] != value:
            found.append(Change("", _plain(value), _plain(data[other])))
    return found or [
        Change(_label(event.kind, name, data), "", _worded(event.kind, name, data[name], data))
        for name in ("role", "base", "rights", "scopes")
        if data.get(name)
    ]


def _pairs(kind: str, data: dict[str, Any]) -> list[Change]:
    """Word what was and is; what an event only names, because its value is a secret, is said to have changed."""
    pairs = {name: pair for name, pair in data["changes"].items() if _is_pair(pair)}
    added, found = bool(data.get("added")) or kind.endswith(".added"), []
    for name, (old, new) in pairs.items():
        label = _label(kind, name, data)
        if _is_long_list(old) or _is_long_list(new):
            found += _difference(kind, name, label, data)
            continue
        was, now_ = (_worded(kind, name, value, data) for value in (old, new))
        if was == now_:
            found.append(_only_named(label))
        else:
            found.append(Change(label, "" if added else was, now_))
    named = data["fields"] if isinstance(data.get("fields"), list) else []
    return found + [_only_named(_label(kind, str(name), data)) for name in named if name not in data["changes"]]


def _only_named(label: str) -> Change:
    return Change(label, "", _("changed, the value is not kept"))


def _is_long_list(value: object) -> bool:
    return isinstance(value, list) and len(value) > _SHORT_LIST


def _difference(kind: str, name: str, label: str, data: dict[str, Any]) -> list[Change]:
    """Word what came to a long list and what left it: nobody compares two dozen rights by eye."""
    old, new = (value if isinstance(value, list) else [] for value in data["changes"][name])
    came, left = ([item for item in one if item not in other] for one, other in ((new, old), (old, new)))
    sides = ((_("%(name)s: added"), came), (_("%(name)s: taken away"), left))
    return [Change(words % {"name": label}, "", _worded(kind, name, items, data)) for words, items in sides if items]


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2


def _label(kind: str, name: str, data: dict[str, Any]) -> str:
    words = words_of(kind, name, data)
    return str(words.label) if words is not None else name


def _worded(kind: str, name: str, value: object, data: dict[str, Any]) -> str:
    words = words_of(kind, name, data)
    if words is None or words.value is None:
        return _plain(value)
    return _plain(words.value(value))


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list | tuple):
        return ", ".join(_plain(item) for item in value) or "—"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) or "—"
    return str(value)[:300] if value is not None and value != "" else "—"
