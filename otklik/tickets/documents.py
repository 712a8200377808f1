"""Tickets as search reads them: the facts of each, its tags, and one document a message.

What lies in the bin or among spam has no documents: it is found by its number only.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from otklik.contacts.models import ContactAddress
from otklik.core.prepared import Prepared
from otklik.search.documents import ALL, Draft, Source, sources
from otklik.search.match import Scope, label
from otklik.tickets.models import Attachment, ForeignReference, Message, MessageKind, Participant, Ticket, TicketTag

ROOM: Final = "tickets"
_A_MOMENT: Final = timedelta(milliseconds=1)
FACTS: Final = "facts"
TAGS: Final = "tags"
MESSAGE: Final = "message"
_SCOPES: Final[dict[str, Scope]] = {
    MessageKind.INCOMING: "public", MessageKind.REPLY: "public", MessageKind.NOTE: "note", MessageKind.SYSTEM: "team",
    MessageKind.SIDE_OUT: "note", MessageKind.SIDE_IN: "note",
}  # fmt: skip
_COLUMNS: Final = (
    "pk", "subject", "created_at", "requester_id", "requester__name", "requester__phone", "organization_id",
    "organization__name", "channel_id", "people",
)  # fmt: skip


def requester_label(contact_id: int) -> str:
    """Return the word that every document of a person's tickets has."""
    return label("r", contact_id)


def organization_label(organization_id: int) -> str:
    """Return the word that every document of an organisation's tickets has."""
    return label("o", organization_id)


def channel_label(channel_id: int) -> str:
    """Return the word that every document of a channel's tickets has."""
    return label("c", channel_id)


def tag_label(tag_id: int) -> str:
    """Return the word that every document of a tagged ticket has."""
    return label("t", tag_id)


@dataclass(slots=True)
class _Known:
    """A ticket as its documents need it."""

    ticket_id: int
    opened_at: datetime  # a moment before its first message, which is the better thing to show
    about: tuple[str, ...]
    labels: tuple[str, ...]
    tags: tuple[str, ...]
    names: tuple[str, ...]
    phone: str
    requester_id: int


# Worded once each: they run for every message of the desk, and wording long lists of ids costs more than the answers.
_tickets: Final[Prepared[Any]] = Prepared(
    lambda ids: Ticket.objects.filter(pk__in=ids, shelf__isnull=True).values_list(*_COLUMNS)
)
_tags: Final[Prepared[Any]] = Prepared(
    lambda ids: TicketTag.objects.filter(ticket_id__in=ids).order_by("tag_id").values_list(
        "ticket_id", "tag_id", "tag__name"
    )
)  # fmt: skip
_addresses: Final[Prepared[Any]] = Prepared(
    lambda ids: ContactAddress.objects.filter(contact_id__in=ids).order_by("id").values_list(
        "contact_id", "address", "shown"
    )
)  # fmt: skip
_numbers: Final[Prepared[Any]] = Prepared(
    lambda ids: ForeignReference.objects.filter(ticket_id__in=ids).order_by("id").values_list(
        "ticket_id", "number", "system"
    )
)  # fmt: skip
_phones: Final[Prepared[Any]] = Prepared(
    lambda ids: Participant.objects.filter(ticket_id__in=ids, contact__phone__gt="").order_by("id").values_list(
        "ticket_id", "contact__phone"
    )
)  # fmt: skip
_MESSAGE: Final = (
    "pk", "ticket_id", "kind", "created_at", "visible_text", "removed_at", "author_kind", "author_id", "author_name",
    "recipients",
)  # fmt: skip
_messages_of: Final[Prepared[Any]] = Prepared(
    lambda ids: Message.objects.filter(ticket_id__in=ids).order_by("id").values_list(*_MESSAGE)
)
_these_messages: Final[Prepared[Any]] = Prepared(
    lambda ids: Message.objects.filter(pk__in=ids).order_by("id").values_list(*_MESSAGE)
)
_files: Final[Prepared[Any]] = Prepared(
    lambda ids: Attachment.objects.filter(message_id__in=ids).order_by("id").values_list("message_id", "name")
)


def of_tickets(ticket_ids: Sequence[int]) -> Iterator[Draft]:
    """Return all documents of these tickets (seven statements)."""
    known = _known(ticket_ids)
    if not known:
        return
    yield from _facts(known)
    yield from _of_tags(known)
    yield from _drafts(known, _messages_of(list(known)))


def _of_tags(known: dict[int, _Known]) -> Iterator[Draft]:
    for ticket in known.values():
        if ticket.tags:
            yield Draft(
                kind=TAGS, source_id=ticket.ticket_id, holder_id=ticket.ticket_id, at=ticket.opened_at, scope="team",
                about=ticket.about, names=ticket.tags, labels=ticket.labels,
            )  # fmt: skip


def these(documents: Sequence[tuple[str, int]]) -> Iterator[Draft]:
    """Return the named documents, by kind and source; whoever asks bounds how many (nine statements)."""
    if numbers := sorted({source_id for kind, source_id in documents if kind != MESSAGE}):
        known = _known(numbers)
        yield from _facts(known)
        yield from _of_tags(known)
    if messages := [source_id for kind, source_id in documents if kind == MESSAGE]:
        yield from of_messages(messages)


def of_messages(message_ids: Sequence[int]) -> Iterator[Draft]:
    """Return the documents of these messages (four statements)."""
    rows: list[Any] = _these_messages(list(message_ids))
    yield from _drafts(_known(sorted({row[1] for row in rows})), rows)


def _known(ticket_ids: Sequence[int]) -> dict[int, _Known]:
    tags: dict[int, list[tuple[int, str]]] = defaultdict(list)
    held: list[Any] = _tags(list(ticket_ids))
    for ticket_id, tag_id, name in held:
        tags[ticket_id].append((tag_id, name))
    rows: list[Any] = _tickets(list(ticket_ids))
    return {row[0]: _of_row(dict(zip(_COLUMNS, row, strict=True)), tags.get(row[0], [])) for row in rows}


def _of_row(row: dict[str, Any], tags: list[tuple[int, str]]) -> _Known:
    labels = [requester_label(row["requester_id"]), channel_label(row["channel_id"])]
    if row["organization_id"]:
        labels.append(organization_label(row["organization_id"]))
    labels += [tag_label(tag_id) for tag_id, _name in tags]
    people = [str(person.get(key) or "") for person in row["people"] for key in ("name", "address")]
    return _Known(
        ticket_id=row["pk"],
        opened_at=row["created_at"] - _A_MOMENT,
        about=(row["subject"], row["requester__name"], row["organization__name"] or ""),
        labels=tuple(labels),
        tags=tuple(name for _id, name in tags),
        names=tuple(name for name in people if name),
        phone=row["requester__phone"],
        requester_id=row["requester_id"],
    )


def _facts(known: dict[int, _Known]) -> Iterator[Draft]:
    addresses: dict[int, list[str]] = defaultdict(list)
    written: list[Any] = _addresses(sorted({ticket.requester_id for ticket in known.values()}))
    for contact_id, address, shown in written:
        addresses[contact_id] += dict.fromkeys((shown, address))
    numbers: dict[int, list[str]] = defaultdict(list)
    given: list[Any] = _numbers(list(known))
    for ticket_id, number, system in given:
        numbers[ticket_id] += [number, system]
    phones: dict[int, list[str]] = defaultdict(list)
    theirs: list[Any] = _phones(list(known))
    for ticket_id, phone in theirs:
        phones[ticket_id].append(phone)
    for ticket in known.values():
        names = (*addresses[ticket.requester_id], *numbers[ticket.ticket_id], *ticket.names)
        yield Draft(
            kind=FACTS, source_id=ticket.ticket_id, holder_id=ticket.ticket_id, at=ticket.opened_at, scope="public",
            about=ticket.about, names=names, labels=ticket.labels,
            phones=tuple(phone for phone in (ticket.phone, *phones[ticket.ticket_id]) if phone),
        )  # fmt: skip


def _drafts(known: dict[int, _Known], messages: Sequence[Any]) -> Iterator[Draft]:
    files = _file_names([row[0] for row in messages if row[5] is None])  # nothing finds what was taken away
    for pk, ticket_id, kind, at, text, removed, author_kind, author_id, author, recipients in messages:
        ticket = known.get(ticket_id)
        if ticket is None:
            continue  # opened after we looked at the tickets: its own note follows
        is_third = author_kind == "contact" and author_id != ticket.requester_id
        people = () if removed else _people(ticket.requester_id, author if is_third else "", recipients)
        yield Draft(
            kind=MESSAGE, source_id=pk, holder_id=ticket_id, at=at, scope=_SCOPES[kind],
            about=ticket.about, text=text, names=(*files.get(pk, ()), *people), labels=ticket.labels,
        )  # fmt: skip


def _people(requester_id: int, author: str, recipients: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Return which third party wrote a message and whom it went to, as it says itself, addresses too.

    The requester goes by the name of now, which each document has anyway; colleagues would find all that they answered.
    """
    if author:
        yield author
    for person in recipients:
        if person.get("name") and person.get("contact_id") != requester_id:
            yield person["name"]
        if person.get("address"):
            yield person["address"]


def _file_names(message_ids: Sequence[int]) -> dict[int, list[str]]:
    names: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(message_ids), 4_096):
        rows: list[Any] = _files(list(message_ids[start : start + 4_096]))
        for message_id, name in rows:
            names[message_id].append(name)
    return names


def members(topic: str, key: int, after: int, limit: int) -> list[int]:
    """Return the next tickets of a topic by number: "all", those of a "contact" or of an "organization".

    Those of a contact are the ones that he asked for or takes part in.
    """
    tickets = Ticket.objects.filter(pk__gt=after)
    if topic == "contact":
        joined = Participant.objects.filter(contact_id=key, ticket_id__gt=after).order_by("ticket_id")
        asked = tickets.filter(requester_id=key).order_by("pk").values_list("pk", flat=True)
        return sorted({*asked[:limit], *joined.values_list("ticket_id", flat=True)[:limit]})[:limit]
    if topic == "organization":
        tickets = tickets.filter(organization_id=key)
    elif topic != ALL:
        return []
    return list(tickets.order_by("pk").values_list("pk", flat=True)[:limit])


sources.register(ROOM, Source(whole=of_tickets, parts=of_messages, these=these, members=members))
