"""The one bulk writer: lives of tickets become rows, in slices, with every fact that lists and cards read.

Used by the demo company and by ``otklik seed``. Nothing is told to subscribers: what it writes is history, and the rows
that subscribers would make (deliveries, moments) are written along.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Final

from django.db import transaction

from otklik.core.blobs import Prepared, put_blobs, store
from otklik.core.events import Event
from otklik.core.events.base import to_data
from otklik.core.moments import set_moments
from otklik.core.settings_store import get as setting
from otklik.core.text import normal_form
from otklik.demo.lives import Life
from otklik.demo.quick import insert
from otklik.demo.replay import STATUSES, Replayed, replay
from otklik.search.actions import rebuild
from otklik.tickets.app_settings import CLOSE_AFTER_DAYS
from otklik.tickets.documents import ROOM as TICKETS
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import (
    Attachment,
    Category,
    Follower,
    ForeignReference,
    Participant,
    Status,
    Tag,
    Ticket,
    TicketTag,
)

SLICE: Final = 1_000
type After = Callable[[Sequence[Replayed]], None]


@dataclass(slots=True)
class Written:
    """How many rows were written."""

    tickets: int = 0
    messages: int = 0


def write(lives: Iterable[Life], *, after: After | None = None, slice_size: int = SLICE) -> Written:
    """Write lives, given in order of their opening, and return how many rows came of them; search reads them later.

    Each slice is a transaction of its own, so that other writers get their turn; ``after`` is called inside it with
    what
    was just written (mail adds its rows there).
    """
    before = Ticket.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    STATUSES.update({status.key: status for status in Status.objects.all()})
    written = Written()
    with _collector_paused():
        for piece in _slices(lives, slice_size):
            done = [replay(life) for life in piece]
            files = _prepare_files(done)
            with transaction.atomic():
                _write_slice(done, files)
                if after is not None:
                    after(done)
            written.tickets += len(done)
            written.messages += sum(len(item.said) for item in done)
            del done, piece
            gc.collect()
    rebuild(TICKETS, above=before)
    return written


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Let the garbage collector look once a slice: it would search a hundred thousand living rows again and again."""
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def _slices(lives: Iterable[Life], size: int) -> Iterator[list[Life]]:
    rest = iter(lives)
    while piece := list(islice(rest, size)):
        yield piece


def _prepare_files(done: Sequence[Replayed]) -> dict[int, Prepared]:
    """Bring large files to the disk before the transaction; equal objects are prepared once."""
    known: dict[int, Prepared] = {}
    for item in done:
        for said, _message in item.said:
            for file in said.files:
                if id(file.data) not in known:
                    known[id(file.data)] = store(file.data)
    return known


def _write_slice(done: Sequence[Replayed], files: dict[int, Prepared]) -> None:
    insert([item.ticket for item in done])
    messages = sorted((message for item in done for _said, message in item.said), key=lambda row: row.created_at)
    for message in messages:
        message.ticket_id = message.ticket.pk
    insert(messages)
    _write_files(done, files)
    _write_events(done)
    _write_tags(done)
    _write_people(done)
    _write_moments(done)


def _write_files(done: Sequence[Replayed], files: dict[int, Prepared]) -> None:
    wanted = [(message, file) for item in done for said, message in item.said for file in said.files]
    if not wanted:
        return
    order = list(files)
    blobs = dict(zip(order, put_blobs([files[key] for key in order]), strict=True))
    insert(
        [
            Attachment(
                message=message,
                ticket_id=message.ticket_id,
                blob=blobs[id(file.data)],
                name=file.name,
                content_type=file.content_type,
                size=len(file.data),
                created_at=message.created_at,
                uploaded_by_id=message.author_id if message.author_kind == "user" else None,
            )
            for message, file in wanted
        ]
    )


def _write_events(done: Sequence[Replayed]) -> None:
    told = [entry for item in done for entry in item.told]
    told.sort(key=lambda entry: entry[0])
    rows = []
    for at, by, make in told:
        event = make()
        rows.append(
            Event(
                at=at,
                kind=event.kind,
                version=event.version,
                actor_kind=by.kind,
                actor_id=by.id,
                actor_name=by.name[:200],
                subject_kind=event.subject_kind,
                subject_id=event.subject_id,
                data=to_data(event),
            )
        )
    insert(rows)


def _write_tags(done: Sequence[Replayed]) -> None:
    names = {normal_form(name): name for item in done for name in item.ticket.tags_shown}
    if not names:
        return
    Tag.objects.bulk_create([Tag(name=name, name_key=key) for key, name in names.items()], ignore_conflicts=True)
    tags = {tag.name_key: tag for tag in Tag.objects.filter(name_key__in=names)}
    insert(
        [
            TicketTag(ticket=item.ticket, tag=tags[normal_form(name)], is_open=item.ticket.is_open)
            for item in done
            for name in item.ticket.tags_shown
        ]
    )


def _write_people(done: Sequence[Replayed]) -> None:
    joined = [
        Participant(ticket=item.ticket, contact=step.contact, address=step.address, added_at=step.at)
        for item in done
        for step in item.joined
    ]
    Participant.objects.bulk_create(joined)
    numbered = [
        ForeignReference(
            ticket=item.ticket,
            organization_id=item.ticket.organization_id,
            system=step.system,
            number=step.number,
            number_key=normal_form(step.number)[:64],
            url=step.url,
        )
        for item in done
        for step in item.numbered
    ]
    ForeignReference.objects.bulk_create(numbered)
    Follower.objects.bulk_create(
        [Follower(ticket=item.ticket, user=user) for item in done for user in item.life.followers]
    )
    followed = [item for item in done if item.life.followers]
    for item in followed:
        item.ticket.followers_shown = [{"id": user.pk, "name": user.name} for user in item.life.followers]
    Ticket.objects.bulk_update([item.ticket for item in followed], ["followers_shown"], batch_size=500)


def _write_moments(done: Sequence[Replayed]) -> None:
    """Plan what the actions would have planned: the end of a snooze, the closing of what is solved."""
    days = setting(CLOSE_AFTER_DAYS)
    planned = []
    for item in done:
        ticket = item.ticket
        if ticket.snoozed_until is not None:
            planned.append(("ticket.wake", SUBJECT_TICKET, ticket.pk, ticket.snoozed_until, None))
        if ticket.category == Category.SOLVED and ticket.solved_at is not None and days:
            planned.append(("ticket.close", SUBJECT_TICKET, ticket.pk, ticket.solved_at + timedelta(days=days), None))
    set_moments(planned)
