"""The public JSON of tickets and messages: one shape for the API, and for whatever else leaves the house."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final

from django.conf import settings

from otklik.accounts.models import Team, User
from otklik.contacts.models import Contact
from otklik.contacts.queries import primary_address
from otklik.core.blocks import load_blocks
from otklik.core.prepared import Prepared
from otklik.tickets.models import Attachment, Channel, Follower, ForeignReference, Message, Priority, Status, Ticket

Json = dict[str, Any]


def iso(moment: datetime | None) -> str | None:
    """Return a moment as ISO 8601 with its zone."""
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def absolute(path: str) -> str:
    """Return an address of ours with the configured base, or the path alone when none is configured."""
    return f"{settings.BASE_URL}{path}"


def status_json(status: Status) -> Json:
    """Return a status with its name in the active language."""
    return {"key": status.key, "category": status.category, "name": str(status)}


def channel_json(channel: Channel | None) -> Json | None:
    """Return a channel's kind and name."""
    return {"kind": channel.kind, "name": channel.address or channel.name} if channel else None


def _pair(row: Team | User | None) -> Json | None:
    return {"id": row.pk, "name": row.name} if row else None


def requester_json(contact: Contact) -> Json:
    """Return a person as tickets name him (addresses must be prefetched)."""
    return {
        "id": contact.pk,
        "name": contact.name,
        "email": primary_address(contact) or None,
        "phone": contact.phone or None,
    }


def people_json(ticket: Ticket) -> list[Json]:
    """Return those who take part besides the requester."""
    return [{"id": row["contact_id"], "name": row["name"], "email": row["address"]} for row in ticket.people]


def reference_json(row: ForeignReference) -> Json:
    """Return a foreign reference."""
    return {"system": row.system, "number": row.number, "url": row.url or None}


def attachment_json(row: Attachment) -> Json:
    """Return a file's facts; its bytes are at ``/api/v1/attachments/{id}``."""
    return {
        "id": row.pk,
        "name": row.name,
        "size": row.size,
        "content_type": row.content_type,
        "inline": row.inline,
        "removed_at": row.removed_at.isoformat() if row.removed_at else None,
    }


_references_of: Final = Prepared(lambda ids: ForeignReference.objects.filter(ticket_id__in=ids).order_by("id"))
_followers_of: Final[Prepared[Any]] = Prepared(
    lambda ids: (
        Follower.objects.filter(ticket_id__in=ids).order_by("id").values_list("ticket_id", "user_id", "user__name")
    )
)


def tickets_json(tickets: Sequence[Ticket]) -> list[Json]:
    """Return tickets that were loaded with ``CARD_RELATED`` and their requesters' addresses, or as a card is."""
    numbers = [ticket.pk for ticket in tickets]
    references = _references(tickets)
    followers: dict[int, list[Json]] = defaultdict(list)
    for number, user_id, name in _followers_of([ticket.pk for ticket in tickets if ticket.followers_shown]):
        followers[number].append({"id": user_id, "name": name})
    blocks = load_blocks("ticket", numbers)
    return [
        _ticket_json(ticket, references[ticket.pk], followers[ticket.pk]) | _blocks_of(blocks, ticket.pk)
        for ticket in tickets
    ]


def _references(tickets: Sequence[Ticket]) -> dict[int, list[Json]]:
    """Return foreign references by ticket; the statement of a card brings its own along."""
    found: dict[int, list[Json]] = defaultdict(list)
    for row in _references_of([ticket.pk for ticket in tickets if not hasattr(ticket, "references_shown")]):
        found[row.ticket_id].append(reference_json(row))
    for ticket in tickets:
        for held in sorted(getattr(ticket, "references_shown", None) or [], key=itemgetter("id")):
            found[ticket.pk].append({"system": held["system"], "number": held["number"], "url": held["url"] or None})
    return found


def new_ticket_json(ticket: Ticket, *, referenced: bool) -> Json:
    """Return a ticket that was opened just now, mostly from what is in memory: nobody can have followed it yet."""
    rows = ForeignReference.objects.filter(ticket=ticket).order_by("id") if referenced else ()
    references = [reference_json(row) for row in rows]
    blocks = load_blocks("ticket", [ticket.pk])
    return _ticket_json(ticket, references, []) | _blocks_of(blocks, ticket.pk)


def _blocks_of(blocks: dict[str, dict[int, Any]], key: int) -> Json:
    """Return what other rooms add to one row; a block that knows nothing of it leaves the default."""
    return {name: values[key] for name, values in blocks.items() if key in values}


def _ticket_json(ticket: Ticket, references: list[Json], followers: list[Json]) -> Json:
    organization = ticket.organization
    return {
        "number": ticket.pk,
        "subject": ticket.subject,
        "status": status_json(ticket.status),
        "type": {"key": ticket.type.key, "name": str(ticket.type)} if ticket.type else None,
        "priority": Priority(ticket.priority).key,
        "channel": channel_json(ticket.channel),
        "requester": requester_json(ticket.requester),
        "organization": {"id": organization.pk, "name": organization.name} if organization else None,
        "site": None,
        "team": _pair(ticket.team),
        "assignee": _pair(ticket.assignee),
        "followers": followers,
        "people": people_json(ticket),
        "tags": ticket.tags_shown,
        "foreign_refs": references,
        "fields": ticket.fields,
        "snoozed_until": iso(ticket.snoozed_until),
        "previous": ticket.previous_id,
        "merged_into": ticket.merged_into_id,
        "shelf": ticket.shelf,
        "spent_seconds": ticket.spent_seconds or 0,
        "version": ticket.version,
        "sla": [],
        "created_at": iso(ticket.created_at),
        "updated_at": iso(ticket.updated_at),
        "last_message_at": iso(ticket.last_message_at),
        "url": absolute(f"/tickets/{ticket.pk}/"),
    }


def messages_json(messages: Iterable[Message]) -> list[Json]:
    """Return messages with their files (``attachments`` and ``channel`` prefetched) and the blocks of other rooms."""
    rows = list(messages)
    blocks = load_blocks("message", [row.pk for row in rows])
    return [_message_json(row) | _blocks_of(blocks, row.pk) for row in rows]


def _message_json(row: Message) -> Json:
    return {
        "id": row.pk,
        "kind": row.kind,
        "author": {"kind": row.author_kind, "id": row.author_id, "name": row.author_name},
        "created_at": iso(row.created_at),
        "body_text": row.body_text,
        "body_html": row.body_html,
        "visible_text": row.visible_text,
        "attachments": [attachment_json(file) for file in row.attachments.all() if row.removed_at is None],
        "channel": channel_json(row.channel),
        "delivery_state": None,
        "deliveries": [],
        "email": None,
        "spent_seconds": row.spent_seconds,
        "recorded_by": row.recorded["by"] if row.recorded else None,
        "edited_at": iso(row.edited_at),
        "removed": row.removed_at is not None,
    }
