"""What happens to tickets: one class per fact, each able to word itself for the history on the card."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_TICKET = 1
SUBJECT_SAVED = 22
SUBJECT_CHANNEL = 5  # as the mail room numbers it


def _named(names: dict[str, str] | None) -> str:
    """Pick the reader's language from ``{"ru": …, "en": …}`` as it was shown when it happened."""
    if not names:
        return "—"
    language = "ru" if (get_language() or "ru").startswith("ru") else "en"
    return names.get(language) or next(iter(names.values()), "")


@dataclass(frozen=True, kw_only=True)
class TicketEvent(DomainEvent):
    """Something about one ticket; ``team_id`` is the team it is in afterwards, for filtering of live updates."""

    subject_kind: ClassVar[int] = SUBJECT_TICKET
    team_id: int | None = None


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
class MessageReceived(TicketEvent):
    """The customer's words arrived."""

    kind: ClassVar[str] = "message.received"
    message_id: int
    automatic: bool = False

    def describe(self) -> str:
        """Word the event."""
        return _("sent an automatic answer") if self.automatic else _("wrote")


@dataclass(frozen=True, kw_only=True)
class MessageSent(TicketEvent):
    """An answer to the customer was written; its deliveries leave by themselves."""

    kind: ClassVar[str] = "message.sent"
    message_id: int
    not_before: str | None = None  # ISO 8601: until then it can be taken back

    def describe(self) -> str:
        """Word the event."""
        return _("answered")


@dataclass(frozen=True, kw_only=True)
class MessageUnsent(TicketEvent):
    """An answer was taken back before it left; the message is gone."""

    kind: ClassVar[str] = "message.unsent"
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("took the reply back before it left")


@dataclass(frozen=True, kw_only=True)
class ReplyScheduled(TicketEvent):
    """An answer waits for its time (ISO 8601)."""

    kind: ClassVar[str] = "reply.scheduled"
    send_at: str

    def describe(self) -> str:
        """Word the event."""
        moment = localtime(datetime.fromisoformat(self.send_at))
        return _("will answer at %(moment)s") % {"moment": date_format(moment, "j E Y, H:i")}


@dataclass(frozen=True, kw_only=True)
class ReplyUnscheduled(TicketEvent):
    """An answer that waited was called off."""

    kind: ClassVar[str] = "reply.unscheduled"

    def describe(self) -> str:
        """Word the event."""
        return _("called off the reply that was waiting")


@dataclass(frozen=True, kw_only=True)
class ReplyOvertaken(TicketEvent):
    """The customer wrote while an answer of ours waits for its time."""

    kind: ClassVar[str] = "reply.overtaken"
    send_at: str

    def describe(self) -> str:
        """Word the event."""
        return _("wrote while a reply of ours is waiting: please look at it again")


@dataclass(frozen=True, kw_only=True)
class ReplyNotSent(TicketEvent):
    """The time of an answer came but it cannot be sent any more; its text is its author's draft (``user_id``)."""

    kind: ClassVar[str] = "reply.not_sent"
    user_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("could not send the reply that was waiting; the text is kept as a draft")



@dataclass(frozen=True, kw_only=True)
class NoteAdded(TicketEvent):
    """A note for colleagues was written."""

    kind: ClassVar[str] = "note.added"
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("added a note")


@dataclass(frozen=True, kw_only=True)
class NoteEdited(NoteAdded):
    """A note was changed by its author."""

    kind: ClassVar[str] = "note.edited"

    def describe(self) -> str:
        """Word the event."""
        return _("changed a note")


@dataclass(frozen=True, kw_only=True)
class NoteRemoved(NoteAdded):
    """A note was taken away by its author."""

    kind: ClassVar[str] = "note.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("took a note away")


@dataclass(frozen=True, kw_only=True)
class NoteRestored(NoteAdded):
    """A note that was taken away is back."""

    kind: ClassVar[str] = "note.restored"

    def describe(self) -> str:
        """Word the event."""
        return _("brought a note back")


@dataclass(frozen=True, kw_only=True)
class TicketMerged(TicketEvent):
    """The ticket was taken into another one."""

    kind: ClassVar[str] = "ticket.merged"
    into: int

    def describe(self) -> str:
        """Word the event."""
        return _("merged this ticket into %(number)s") % {"number": self.into}


@dataclass(frozen=True, kw_only=True)
class TicketAbsorbed(TicketEvent):
    """Another ticket was taken into this one, with so many messages."""

    kind: ClassVar[str] = "ticket.absorbed"
    number: int
    messages: int = 0

    def describe(self) -> str:
        """Word the event."""
        return _("took the ticket %(number)s in") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class MergeUndone(TicketEvent):
    """Two tickets were parted again; ``number`` is the other one."""

    kind: ClassVar[str] = "ticket.merge_undone"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return _("undid the merge with %(number)s") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketSplit(TicketEvent):
    """A message of this ticket became the ticket ``number``."""

    kind: ClassVar[str] = "ticket.split"
    number: int

    def describe(self) -> str:
        """Word the event."""
        return _("took a message out into the ticket %(number)s") % {"number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketLinked(TicketEvent):
    """The ticket was linked with another; ``link`` says what the other is: ``parent``, or ``of_parent`` for a child."""

    kind: ClassVar[str] = "ticket.linked"
    number: int
    link: str

    def describe(self) -> str:
        """Word the event."""
        return _("linked: %(link)s %(number)s") % {"link": link_words(self.link), "number": self.number}


@dataclass(frozen=True, kw_only=True)
class TicketUnlinked(TicketLinked):
    """A link was taken off."""

    kind: ClassVar[str] = "ticket.unlinked"

    def describe(self) -> str:
        """Word the event."""
        return _("unlinked: %(link)s %(number)s") % {"link": link_words(self.link), "number": self.number}


@dataclass(frozen=True, kw_only=True)
class SavedReplyAdded(DomainEvent):
    """A saved reply is there for those it is shared with."""

    subject_kind: ClassVar[int] = SUBJECT_SAVED
    kind: ClassVar[str] = "saved_reply.added"
    title: str
    sharing: str

    def describe(self) -> str:
        """Word the event."""
        return _("added the saved reply “%(title)s”") % {"title": self.title}


@dataclass(frozen=True, kw_only=True)
class SavedReplyChanged(SavedReplyAdded):
    """A saved reply was changed."""

    kind: ClassVar[str] = "saved_reply.changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the saved reply “%(title)s”") % {"title": self.title}


@dataclass(frozen=True, kw_only=True)
class SavedReplyRemoved(SavedReplyAdded):
    """A saved reply was taken away."""

    kind: ClassVar[str] = "saved_reply.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed the saved reply “%(title)s”") % {"title": self.title}


@dataclass(frozen=True, kw_only=True)
class ChannelAdded(DomainEvent):
    """A way for requests entered by hand is there."""

    subject_kind: ClassVar[int] = SUBJECT_CHANNEL
    kind: ClassVar[str] = "channel.added"
    name: str
    enabled: bool = True

    def describe(self) -> str:
        """Word the event."""
        return _("added the channel “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class ChannelChanged(ChannelAdded):
    """Such a way was renamed, given to another team, or switched on or off."""

    kind: ClassVar[str] = "channel.changed"

    def describe(self) -> str:
        """Word the event."""
        return _("changed the channel “%(name)s”") % {"name": self.name}


def link_words(link: str) -> str:
    """Return what the other ticket of a link is."""
    return {
        "parent": pgettext("link of tickets", "parent"),
        "of_parent": pgettext("link of tickets", "child"),
        "related": pgettext("link of tickets", "related"),
        "of_related": pgettext("link of tickets", "related"),
        "caused_by": pgettext("link of tickets", "cause"),
        "of_caused_by": pgettext("link of tickets", "consequence"),
    }.get(link, link)


@dataclass(frozen=True, kw_only=True)
class TicketBinned(TicketEvent):
    """The ticket was put into the bin."""

    kind: ClassVar[str] = "ticket.binned"

    def describe(self) -> str:
        """Word the event."""
        return _("put the ticket into the bin")


@dataclass(frozen=True, kw_only=True)
class TicketMarkedSpam(TicketEvent):
    """The ticket was put into the spam folder."""

    kind: ClassVar[str] = "ticket.marked_spam"

    def describe(self) -> str:
        """Word the event."""
        return _("marked the ticket as spam")


@dataclass(frozen=True, kw_only=True)
class TicketRestored(TicketEvent):
    """The ticket came back from the bin or the spam folder."""

    kind: ClassVar[str] = "ticket.restored"

    def describe(self) -> str:
        """Word the event."""
        return _("restored the ticket")


@dataclass(frozen=True, kw_only=True)
class TicketPurged(TicketEvent):
    """The ticket is gone for ever."""

    kind: ClassVar[str] = "ticket.purged"

    def describe(self) -> str:
        """Word the event."""
        return _("deleted the ticket for ever")


@dataclass(frozen=True, kw_only=True)
class TicketFollowed(TicketEvent):
    """Colleagues watch the ticket from now on; names as shown then."""

    kind: ClassVar[str] = "ticket.followed"
    user_ids: list[int]
    names: list[str]

    def describe(self) -> str:
        """Word the event."""
        return _("added followers: %(names)s") % {"names": ", ".join(self.names)}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the names."""
        return {**data, "names": []}


@dataclass(frozen=True, kw_only=True)
class TicketUnfollowed(TicketFollowed):
    """Colleagues watch the ticket no more."""

    kind: ClassVar[str] = "ticket.unfollowed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed followers: %(names)s") % {"names": ", ".join(self.names)}


@dataclass(frozen=True, kw_only=True)
class NoteMentioned(TicketFollowed):
    """A note calls colleagues by name; they are told and follow the ticket."""

    kind: ClassVar[str] = "note.mentioned"
    silent: ClassVar[bool] = True
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("mentioned %(names)s in a note") % {"names": ", ".join(self.names)}


@dataclass(frozen=True, kw_only=True)
class StatusChanged(TicketEvent):
    """The status changed; ``before`` and ``after`` are names as shown then, with keys for figures."""

    kind: ClassVar[str] = "ticket.status_changed"
    before_key: str
    after_key: str
    category: str
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    automatic: bool = False

    def describe(self) -> str:
        """Word the event."""
        return _("changed the status: %(before)s → %(after)s") % {
            "before": _named(self.before),
            "after": _named(self.after),
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
            return _named(value)
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


@dataclass(frozen=True, kw_only=True)
class PersonAdded(TicketEvent):
    """Somebody else takes part now."""

    kind: ClassVar[str] = "person.added"
    name: str
    contact_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("added %(name)s to the conversation") % {"name": self.name}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the person's name."""
        return {**data, "name": ""}


@dataclass(frozen=True, kw_only=True)
class PersonRemoved(PersonAdded):
    """Somebody takes part no more."""

    kind: ClassVar[str] = "person.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed %(name)s from the conversation") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class ReferencesChanged(TicketEvent):
    """Numbers of the customer's own desk were added or removed."""

    kind: ClassVar[str] = "foreign_reference.changed"
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """Word the event."""
        parts = []
        if self.added:
            parts.append(_("added the customer's number %(numbers)s") % {"numbers": ", ".join(self.added)})
        if self.removed:
            parts.append(_("removed the customer's number %(numbers)s") % {"numbers": ", ".join(self.removed)})
        return "; ".join(parts)
