"""Events about webhooks; addresses are named without what follows the host, secrets never."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent

SUBJECT_WEBHOOK = 40


@dataclass(frozen=True, kw_only=True)
class WebhookEvent(DomainEvent):
    """Something about one webhook."""

    subject_kind: ClassVar[int] = SUBJECT_WEBHOOK
    silent: ClassVar[bool] = True
    name: str
    host: str = ""


@dataclass(frozen=True, kw_only=True)
class WebhookAdded(WebhookEvent):
    """A webhook was added."""

    kind: ClassVar[str] = "webhook.added"

    def describe(self) -> str:
        """Word the event."""
        return _("added the webhook “%(name)s” to %(host)s") % {"name": self.name, "host": self.host}


@dataclass(frozen=True, kw_only=True)
class WebhookChanged(WebhookEvent):
    """A webhook was changed: ``fields`` names what, ``changes`` what was and is, of the address only its host.

    Of a secret it is told only that it is another one.
    """

    kind: ClassVar[str] = "webhook.changed"
    fields: list[str]
    changes: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """Word the event."""
        return _("changed the webhook “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class WebhookRemoved(WebhookEvent):
    """A webhook was removed."""

    kind: ClassVar[str] = "webhook.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("removed the webhook “%(name)s”") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class WebhookRestored(WebhookEvent):
    """A removed webhook was brought back."""

    kind: ClassVar[str] = "webhook.restored"

    def describe(self) -> str:
        """Word the event."""
        return _("brought the webhook “%(name)s” back") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class WebhookSwitchedOff(WebhookEvent):
    """A webhook was switched off by itself: ``gone`` when its receiver said so, ``dead`` after days without success."""

    kind: ClassVar[str] = "webhook.switched_off"
    reason: str

    def describe(self) -> str:
        """Word the event."""
        return _("switched the webhook “%(name)s” off: its receiver does not take calls") % {"name": self.name}
