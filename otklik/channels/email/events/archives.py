"""What people do with archives of old mail."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from otklik.core.events import DomainEvent

SUBJECT_ARCHIVE = 51


@dataclass(frozen=True, kw_only=True)
class MailArchiveEvent(DomainEvent):
    """Something about an archive of old mail; ``name`` is that of the file."""

    subject_kind: ClassVar[int] = SUBJECT_ARCHIVE
    silent: ClassVar[bool] = True
    name: str


@dataclass(frozen=True, kw_only=True)
class MailArchiveStarted(MailArchiveEvent):
    """Somebody has an archive taken in that holds so many mails."""

    kind: ClassVar[str] = "mailbox.archive_started"
    total: int

    def describe(self) -> str:
        """Word the event."""
        words = ngettext(
            "started to take in the archive “%(name)s” with %(total)d mail",
            "started to take in the archive “%(name)s” with %(total)d mails",
            self.total,
        )
        return words % {"name": self.name, "total": self.total}


@dataclass(frozen=True, kw_only=True)
class MailArchiveEnded(MailArchiveEvent):
    """An archive was taken in (``done``), stopped, or could not be read to its end (``failed``)."""

    kind: ClassVar[str] = "mailbox.archive_ended"
    state: str
    taken: int
    known: int
    refused: int

    def describe(self) -> str:
        """Word the event."""
        words = {
            "done": _("took in the archive “%(name)s”: %(taken)d new, %(known)d known, %(refused)d refused"),
            "stopped": _("stopped the archive “%(name)s”: %(taken)d new, %(known)d known, %(refused)d refused"),
        }
        failed = _("the archive “%(name)s” could not be read to its end: %(taken)d new mails until then")
        facts = {"name": self.name, "taken": self.taken, "known": self.known, "refused": self.refused}
        return words.get(self.state, failed) % facts
