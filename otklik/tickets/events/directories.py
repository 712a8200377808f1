"""What a workspace keeps beside tickets: saved replies, channels."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.core.events import DomainEvent
from otklik.core.shown import file_size
from otklik.tickets.events.base import SUBJECT_CHANNEL, SUBJECT_FILES, SUBJECT_SAVED, SUBJECT_SPAM, SUBJECT_TAG


@dataclass(frozen=True, kw_only=True)
class SavedReplyAdded(DomainEvent):
    """A saved reply is there for those it is shared with."""

    subject_kind: ClassVar[int] = SUBJECT_SAVED
    kind: ClassVar[str] = "saved_reply.added"
    title: str
    sharing: str
    changes: dict[str, Any] = field(default_factory=dict)

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
    changes: dict[str, Any] = field(default_factory=dict)

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


@dataclass(frozen=True, kw_only=True)
class FilesRemoved(DomainEvent):
    """The rule of retention removed files of tickets closed more than ``days`` ago: how many, and their bytes."""

    subject_kind: ClassVar[int] = SUBJECT_FILES
    kind: ClassVar[str] = "files.removed"
    silent: ClassVar[bool] = True
    files: int
    size: int
    days: int

    def describe(self) -> str:
        """Word the event."""
        words = ngettext(
            "removed %(files)d file (%(size)s) by the retention rule: closed more than %(days)d days ago",
            "removed %(files)d files (%(size)s) by the retention rule: closed more than %(days)d days ago",
            self.files,
        )
        return words % {"files": self.files, "size": file_size(self.size), "days": self.days}


@dataclass(frozen=True, kw_only=True)
class SpamSenderAdded(DomainEvent):
    """Nothing is taken in any more from a mail domain or an address; of an address only its domain is told."""

    subject_kind: ClassVar[int] = SUBJECT_SPAM
    kind: ClassVar[str] = "spam_sender.added"
    domain: str

    def describe(self) -> str:
        """Word the event."""
        return _("put a sender at %(domain)s on the spam list") % {"domain": self.domain or "—"}

    @classmethod
    def scrub(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Blank the domain, which may be the person's alone."""
        return {**data, "domain": ""}


@dataclass(frozen=True, kw_only=True)
class SpamSenderRemoved(SpamSenderAdded):
    """Mail from there is taken in again."""

    kind: ClassVar[str] = "spam_sender.removed"

    def describe(self) -> str:
        """Word the event."""
        return _("took a sender at %(domain)s off the spam list") % {"domain": self.domain or "—"}


@dataclass(frozen=True, kw_only=True)
class TagRemoved(DomainEvent):
    """A tag is being taken off all tickets."""

    subject_kind: ClassVar[int] = SUBJECT_TAG
    kind: ClassVar[str] = "tag.removed"
    name: str

    def describe(self) -> str:
        """Word the event."""
        return _("removed the tag “%(name)s” from all tickets") % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class TagRenamed(TagRemoved):
    """A tag has another name; its tickets follow."""

    kind: ClassVar[str] = "tag.renamed"
    new_name: str

    def describe(self) -> str:
        """Word the event."""
        return _("renamed the tag “%(name)s” to “%(new)s”") % {"name": self.name, "new": self.new_name}


@dataclass(frozen=True, kw_only=True)
class TagMerged(TagRemoved):
    """The tickets of a tag get another one in its place."""

    kind: ClassVar[str] = "tag.merged"
    into: str

    def describe(self) -> str:
        """Word the event."""
        return _("merged the tag “%(name)s” into “%(into)s”") % {"name": self.name, "into": self.into}
