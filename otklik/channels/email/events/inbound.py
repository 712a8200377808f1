"""What happens to mail that came in, told on the request it concerns or on the mail itself."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_TICKET = 1
SUBJECT_CHANNEL = 5
SUBJECT_INBOUND = 6


@dataclass(frozen=True, kw_only=True)
class HeldMailEvent(DomainEvent):
    """Something about a mail that is held on a request; ``team_id`` is the team of the request."""

    subject_kind: ClassVar[int] = SUBJECT_TICKET
    inbound_id: int
    sender: str = ""
    team_id: int | None = None

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the sender."""
        return {**data, "sender": ""}


@dataclass(frozen=True, kw_only=True)
class MailHeld(HeldMailEvent):
    """Somebody who has no right to join wrote on the request; his mail waits for a decision."""

    kind: ClassVar[str] = "mail.held"
    impersonal: ClassVar[bool] = True
    reason: str = "stranger"

    def describe(self) -> str:
        """Word the event."""
        if self.reason == "sender_failed":
            return _("a message in the name of %(sender)s is held: the sender check failed") % {"sender": self.sender}
        if self.reason == "claimed":
            return _("a message in the name of %(sender)s is held: nothing shows that he wrote it") % {
                "sender": self.sender
            }
        if self.reason == "shelved":
            return _("a message of %(sender)s is held: the ticket was in the bin or in spam") % {"sender": self.sender}
        if self.reason != "stranger":
            return _("a message of %(sender)s is held: the mail ledger says why") % {"sender": self.sender}
        return _("a message of %(sender)s is held: he does not take part") % {"sender": self.sender}


@dataclass(frozen=True, kw_only=True)
class AnswerKept(DomainEvent):
    """A colleague answered a notification by mail, but others had written after ``seen``: it is the draft of
    ``user_id``."""

    kind: ClassVar[str] = "answer.kept"
    subject_kind: ClassVar[int] = SUBJECT_TICKET
    team_id: int | None = None
    inbound_id: int
    user_id: int
    seen: int

    def describe(self) -> str:
        """Word the event."""
        return _("answered by mail, but new messages had come: the text is kept as a draft")


@dataclass(frozen=True, kw_only=True)
class HeldMailJoined(HeldMailEvent):
    """Somebody let a held mail into the request."""

    kind: ClassVar[str] = "mail.joined"

    def describe(self) -> str:
        """Word the event."""
        return _("let in the held message of %(sender)s") % {"sender": self.sender}


@dataclass(frozen=True, kw_only=True)
class HeldMailReleased(HeldMailEvent):
    """Somebody made a request of its own from a held mail."""

    kind: ClassVar[str] = "mail.released"
    new_ticket: int

    def describe(self) -> str:
        """Word the event."""
        return _("opened ticket %(number)s from the held message of %(sender)s") % {
            "number": self.new_ticket,
            "sender": self.sender,
        }


@dataclass(frozen=True, kw_only=True)
class HeldMailIgnored(HeldMailEvent):
    """Somebody put a held mail aside."""

    kind: ClassVar[str] = "mail.dismissed"

    def describe(self) -> str:
        """Word the event."""
        return _("put aside the held message of %(sender)s") % {"sender": self.sender}


@dataclass(frozen=True, kw_only=True)
class IntakeFailed(DomainEvent):
    """A mail could not be taken in three times; it stays in the ledger until somebody looks."""

    kind: ClassVar[str] = "mail.intake_failed"
    subject_kind: ClassVar[int] = SUBJECT_INBOUND
    impersonal: ClassVar[bool] = True
    silent: ClassVar[bool] = True
    error: str

    def describe(self) -> str:
        """Word the event."""
        return _("the mail could not be processed")


@dataclass(frozen=True, kw_only=True)
class MailProcessedAgain(DomainEvent):
    """Somebody had a mail processed again."""

    kind: ClassVar[str] = "mail.processed_again"
    subject_kind: ClassVar[int] = SUBJECT_INBOUND

    def describe(self) -> str:
        """Word the event."""
        return _("had the mail processed again")


@dataclass(frozen=True, kw_only=True)
class MailFlood(DomainEvent):
    """Far more mail than usual comes to a channel, all in all or from one sender; told once for each flood."""

    kind: ClassVar[str] = "mail.flood"
    subject_kind: ClassVar[int] = SUBJECT_CHANNEL
    silent: ClassVar[bool] = True
    flood_id: int
    count: int
    minutes: int
    sender: str = ""

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the sender."""
        return {**data, "sender": ""}

    def describe(self) -> str:
        """Word the event."""
        values = {"sender": self.sender, "count": self.count, "minutes": self.minutes}
        if self.sender:
            return _("%(sender)s sent %(count)s mails in %(minutes)s minutes") % values
        return _("%(count)s mails came in %(minutes)s minutes, far more than usual") % values
