"""Tickets follow when two contacts become one person, and go back when these are parted.

What went over is remembered by one event for each ticket, whose cause is the event of the merge.
"""

from collections.abc import Iterable
from typing import Any, Final

from otklik.contacts.models import Contact
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.events import DomainEvent, Event, record_many
from otklik.tickets.actions.base import hold
from otklik.tickets.models import Participant, Ticket
from otklik.tickets.people_events import PersonMerged, PersonParted

_SLICE: Final = 500
_FIELDS: Final = ("requester", "organization", "people", "version", "updated_at")


def unite_people(was_id: int, now_id: int, *, cause: int, by: Actor) -> int:
    """Move all tickets of one contact to another, inside the caller's transaction; return how many moved.

    Does nothing when the contacts are not merged (any more). Records ``person.merged`` on each ticket.
    """
    people = Contact.objects.in_bulk([was_id, now_id])
    was, kept = people.get(was_id), people.get(now_id)
    if was is None or kept is None or was.merged_into_id != now_id:
        return 0
    asked = Ticket.objects.filter(requester_id=was_id).values_list("pk", flat=True)
    shared = Participant.objects.filter(contact_id=was_id).values_list("ticket_id", flat=True)
    numbers = sorted({*asked, *shared})
    for start in range(0, len(numbers), _SLICE):
        _unite(numbers[start : start + _SLICE], was, kept, cause=cause, by=by)
    return len(numbers)


def _unite(numbers: list[int], was: Contact, kept: Contact, *, cause: int, by: Actor) -> None:
    hold(numbers)
    parts = _parts(numbers, was, kept)
    told: list[tuple[DomainEvent, Actor]] = []
    tickets = list(Ticket.objects.filter(pk__in=numbers).order_by("pk"))
    for ticket in tickets:
        event = _unite_one(ticket, was, kept, parts)
        told.append((event, by))
    _save(tickets)
    record_many(told, cause=cause)


def _parts(numbers: list[int], *people: Contact) -> dict[tuple[int, int], Participant]:
    rows = Participant.objects.filter(ticket_id__in=numbers, contact__in=people)
    return {(row.ticket_id, row.contact_id): row for row in rows}


def _unite_one(ticket: Ticket, was: Contact, kept: Contact, parts: dict[tuple[int, int], Participant]) -> PersonMerged:
    own, other = parts.get((ticket.pk, was.pk)), parts.get((ticket.pk, kept.pk))
    facts: dict[str, Any] = {}
    part, gone = "participant", None
    if ticket.requester_id == was.pk:
        part, gone = "requester", other
        facts["organization_was"] = ticket.organization_id
        ticket.requester = kept
        if ticket.organization_id == was.organization_id:
            ticket.organization_id = kept.organization_id
        facts["organization_now"] = ticket.organization_id
    elif other is not None or ticket.requester_id == kept.pk:
        part, gone = "double", own
    elif own is not None:
        own.contact = kept
        own.save(update_fields=["contact"])
        ticket.people = [_named(row, kept) if row["contact_id"] == was.pk else row for row in ticket.people]
    if gone is not None:
        facts["address"] = gone.address
        contact_id = gone.contact_id
        gone.delete()
        ticket.people = [row for row in ticket.people if row["contact_id"] != contact_id]
    return PersonMerged(
        subject_id=ticket.pk, team_id=ticket.team_id, part=part, was_id=was.pk, now_id=kept.pk, was=was.name,
        now=kept.name, **facts,
    )  # fmt: skip


def _named(row: dict[str, Any], contact: Contact) -> dict[str, Any]:
    return {**row, "contact_id": contact.pk, "name": contact.name}


def _save(tickets: Iterable[Ticket]) -> None:
    rows, at = list(tickets), now()
    for row in rows:
        row.version, row.updated_at = row.version + 1, at
    Ticket.objects.bulk_update(rows, _FIELDS, batch_size=100)


def part_people(merge_event: int, *, by: Actor) -> int:
    """Give back the tickets that a merge moved and that nobody has changed in this since; return how many.

    Inside the caller's transaction. Records ``person.parted`` on each.
    """
    rows = Event.objects.filter(kind=PersonMerged.kind, pk__gt=merge_event, cause_id=merge_event).order_by("pk")
    moves = [row.stored().event for row in rows]
    done = 0
    for start in range(0, len(moves), _SLICE):
        done += _part([move for move in moves[start : start + _SLICE] if isinstance(move, PersonMerged)], by=by)
    return done


def _part(moves: list[PersonMerged], *, by: Actor) -> int:
    numbers = [move.subject_id for move in moves]
    hold(numbers)
    tickets = Ticket.objects.in_bulk(numbers)
    people = Contact.objects.in_bulk({move.was_id for move in moves} | {move.now_id for move in moves})
    parts = _parts(numbers, *people.values())
    told: list[tuple[DomainEvent, Actor]] = []
    changed = []
    for move in moves:
        ticket, was, kept = tickets.get(move.subject_id), people.get(move.was_id), people.get(move.now_id)
        if ticket is None or was is None or kept is None or not _part_one(ticket, move, was, kept, parts):
            continue
        changed.append(ticket)
        event = PersonParted(subject_id=ticket.pk, team_id=ticket.team_id, contact_id=was.pk, name=was.name)
        told.append((event, by))
    _save(changed)
    record_many(told)
    return len(changed)


def _part_one(
    ticket: Ticket, move: PersonMerged, was: Contact, kept: Contact, parts: dict[tuple[int, int], Participant]
) -> bool:
    if move.part == "requester":
        if ticket.requester_id != kept.pk:
            return False
        ticket.requester = was
        if ticket.organization_id == move.organization_now:
            ticket.organization_id = move.organization_was
        if move.address:
            _take_part(ticket, kept, move.address, parts)
        return True
    if move.part == "double":
        if ticket.requester_id == was.pk:
            return False
        return _take_part(ticket, was, move.address, parts)
    own = parts.get((ticket.pk, kept.pk))
    if own is None or (ticket.pk, was.pk) in parts:
        return False
    own.contact = was
    own.save(update_fields=["contact"])
    ticket.people = [_named(row, was) if row["contact_id"] == kept.pk else row for row in ticket.people]
    return True


def _take_part(ticket: Ticket, contact: Contact, address: str, parts: dict[tuple[int, int], Participant]) -> bool:
    if (ticket.pk, contact.pk) in parts:
        return False
    Participant.objects.create(ticket=ticket, contact=contact, address=address, added_at=now())
    ticket.people = [*ticket.people, {"contact_id": contact.pk, "name": contact.name, "address": address}]
    return True
