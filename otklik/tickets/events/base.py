"""What events of tickets have in common: their subjects, and names in the reader's language."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import get_language

from otklik.core.events import DomainEvent

SUBJECT_TICKET = 1
SUBJECT_SAVED = 22
SUBJECT_SPAM = 23
SUBJECT_TAG = 24
SUBJECT_FILES = 25
SUBJECT_STATUS = 26
SUBJECT_TYPE = 27
SUBJECT_CHANNEL = 5  # as the mail room numbers it


def named(names: dict[str, str] | None) -> str:
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
