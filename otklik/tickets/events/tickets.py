"""A ticket's own life: opened, given, moved, put off, changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from otklik.tickets.events.base import TicketEvent, named


@dataclass(frozen=True, kw_only=True)
class TicketOpened(TicketEvent):
    """A ticket began."""

    kind: ClassVar[str] = "ticket.opened"
    channel: str
    channel_kind: str = ""
    previous: int | None = None
    split_from: int | None = None
    outgoing: bool = False

    def describe(self) -> str:
        """Word the event."""
        if self.outgoing:
            return _("opened the ticket by writing to the customer")
        if self.split_from:
            return _("opened the ticket from a message of %(number)s") % {"number": self.split_from}
        if self.previous:
            return _("opened the ticket after the closed one %(number)s") % {"number": self.previous}
        return _("opened the ticket by “%(channel)s”") % {"channel": self.channel}


@dataclass(frozen=True, kw_only=True)
class StatusChanged(TicketEvent):
    """The status changed; ``before`` and ``after`` are names as shown then, with keys for figures.

    ``category`` is the one of the status it has now; ``before_category`` is empty in events of older versions.
    """

    kind: ClassVar[str] = "ticket.status_changed"
    before_key: str
    after_key: str
    category: str
    before_category: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    automatic: bool = False

    def describe(self) -> str:
        """Word the event."""
        return _("changed the status: %(before)s → %(after)s") % {
            "before": named(self.before),
            "after": named(self.after),
        }


@dataclass(frozen=True, kw_only=True)
class TicketReopened(TicketEvent):
    """An answer of the customer brought a solved ticket back."""

    kind: ClassVar[str] = "ticket.reopened"

    def describe(self) -> str:
        """Word the event."""
        return _("reopened the ticket by answering")


@dataclass(frozen=True, kw_only=True)
class TicketAssigned(TicketEvent):
    """Assignee or team changed; names as shown then."""

    kind: ClassVar[str] = "ticket.assigned"
    before_user: str | None = None
    after_user: str | None = None
    after_user_id: int | None = None
    before_team: str | None = None
    after_team: str | None = None

    def describe(self) -> str:
        """Word the event."""
        parts = []
        if self.before_user != self.after_user:
            parts.append(
                _("assigned %(name)s") % {"name": self.after_user} if self.after_user else _("removed the assignee")
            )
        if self.before_team != self.after_team:
            parts.append(
                _("moved to the team “%(name)s”") % {"name": self.after_team}
                if self.after_team
                else _("took out of the team “%(name)s”") % {"name": self.before_team}
            )
        return ", ".join(parts) or _("kept the assignment")


@dataclass(frozen=True, kw_only=True)
class TicketSnoozed(TicketEvent):
    """The ticket was put off until a moment (ISO 8601)."""

    kind: ClassVar[str] = "ticket.snoozed"
    until: str

    def describe(self) -> str:
        """Word the event."""
        moment = localtime(datetime.fromisoformat(self.until))
        return _("snoozed until %(moment)s") % {"moment": date_format(moment, "j E Y, H:i")}


@dataclass(frozen=True, kw_only=True)
class TicketWoken(TicketEvent):
    """A snooze ended: its time came, the customer wrote, or a colleague took it back."""

    kind: ClassVar[str] = "ticket.woken"
    why: str  # time | reply | hand

    def describe(self) -> str:
        """Word the event."""
        return {
            "time": _("returned the ticket to the queue: the time has come"),
            "reply": _("returned the ticket to the queue: there is an answer"),
        }.get(self.why, _("ended the snooze"))


@dataclass(frozen=True, kw_only=True)
class TicketTagged(TicketEvent):
    """Tags were added or removed."""

    kind: ClassVar[str] = "ticket.tagged"
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Word the event."""
        parts = []
        if self.added:
            parts.append(_("added tags: %(tags)s") % {"tags": ", ".join(self.added)})
        if self.removed:
            parts.append(_("removed tags: %(tags)s") % {"tags": ", ".join(self.removed)})
        return "; ".join(parts)


@dataclass(frozen=True, kw_only=True)
class TicketEdited(TicketEvent):
    """Properties changed: ``changes`` maps a field to its old and new value as shown then."""

    kind: ClassVar[str] = "ticket.edited"
    changes: dict[str, list[Any]]

    def describe(self) -> str:
        """Word the event."""
        labels = {
            "subject": pgettext("ticket field", "subject"),
            "priority": pgettext("ticket field", "priority"),
            "type": pgettext("ticket field", "type"),
            "requester": pgettext("ticket field", "requester"),
            "organization": pgettext("ticket field", "organisation"),
        }
        shown = [
            f"{labels.get(name, name)}: {self._shown(name, old)} → {self._shown(name, new)}"
            for name, (old, new) in self.changes.items()
        ]
        return _("changed %(fields)s") % {"fields": "; ".join(shown)}

    @staticmethod
    def _shown(name: str, value: Any) -> str:
        if isinstance(value, dict):
            return named(value)
        if name == "priority" and isinstance(value, int):
            from otklik.tickets.models import Priority

            return str(Priority(value).label)
        return str(value) if value not in {None, ""} else "—"

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names of persons among the old and new values."""
        changes = {
            name: ["", ""] if name in {"requester", "subject"} else values
            for name, values in data.get("changes", {}).items()
        }
        return {**data, "changes": changes}
