"""Events about channels and their connections."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from otklik.core.events import DomainEvent


@dataclass(frozen=True, kw_only=True)
class ChannelFailing(DomainEvent):
    """A connection that worked does not work any more."""

    kind: ClassVar[str] = "channel.failing"
    subject_kind: ClassVar[int] = 5
    silent: ClassVar[bool] = True
    error: str

    def describe(self) -> str:
        """Word the event for the history."""
        return _("the connection of the channel fails")


@dataclass(frozen=True, kw_only=True)
class ChannelRecovered(DomainEvent):
    """A failing connection works again."""

    kind: ClassVar[str] = "channel.recovered"
    subject_kind: ClassVar[int] = 5
    silent: ClassVar[bool] = True

    def describe(self) -> str:
        """Word the event for the history."""
        return _("the connection of the channel works again")


@dataclass(frozen=True, kw_only=True)
class ChannelConfigured(DomainEvent):
    """The configuration of a channel was made or changed: its name, its kind, and what was and is.

    ``fields`` names everything that changed; ``changes`` holds the values, but for secrets.
    """

    kind: ClassVar[str] = "channel.configured"
    subject_kind: ClassVar[int] = 5
    silent: ClassVar[bool] = True
    fields: list[str]
    name: str = ""
    of: str = ""
    added: bool = False
    changes: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """Word the event for the history."""
        if not self.name:
            return _("changed the settings of the channel")
        words = _("added the channel “%(name)s”") if self.added else _("changed the settings of the channel “%(name)s”")
        return words % {"name": self.name}
