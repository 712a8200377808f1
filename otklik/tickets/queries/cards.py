"""What the card of a ticket shows: the ticket with its neighbours, its messages with files, other tickets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from django.db.models import Aggregate, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from otklik.accounts.queries import colleagues, teams
from otklik.contacts.models import Contact, Organization
from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.core.prepared import Found, Prepared, Row, place_of
from otklik.tickets.models import Attachment, ForeignReference, Message, Ticket
from otklik.tickets.queries.access import messages_visible_to, sees_all, visible_to
from otklik.tickets.queries.directories import active_channels, statuses, types

CARD_RELATED: Final = ("status", "type", "channel", "requester", "organization", "team", "assignee")


class _JsonList(Aggregate):
    """Gathers JSON values into a list: what both databases call differently."""

    function = "json_group_array"
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Say it in PostgreSQL's words."""
        return super().as_sql(compiler, connection, function="jsonb_agg", **extra)


def card(actor: Actor, number: int) -> Ticket:
    """Return a visible ticket with everything its head and properties name (one statement), or raise ``NotFound``.

    ``references_shown`` holds its foreign references: a list of ``{"id", "system", "number", "url"}``, or None.
    """
    rows: list[Ticket] = []
    if 0 < number < 2**63:
        rows = _any_card(number) if sees_all(actor) else list(_as_card(visible_to(actor), number))
    if not rows:
        raise NotFound
    return _with_directories(rows[0])


def _as_card(tickets: QuerySet[Ticket], number: int) -> QuerySet[Ticket]:
    references = (
        ForeignReference.objects.filter(ticket_id=OuterRef("pk"))
        .order_by()
        .values("ticket_id")
        .annotate(shown=_JsonList(JSONObject(id="id", system="system", number="number", url="url")))
        .values("shown")
    )
    neighbours = tickets.select_related("requester", "organization")
    return neighbours.annotate(references_shown=Subquery(references)).filter(pk=number)[:1]


_any_card: Final = Prepared(lambda number: _as_card(Ticket.objects.all(), number))


def _with_directories(ticket: Ticket) -> Ticket:
    """Set what stands in memory anyway instead of joining it; what is not there (a blocked user) is read when asked."""
    kept = (
        ("status", statuses()), ("type", types()), ("channel", active_channels()), ("team", teams()),
        ("assignee", colleagues()),
    )  # fmt: skip
    for relation, rows in kept:
        wanted = getattr(ticket, f"{relation}_id")
        for row in rows:
            if row.pk == wanted:
                setattr(ticket, relation, row)
    return ticket


def messages_of(actor: Actor, ticket: Ticket, *, after_id: int = 0, limit: int = 500) -> list[Message]:
    """Return the newest ``limit`` readable messages of a visible ticket, oldest first; ``files_shown`` of each holds
    its files (two statements)."""
    if actor.kind == "contact":
        messages = list(messages_on(actor, ticket).filter(id__gt=after_id).order_by("-id")[:limit])
    else:
        messages = _newest(limit)(ticket.pk, after_id)
    messages.reverse()
    return with_files(messages)


@dataclass(frozen=True, slots=True)
class Said:
    """The newest messages of a ticket as rows, oldest first, with the rows of their files by message."""

    rows: list[Row]
    found: Found[Message]
    files: Mapping[int, tuple[Row, ...]]
    found_files: Found[Attachment]

    def messages(self, rows: Sequence[Row]) -> list[Message]:
        """Return some of the rows as messages with ``files_shown``."""
        messages = self.found.objects(rows)
        for message in messages:
            message.files_shown = self.found_files.objects(self.files.get(message.pk, ()))
        return messages


_REMOVED_AT, _FILE_OF = place_of(Message, "removed_at"), place_of(Attachment, "message_id")


def said_on(actor: Actor, ticket: Ticket, *, limit: int) -> Said:
    """Return the newest ``limit`` messages of a visible ticket for staff, who may read all of them (two statements);
    a note that was taken away has no files."""
    if not actor.is_staff:
        raise NotFound
    found = _newest(limit).found(ticket.pk, 0)
    files: dict[int, tuple[Row, ...]] = {}
    found_files = _files_of.found([row[0] for row in found.rows if row[_REMOVED_AT] is None])
    for row in found_files.rows:
        files[row[_FILE_OF]] = (*files.get(row[_FILE_OF], ()), row)
    return Said(list(reversed(found.rows)), found, files, found_files)


def with_files(messages: list[Message]) -> list[Message]:
    """Set ``files_shown`` of each message (one statement) and return them; a note that was taken away shows none."""
    files: dict[int | None, list[Attachment]] = {}
    for file in _files_of([message.pk for message in messages if message.removed_at is None]):
        files.setdefault(file.message_id, []).append(file)
    for message in messages:
        message.files_shown = files.get(message.pk, [])
    return messages


@lru_cache(maxsize=16)
def _newest(limit: int) -> Prepared[Message]:
    """Return the query for the newest messages of a ticket after an id; whoever asks is staff and sees the ticket."""
    return Prepared(
        lambda ticket_id, after_id: Message.objects.filter(
            ticket_id=ticket_id, id__gt=after_id, side__isnull=True
        ).order_by("-id")[:limit]
    )


_files_of: Final = Prepared(lambda message_ids: Attachment.objects.filter(message_id__in=message_ids).order_by("id"))


def messages_on(actor: Actor, ticket: Ticket) -> QuerySet[Message]:
    """Return the readable messages of one ticket that was loaded through ``visible_to`` already, without those of its
    side conversations."""
    if actor.kind == "contact":
        return messages_visible_to(actor).filter(ticket_id=ticket.pk)
    return Message.objects.filter(ticket_id=ticket.pk, side__isnull=True)


def newest_message() -> int:
    """Return the id of the newest message of all, 0 when there is none: what is written later has a greater one."""
    return Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def history_of(
    actor: Actor,
    *,
    contact: Contact | None = None,
    organization: Organization | None = None,
    limit: int = 20,
    besides: int | None = None,
) -> QuerySet[Ticket]:
    """Return the newest visible tickets of a person or an organisation, without ``besides``."""
    tickets = visible_to(actor).filter(shelf__isnull=True)
    if contact is not None:
        tickets = tickets.filter(requester=contact)
    if organization is not None:
        tickets = tickets.filter(organization=organization)
    if besides is not None:
        tickets = tickets.exclude(pk=besides)
    return tickets.select_related("status").order_by("-activity_at", "-id")[:limit]
