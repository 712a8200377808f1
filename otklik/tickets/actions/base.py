"""What every action on a ticket shares: the lock, the right, the version, the names an event keeps."""

from collections.abc import Callable, Collection

from django.db import connection
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden, NotFound
from otklik.core.moments import clear_moment
from otklik.core.text import printable
from otklik.tickets.events import SUBJECT_TICKET
from otklik.tickets.models import OPEN_CATEGORIES, Category, Status, Ticket, TicketTag

PREVIEW = 200
SUBJECT = 300
Policy = Callable[[Actor | None, Ticket], bool]


class Shelved(Conflict):
    """The ticket lies in the bin or in spam: nothing is done to it before it is restored."""

    code = "shelved"

    def __init__(self, ticket: Ticket) -> None:
        spam = ticket.shelf == "spam"
        words = (
            _("This ticket is spam: restore it first.") if spam else _("This ticket is in the bin: restore it first.")
        )
        super().__init__(words, current=ticket)


def allowed(policy: Policy, ticket: Ticket, by: Actor) -> None:
    """Refuse with ``NotFound`` what the actor does not see and with ``Forbidden`` what he may not do."""
    if policy(by, ticket):
        return
    from otklik.tickets.queries import visible_to

    if not visible_to(by).filter(pk=ticket.pk).exists():
        raise NotFound
    raise Forbidden(_("You have no right to do this."))


def locked(ticket: Ticket, *, shelved: bool = False) -> Ticket:
    """Return the ticket as it is now, locked until the transaction ends.

    Raises ``NotFound`` when it was deleted for ever meanwhile and, unless ``shelved`` ones are meant too, ``Shelved``.
    """
    hold([ticket.pk])
    rows = Ticket.objects.select_related("status", "team", "assignee", "channel")
    current = rows.filter(pk=ticket.pk).first()
    if current is None:
        raise NotFound
    if not shelved:
        not_shelved(current)
    return current


def not_shelved(*tickets: Ticket) -> None:
    """Raise ``Shelved`` for a ticket that lies in the bin or in spam."""
    for ticket in tickets:
        if ticket.shelf is not None:
            raise Shelved(ticket)


def off_shelf(ticket: Ticket) -> list[str]:
    """Take a ticket out of the bin or the spam folder, its status aside; return the fields to save."""
    ticket.shelf = ticket.shelved_at = ticket.shelved_status = None
    return ["shelf", "shelved_at", "shelved_status"]


def hold(numbers: Collection[int]) -> None:
    """Lock tickets until the transaction ends; read them afterwards (SQLite has one writer, nothing is asked there).

    Not in the statement that reads: when that had to wait, PostgreSQL looks at the changed ticket again but with the
    status it had before beside it, and a ticket whose status was changed is not found.
    """
    if connection.features.has_select_for_update:
        rows = Ticket.objects.select_for_update(no_key=True).filter(pk__in=numbers).order_by("pk")
        list(rows.values_list("pk"))


def touch(ticket: Ticket, *fields: str, versioned: bool = True) -> None:
    """Save the named fields with the time; what two people could edit at once raises the version."""
    ticket.updated_at = now()
    names = [*fields, "updated_at"]
    if versioned:
        ticket.version += 1
        names.append("version")
    ticket.save(update_fields=names)


def copy_state(source: Ticket, target: Ticket) -> None:
    """Bring the caller's object up to the state that was just written."""
    for field in Ticket._meta.concrete_fields:
        setattr(target, field.attname, getattr(source, field.attname))
    for relation in ("status", "team", "assignee", "channel", "type", "requester", "organization"):
        cached = source._state.fields_cache.get(relation)
        if cached is not None:
            target._state.fields_cache[relation] = cached
        else:
            target._state.fields_cache.pop(relation, None)


def cut(line: str, limit: int) -> str:
    """Return a line, with an ellipsis at its end when it is longer than ``limit`` characters.

    Django's Truncator looks at every character one by one, which costs a mail a tenth of its whole processing.
    """
    return line if len(line) <= limit else f"{line[: limit - 1].rstrip()}…"


def preview_of(text: str) -> str:
    """Return the first words of a message on one line, for lists."""
    return cut(" ".join(text[: PREVIEW * 4].split()), PREVIEW)


def clean_subject(subject: str) -> str:
    """Return a subject on one line without control characters, cut to what the column holds."""
    line = " ".join(printable(subject).split())
    return cut(line, SUBJECT)


def names_of(status: Status) -> dict[str, str]:
    """Return a status's names in both languages, as an event keeps them."""
    return {"ru": status.name_ru, "en": status.name_en}


def put_status(ticket: Ticket, status: Status) -> list[str]:
    """Set the status and everything that follows from its category; return the fields to save.

    Within one category the times of solving and closing stay.

    Only inside the transaction that saves them: the ticket's tags learn at once whether it is open.
    """
    ticket.status = status
    was, ticket.category = ticket.category, status.category
    was_open, ticket.is_open = ticket.is_open, status.category in OPEN_CATEGORIES
    if ticket.tags_shown and was_open != ticket.is_open:
        TicketTag.objects.filter(ticket_id=ticket.pk).update(is_open=ticket.is_open)
    at = now()
    if was != ticket.category:
        solved = at if ticket.category == Category.SOLVED else ticket.solved_at
        ticket.solved_at = None if ticket.is_open else solved
        ticket.closed_at = at if ticket.category == Category.CLOSED else None
    return ["status", "category", "is_open", "solved_at", "closed_at"]


def end_snooze(ticket: Ticket) -> list[str]:
    """Take a snooze off the ticket; return the fields to save (none when it was not snoozed)."""
    if ticket.snoozed_until is None:
        return []
    ticket.snoozed_until = None
    clear_moment("ticket.wake", SUBJECT_TICKET, ticket.pk)
    return ["snoozed_until"]
