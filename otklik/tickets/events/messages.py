"""What is said on tickets, and what becomes of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from otklik.tickets.events.base import TicketEvent
from otklik.tickets.worked import worked_words


@dataclass(frozen=True, kw_only=True)
class MessageReceived(TicketEvent):
    """The customer's words arrived."""

    kind: ClassVar[str] = "message.received"
    message_id: int
    automatic: bool = False
    recorded: bool = False  # a colleague, the actor, wrote down what was said by a call, a visit or a messenger

    def describe(self) -> str:
        """Word the event."""
        if self.recorded:
            return _("recorded the customer’s words")
        return _("sent an automatic answer") if self.automatic else _("wrote")


@dataclass(frozen=True, kw_only=True)
class MessageReread(TicketEvent):
    """Somebody had the mail behind a message read again: its text and files may be others now."""

    kind: ClassVar[str] = "message.reread"
    message_id: int

    def describe(self) -> str:
        """Word the event."""
        return _("had a mail read again")


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
    """The customer wrote while answers of ours (of ``user_ids``) wait for their time."""

    kind: ClassVar[str] = "reply.overtaken"
    send_at: str
    user_ids: list[int] = field(default_factory=list)

    def describe(self) -> str:
        """Word the event."""
        return _("wrote while a reply of ours is waiting: please look at it again")


@dataclass(frozen=True, kw_only=True)
class ReplyNotSent(TicketEvent):
    """An answer that waited is not sent, overtaken by the customer or because it cannot be; it is the draft of
    ``user_id``."""

    kind: ClassVar[str] = "reply.not_sent"
    user_id: int
    overtaken: bool = False

    def describe(self) -> str:
        """Word the event."""
        if self.overtaken:
            return _("held the reply back that was waiting: the customer had written; the text is kept as a draft")
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
class MessageTimeChanged(TicketEvent):
    """The time spent on a message was corrected; seconds, none for nothing."""

    kind: ClassVar[str] = "message.time_changed"
    message_id: int
    before: int | None
    after: int | None

    def describe(self) -> str:
        """Word the event."""
        said = {"before": worked_words(self.before) or "0", "after": worked_words(self.after) or "0"}
        return _("corrected the time spent: %(before)s → %(after)s") % said


@dataclass(frozen=True, kw_only=True)
class NoteRestored(NoteAdded):
    """A note that was taken away is back."""

    kind: ClassVar[str] = "note.restored"

    def describe(self) -> str:
        """Word the event."""
        return _("brought a note back")
