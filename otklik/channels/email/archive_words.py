"""How archives of old mail are shown: ready strings for their pages."""

from dataclasses import dataclass
from typing import Any, Final

from django.utils.formats import date_format, number_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from otklik.channels.email.models import ArchiveState, MailArchive
from otklik.channels.email.old_mail import WORDS
from otklik.core.shown import file_size

_ERRORS: Final[dict[str, Any]] = {
    "damaged": gettext_lazy("The archive is damaged: it cannot be read."),
    "huge": gettext_lazy("The archive is too large once it is unpacked: cut it into parts."),
    "empty": gettext_lazy("There is no mail in it. An mbox, an .eml or a zip of a Maildir is needed."),
    "file-missing": gettext_lazy("The uploaded file is missing: choose it again."),
}
_REFUSED: Final[dict[str, Any]] = {
    "no_mailbox": gettext_lazy("names no mailbox of this desk"),
    "unusable": gettext_lazy("empty, or larger than mails may be"),
}
_CHIPS: Final = {ArchiveState.DONE: "chip--good", ArchiveState.FAILED: "chip--bad"}


@dataclass(frozen=True, slots=True)
class Shown:
    """An archive, ready to show."""

    id: int
    name: str
    size: str
    who: str
    mailbox: str
    state: Any
    chip: str
    error: str
    is_counting: bool
    is_ready: bool
    is_running: bool
    is_over: bool
    total: str
    position: int
    most: int
    dates: str
    unplaced: str
    taken: str
    known: str
    refused: str
    problems: list[tuple[str, str]]
    ends: str


def present(row: MailArchive) -> Shown:
    """Word an archive; ``channel`` and ``user`` are there already."""
    state = ArchiveState(row.state)
    days = [date_format(localtime(at), "j E Y") for at in (row.first_at, row.last_at) if at is not None]
    return Shown(
        id=row.pk, name=row.name, size=file_size(row.size), who=row.user.name if row.user else "",
        mailbox=row.channel.address if row.channel else "", state=state.label, chip=_CHIPS.get(state, ""),
        error=str(_ERRORS.get(row.error, _ERRORS["damaged"])) if state == ArchiveState.FAILED else "",
        is_counting=state == ArchiveState.COUNTING, is_ready=state == ArchiveState.READY,
        is_running=state == ArchiveState.RUNNING,
        is_over=state not in {ArchiveState.COUNTING, ArchiveState.READY, ArchiveState.RUNNING},
        total=number_format(row.total, force_grouping=True), position=row.position, most=max(row.total, 1),
        dates=" — ".join(dict.fromkeys(days)) or _("no dates"),
        unplaced=number_format(row.unplaced, force_grouping=True) if row.unplaced and not row.channel else "",
        taken=number_format(row.taken, force_grouping=True), known=number_format(row.known, force_grouping=True),
        refused=number_format(row.refused, force_grouping=True),
        problems=[(str(name), str(_REFUSED.get(code, code))) for name, code in row.problems],
        ends=str(WORDS.get(row.ends, "")),
    )  # fmt: skip
