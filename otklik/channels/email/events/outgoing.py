"""What happens to mail that goes out, told on the ticket it belongs to."""

from dataclasses import dataclass
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class DeliveryEvent(DomainEvent):
    """Something about the mail to one recipient; ``team_id`` is the team of the ticket, for live updates."""

    subject_kind: ClassVar[int] = 1
    delivery_id: int
    message_id: int | None = None
    recipient: str = ""
    team_id: int | None = None

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the address and whatever a server said of it."""
        return {**data, "recipient": "", **({"response": ""} if "response" in data else {})}


@dataclass(frozen=True, kw_only=True)
class MailSent(DeliveryEvent):
    """A server took the mail."""

    kind: ClassVar[str] = "mail.sent"
    impersonal: ClassVar[bool] = True
    silent: ClassVar[bool] = True

    def describe(self) -> str:
        """Word the event."""
        return _("the mail to %(recipient)s was sent") % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class ConfirmationSent(DeliveryEvent):
    """The confirmation of receipt went out."""

    kind: ClassVar[str] = "mail.confirmation_sent"
    impersonal: ClassVar[bool] = True

    def describe(self) -> str:
        """Word the event."""
        return _("the receipt was confirmed to %(recipient)s") % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class MailDelayed(DeliveryEvent):
    """The mail did not go out yet, or a server on the way still holds it; it is tried again."""

    kind: ClassVar[str] = "mail.delayed"
    impersonal: ClassVar[bool] = True
    silent: ClassVar[bool] = True
    code: str = ""
    response: str = ""

    def describe(self) -> str:
        """Word the event."""
        return _("the mail to %(recipient)s is delayed") % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class MailFailed(DeliveryEvent):
    """The mail will not go out: refused, or tried long enough."""

    kind: ClassVar[str] = "mail.failed"
    impersonal: ClassVar[bool] = True
    code: str
    response: str = ""

    def describe(self) -> str:
        """Word the event."""
        from otklik.channels.email.outbox.reasons import reason

        return _("the mail to %(recipient)s was not sent: %(reason)s") % {
            "recipient": self.recipient,
            "reason": reason(self.code),
        }


@dataclass(frozen=True, kw_only=True)
class MailUncertain(DeliveryEvent):
    """The outcome of an attempt is not known; ``repeats`` tells that the same mail is sent once more by itself."""

    kind: ClassVar[str] = "mail.uncertain"
    impersonal: ClassVar[bool] = True
    code: str
    repeats: bool

    def describe(self) -> str:
        """Word the event."""
        if self.repeats:
            return _(
                "it is not certain that the mail to %(recipient)s arrived: the server did not confirm it. "
                "The same mail is sent once more and may arrive twice"
            ) % {"recipient": self.recipient}
        return _(
            "it is not certain that the mail to %(recipient)s arrived: the server did not confirm it. "
            "It waits for a decision in the outbox"
        ) % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class MailBounced(DeliveryEvent):
    """The mail came back."""

    kind: ClassVar[str] = "mail.bounced"
    impersonal: ClassVar[bool] = True
    code: str = ""
    status: str = ""
    response: str = ""

    def describe(self) -> str:
        """Word the event."""
        from otklik.channels.email.outbox.reasons import reason

        return _("the mail to %(recipient)s came back: %(reason)s") % {
            "recipient": self.recipient,
            "reason": reason(self.code),
        }


@dataclass(frozen=True, kw_only=True)
class DeliveryRetried(DeliveryEvent):
    """Somebody had the mail sent again."""

    kind: ClassVar[str] = "mail.retried"

    def describe(self) -> str:
        """Word the event."""
        return _("had the mail to %(recipient)s sent again") % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class DeliveryGivenUp(DeliveryEvent):
    """Somebody decided that the mail is not to be sent any more."""

    kind: ClassVar[str] = "mail.given_up"

    def describe(self) -> str:
        """Word the event."""
        return _("gave up sending the mail to %(recipient)s") % {"recipient": self.recipient}


@dataclass(frozen=True, kw_only=True)
class MailReported(DeliveryEvent):
    """A mail says that ours came back, but nothing in it proves that: no state changed."""

    kind: ClassVar[str] = "mail.reported"
    impersonal: ClassVar[bool] = True
    response: str = ""

    def describe(self) -> str:
        """Word the event."""
        return _("somebody reports that the mail to %(recipient)s came back; nothing proves it") % {
            "recipient": self.recipient
        }


@dataclass(frozen=True, kw_only=True)
class DeliveryCorrected(DeliveryEvent):
    """Somebody said what became of a mail: it ``arrived``, or it came back."""

    kind: ClassVar[str] = "mail.corrected"
    arrived: bool

    def describe(self) -> str:
        """Word the event."""
        if self.arrived:
            return _("noted that the mail to %(recipient)s arrived") % {"recipient": self.recipient}
        return _("noted that the mail to %(recipient)s came back") % {"recipient": self.recipient}
