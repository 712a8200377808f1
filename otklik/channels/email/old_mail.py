"""Mail from files and archives is history: it takes its place in time, and nobody is told or answered because of it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.channels.email.case import Case
from otklik.channels.email.models import Inbound, Source

AUTO, OPEN, CLOSED = "auto", "open", "closed"
ENDS: Final = (AUTO, OPEN, CLOSED)
"""How conversations of an archive may end; the first is the default."""
OLD_DAYS: Final = 30
WORDS: Final[dict[str, Any]] = {
    AUTO: _("closed when older than 30 days, else open"), OPEN: _("open"), CLOSED: _("closed"),
}  # fmt: skip
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)


def is_old(row: Inbound) -> bool:
    """Tell whether a mail came from a file or an archive; what a mail server pipes in is live."""
    return row.source == Source.FILE


def written_at(row: Inbound, date: datetime | None) -> datetime:
    """Return the place in time of an old mail: what its Date says, else now; never ahead, nor before mail was usual."""
    if date is None:
        return row.received_at
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max(aware, _EARLIEST), row.received_at)


def status_of(case: Case, at: datetime) -> str:
    """Return the status in which the conversation of an old mail is to end, nothing for live mail."""
    if not is_old(case.row):
        return ""
    ends = OPEN if case.by_hand else str(case.row.envelope.get("ends") or AUTO)
    if ends == AUTO:
        ends = OPEN if at > case.row.received_at - timedelta(days=OLD_DAYS) else CLOSED
    return ends
