"""Takes in archives of old mail: look through, start, stop; a job does it group by group and can be cut off anywhere.

What is taken goes the way of all mail: durable first, then the ledger. Mail that is known is counted and not taken
twice, so going on after a crash, or the same archive once more, does no harm.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import BinaryIO, Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts.queries import actor_for
from otklik.channels.email import archives, files
from otklik.channels.email.actions.mailboxes import check_right
from otklik.channels.email.archives import BadArchive
from otklik.channels.email.events import MailArchiveEnded, MailArchiveStarted
from otklik.channels.email.models import ArchiveState, MailArchive, Source
from otklik.channels.email.old_mail import AUTO, ENDS
from otklik.channels.email.store import RawMail
from otklik.core.actor import Actor
from otklik.core.blobs import BlobMissing, put_blob, store
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, TooLarge
from otklik.core.events import record
from otklik.core.jobs import keep_alive
from otklik.core.leases import hold
from otklik.core.settings_store import get
from otklik.tickets.models import Channel

MOST_MB: Final = 60  # the desk takes no larger request; what is larger is taken in on the server
GROUP: Final = 50
LEASE: Final = 120
_MOST_PROBLEMS: Final = 100
_WAITING: Final = (ArchiveState.COUNTING, ArchiveState.READY, ArchiveState.RUNNING)
_UNSTARTED_FOR: Final = timedelta(days=7)
_KEPT: Final = timedelta(days=90)


def add_archive(
    file: BinaryIO, *, name: str, size: int, channel: Channel | None, ends: str = AUTO, by: Actor
) -> MailArchive:
    """Keep an uploaded archive and have a job look it through; nothing is taken in yet.

    ``ends`` is how its conversations end, one of ``old_mail.ENDS``. Raises ``Forbidden`` without the right, ``Invalid``
    for an empty file or an unknown end, ``TooLarge`` beyond the limit and ``Conflict`` while another archive waits.
    """
    from otklik.channels.email.tasks import count_archive

    check_right(by)
    if not size:
        raise Invalid(_("The file is empty."), field="file")
    if ends not in ENDS:
        raise Invalid(_("Choose how the conversations end."), field="ends")
    if size > MOST_MB * 1024 * 1024:
        raise TooLarge(_("The file is larger than %(limit)s MB: cut it into parts.") % {"limit": MOST_MB})
    prepared = store(file)
    with hold("email.archives", 60) as alone, transaction.atomic():
        if not alone or MailArchive.objects.filter(state__in=_WAITING).exists():
            raise Conflict(_("Another archive is not finished yet: start it or drop it first."))
        row = MailArchive.objects.create(
            channel=channel, blob=put_blob(prepared), name=(name or "mail")[-200:], size=size, user_id=by.id, ends=ends,
            made_at=now(),
        )  # fmt: skip
        count_archive.enqueue(row.pk)
    return row


def count_archive(archive_id: int) -> int:
    """Count what an archive holds and between which days it was written; safe to repeat. Returns the number."""
    row = MailArchive.objects.select_related("blob").filter(pk=archive_id, state=ArchiveState.COUNTING).first()
    if row is None:
        return 0
    total, unplaced = 0, 0
    dates: list[datetime] = []
    try:
        for _name, raw in _messages(row):
            total += 1
            unplaced += not _is_placed(raw)
            if (at := archives.date_of(raw)) is not None:
                dates = [min([at, *dates]), max([at, *dates])]
            if total % GROUP == 0:
                keep_alive(LEASE)
        if not total:
            raise BadArchive("empty")
    except (BadArchive, BlobMissing) as error:
        _end(row.pk, ArchiveState.COUNTING, ArchiveState.FAILED, error.code)
        return 0
    first, last = dates or (None, None)
    MailArchive.objects.filter(pk=row.pk, state=ArchiveState.COUNTING).update(
        state=ArchiveState.READY, total=total, unplaced=unplaced, first_at=first, last_at=last
    )
    return total


def start_archive(row: MailArchive, *, by: Actor) -> bool:
    """Have a job take an archive in; records ``mailbox.archive_started``. False when it was started before."""
    from otklik.channels.email.tasks import take_archive

    check_right(by)
    with transaction.atomic():
        if not MailArchive.objects.filter(pk=row.pk, state=ArchiveState.READY).update(state=ArchiveState.RUNNING):
            return False
        record(MailArchiveStarted(subject_id=row.pk, name=row.name, total=row.total), by=by)
        take_archive.enqueue(row.pk)
    return True


def stop_archive(row: MailArchive, *, by: Actor) -> bool:
    """Stop an archive where it is, or drop one that was not started; what was taken in stays. False when it is over."""
    check_right(by)
    return (
        _end(row.pk, ArchiveState.RUNNING, ArchiveState.STOPPED, by=by)
        or _end(row.pk, ArchiveState.READY, ArchiveState.DROPPED)
        or _end(row.pk, ArchiveState.COUNTING, ArchiveState.DROPPED)
    )


def take_archive(archive_id: int) -> int:
    """Take in what is left of an archive; return how many mails were taken. Safe to call again after a crash."""
    row = MailArchive.objects.select_related("blob", "user").filter(pk=archive_id, state=ArchiveState.RUNNING).first()
    if row is None:
        return 0
    by = actor_for(row.user) if row.user is not None else Actor.system()
    group: list[tuple[str, bytes]] = []
    try:
        for number, message in enumerate(_messages(row)):
            if number < row.position:
                continue
            group.append(message)
            if len(group) >= GROUP:
                if not _take(row, group):
                    return row.taken
                group = []
                keep_alive(LEASE)
        if group and not _take(row, group):
            return row.taken
    except (BadArchive, BlobMissing) as error:
        _end(row.pk, ArchiveState.RUNNING, ArchiveState.FAILED, error.code, by=by)
        return row.taken
    _end(row.pk, ArchiveState.RUNNING, ArchiveState.DONE, by=by)
    return row.taken


def _messages(row: MailArchive) -> Iterator[tuple[str, bytes]]:
    if row.blob is None:
        raise BlobMissing
    with row.blob.open() as opened:
        yield from archives.messages_of(opened, row.name, int(get("mail_most_size_mb")) * 1024 * 1024)


def _is_placed(raw: bytes) -> bool:
    try:
        files.as_received(raw, source=Source.FILE)
    except files.NoChannel:
        return False
    except files.Unusable:
        return True  # refused for another reason
    return True


def _take(row: MailArchive, group: list[tuple[str, bytes]]) -> bool:
    """Store a group and move the place of the run on; false when the run was stopped.

    Raises ``StoreUnavailable``: the job comes again later and goes on here.
    """
    if not MailArchive.objects.filter(pk=row.pk, state=ArchiveState.RUNNING).exists():
        return False
    mails: list[RawMail] = []
    problems = list(row.problems)
    for name, raw in group:
        try:
            mails.append(
                files.as_received(raw, source=Source.FILE, channel_id=row.channel_id, name=name, ends=row.ends)
            )
        except (files.NoChannel, files.Unusable) as error:
            row.refused += 1
            problems.append([name[-200:], "no_mailbox" if isinstance(error, files.NoChannel) else "unusable"])
    stored = files.take(mails) if mails else []
    row.position += len(group)
    row.known += sum(1 for entry in stored if entry.duplicate)
    row.taken += sum(1 for entry in stored if not entry.duplicate)
    row.problems = problems[:_MOST_PROBLEMS]
    MailArchive.objects.filter(pk=row.pk).update(
        position=row.position, taken=row.taken, known=row.known, refused=row.refused, problems=row.problems
    )
    return True


def _end(archive_id: int, was: ArchiveState, state: ArchiveState, error: str = "", by: Actor | None = None) -> bool:
    """Bring an archive to its end and let its file go; records ``mailbox.archive_ended`` for one that was started."""
    with transaction.atomic():
        rows = MailArchive.objects.filter(pk=archive_id, state=was)
        if not rows.update(state=state, error=error[:20], ended_at=now(), blob=None):
            return False
        if by is not None:
            row = MailArchive.objects.get(pk=archive_id)
            told = MailArchiveEnded(
                subject_id=row.pk, name=row.name, state=state.value, taken=row.taken, known=row.known,
                refused=row.refused,
            )  # fmt: skip
            record(told, by=by)
    return True


def forget_archives() -> int:
    """Drop what nobody started within a week, and forget what ended long ago; return how many rows went."""
    old = MailArchive.objects.filter(made_at__lt=now() - _UNSTARTED_FOR)
    old.filter(state__in=(ArchiveState.COUNTING, ArchiveState.READY)).update(
        state=ArchiveState.DROPPED, ended_at=now(), blob=None
    )
    return MailArchive.objects.filter(made_at__lt=now() - _KEPT).exclude(state__in=_WAITING).delete()[0]
