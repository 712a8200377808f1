"""What a page of found tickets shows of them: rows and texts, looked up anew within what the reader may see."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.prepared import Found as Rows
from otklik.core.prepared import Prepared, found_by
from otklik.tickets.documents import MESSAGE
from otklik.tickets.models import Message, MessageKind, Ticket
from otklik.tickets.queries.access import sees_all, visible_to
from otklik.tickets.queries.searching import Found

_TEXT: Final = 20_000
_FOR_CUSTOMERS: Final = frozenset({MessageKind.INCOMING, MessageKind.REPLY})


@dataclass(frozen=True, slots=True)
class FoundText:
    """The message that was found."""

    text: str
    kind: str
    author: str


def found_tickets(actor: Actor, found: Found) -> QuerySet[Ticket]:
    """Return the tickets of a page, within what the actor sees and the conditions of the line; in no order."""
    tickets = visible_to(actor).filter(pk__in=found.numbers)
    return tickets.filter(*(condition.where for condition in found.asked.conditions))


def found_rows(actor: Actor, found: Found, columns: tuple[str, ...]) -> Rows[Any]:
    """Return columns, first the number, of a page's tickets in the order in which they were found (one statement)."""
    if sees_all(actor) and not found.asked.conditions:
        rows = _any_rows(columns).found(list(found.numbers))
    else:
        rows = found_by(found_tickets(actor, found).values_list(*columns))
    by_number = {row[0]: row for row in rows.rows}
    return replace(rows, rows=[by_number[number] for number in found.numbers if number in by_number])


@lru_cache(maxsize=8)
def _any_rows(columns: tuple[str, ...]) -> Prepared[Ticket]:
    """Return the query for tickets by number; whoever asks sees all."""
    return Prepared(lambda numbers: Ticket.objects.filter(pk__in=numbers).values_list(*columns))


_texts: Final[Prepared[Any]] = Prepared(
    lambda ids: Message.objects.filter(pk__in=ids).order_by().values_list(
        "pk", "ticket_id", "kind", "author_name", "visible_text"
    )
)  # fmt: skip


def found_texts(actor: Actor, found: Found, numbers: Sequence[int]) -> dict[int, FoundText]:
    """Return, by ticket, the message that was found (one statement); ``numbers`` are tickets that the actor sees.

    A message that has moved to another ticket since it was read into the index is left out, as is for a customer what
    is not meant for him.
    """
    wanted = {hit.source_id: number for number in numbers if (hit := found.spots.get(number)) and hit.kind == MESSAGE}
    rows: list[Any] = _texts(list(wanted))
    return {
        ticket_id: FoundText(text[:_TEXT], kind, author)
        for pk, ticket_id, kind, author, text in rows
        if wanted[pk] == ticket_id and (actor.kind != "contact" or kind in _FOR_CUSTOMERS)
    }
