"""Events about channels and their connections."""

from dataclasses import dataclass
from typing import ClassVar

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
    """The configuration of a channel was changed; the values themselves are not told."""

    kind: ClassVar[str] = "channel.configured"
    subject_kind: ClassVar[int] = 5
    silent: ClassVar[bool] = True
    fields: list[str]

    def describe(self) -> str:
        """Word the event for the history."""
        return _("changed the settings of the channel")
