"""REST of archives of old mail: bring one, see what it holds, have it taken in, see how far it is, stop it."""

import hashlib
from typing import BinaryIO, Final, Literal, cast

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Router
from ninja.files import UploadedFile

from otklik.accounts.rest import Json, PageQuery, answered_once, idempotent_alone, needs, takes_key
from otklik.accounts.shapes import PageOf
from otklik.channels.email import queries
from otklik.channels.email.actions import archives as actions
from otklik.channels.email.archive_shapes import ArchiveOut
from otklik.channels.email.models import ArchiveState, MailArchive
from otklik.core.actor import Actor
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.core.idempotency import fingerprint
from otklik.core.pages import keyset_page

router = Router(tags=["mail"])
_FIELDS: Final = frozenset({"file", "mailbox", "ends"})


@router.get("/mail/archives", response=PageOf[ArchiveOut], summary="Archives of old mail")
def list_archives(request: HttpRequest, query: Query[PageQuery]) -> Json:
    """The archives that were brought, newest first; those that ended are forgotten after 90 days."""
    rows = _rows(needs(request, "settings.edit", query))
    page = keyset_page(rows, order=[("-id", int)], cursor=query.cursor or None, limit=query.limit)
    return {"items": [_archive_json(row) for row in page.items], "next": page.next}


@router.post("/mail/archives", response={201: ArchiveOut}, summary="Bring an archive of old mail")
@takes_key
def post_archive(
    request: HttpRequest,
    file: File[UploadedFile],
    mailbox: Form[int | None] = None,
    ends: Form[Literal["auto", "open", "closed"]] = "auto",
) -> HttpResponse:
    """Bring an mbox, one .eml, or a zip of a Maildir or of such files, and have it looked through.

    Nothing is taken in before it is started. ``mailbox`` takes what names no mailbox of the desk; without it such mails
    are refused. Conversations end ``open`` or ``closed``; ``auto`` closes what is older than 30 days. 409 while another
    archive is not finished.
    """
    actor = needs(request, "settings.edit")
    if unknown := {*request.POST, *request.FILES} - _FIELDS:
        field = min(unknown)[:40]
        raise Invalid(_("There is no field “%(field)s”.") % {"field": field}, field=field)
    channel = queries.mailbox_that_takes(mailbox) if mailbox is not None else None
    if mailbox is not None and channel is None:
        raise Invalid(_("There is no such mailbox."), field="mailbox")
    name, size = file.name or "", file.size or 0

    def work() -> tuple[int, Json]:
        made = actions.add_archive(
            cast(BinaryIO, file.file), name=name, size=size, channel=channel, ends=ends, by=actor
        )
        return 201, _archive_json(_found(actor, made.pk))

    mark = fingerprint(request.method or "", request.get_full_path(), name, str(mailbox), ends, _digest(file))
    return answered_once(request, work, mark=mark, together=False)


@router.get("/mail/archives/{int:archive_id}", response=ArchiveOut, summary="One archive of old mail")
def get_archive(request: HttpRequest, archive_id: int) -> Json:
    """What an archive holds, how far it is, or what became of it."""
    return _archive_json(_found(needs(request, "settings.edit"), archive_id))


@router.post("/mail/archives/{int:archive_id}/start", response=ArchiveOut, summary="Take an archive of mail in")
@idempotent_alone
def post_archive_start(request: HttpRequest, archive_id: int) -> tuple[int, Json]:
    """Have its mails taken in, in the background. 409 while it is looked through, and when it is over."""
    actor = needs(request, "settings.edit")
    began = actions.start_archive(_found(actor, archive_id), by=actor)
    return _after(actor, archive_id, began, ArchiveState.RUNNING)


@router.post("/mail/archives/{int:archive_id}/stop", response=ArchiveOut, summary="Stop an archive of mail")
@idempotent_alone
def post_archive_stop(request: HttpRequest, archive_id: int) -> tuple[int, Json]:
    """Stop it where it is, or drop one that was not started; what was taken in stays. 409 when it is over."""
    actor = needs(request, "settings.edit")
    ended = actions.stop_archive(_found(actor, archive_id), by=actor)
    return _after(actor, archive_id, ended, ArchiveState.STOPPED, ArchiveState.DROPPED)


def _after(actor: Actor, archive_id: int, changed: bool, *wanted: ArchiveState) -> tuple[int, Json]:
    """Return the archive, which is as it was wanted now or was so before; raises ``Conflict``."""
    row = _found(actor, archive_id)
    if not changed and row.state not in wanted:
        raise Conflict(_("This archive is at another point now."), current=_archive_json(row))
    return 200, _archive_json(row)


def _rows(actor: Actor) -> QuerySet[MailArchive]:
    return queries.archives_visible_to(actor).select_related("user")


def _found(actor: Actor, archive_id: int) -> MailArchive:
    row = _rows(actor).filter(pk=archive_id).first() if 0 < archive_id < 2**63 else None
    if row is None:
        raise NotFound
    return row


def _digest(file: UploadedFile) -> str:
    mark = hashlib.sha256()
    for part in file.chunks():
        mark.update(part)
    file.seek(0)
    return mark.hexdigest()


def _archive_json(row: MailArchive) -> Json:
    return {
        "id": row.pk, "file": row.name, "size": row.size, "mailbox": row.channel_id, "ends": row.ends,
        "by": {"id": row.user_id, "name": row.user.name} if row.user else None,
        "state": row.state, "error": row.error or None, "total": row.total, "unplaced": row.unplaced,
        "first_at": row.first_at, "last_at": row.last_at, "position": row.position,
        "result": {"taken": row.taken, "known": row.known, "refused": row.refused},
        "problems": [{"name": name, "code": code} for name, code in row.problems],
        "created_at": row.made_at, "finished_at": row.ended_at,
    }  # fmt: skip
