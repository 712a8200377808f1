"""Numbers that the customer's own desk gave to a request."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.core.events import record, record_many
from otklik.core.text import normal_form
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, locked
from otklik.tickets.models import ForeignReference, Ticket

MOST = 20
Reference = tuple[str, str, str | None]  # system, number, address of its page


def clean_reference(system: str, number: str, url: str | None) -> Reference:
    """Return a reference that can be stored; raises ``Invalid`` (field ``foreign_refs``)."""
    shown = " ".join(str(number).split())
    if not 1 <= len(shown) <= 64:
        raise Invalid(_("The customer's number has 1 to 64 characters."), field="foreign_refs")
    address = (url or "").strip()
    if address and not address.startswith(("https://", "http://")):
        raise Invalid(_("The address of a request must begin with https://"), field="foreign_refs")
    return " ".join(str(system).split())[:80], shown, address[:400] or None


def add_references(pairs: Sequence[tuple[Ticket, Iterable[Reference]]], *, by: Actor) -> None:
    """Add references to tickets in bulk inside the caller's transaction; those that are there stay once.

    Records ``foreign_reference.changed`` for each ticket that got one.
    """
    wanted = {
        (ticket.pk, system, normal_form(number)[:64]): (ticket, number, url)
        for ticket, references in pairs
        for system, number, url in (clean_reference(*reference) for reference in references)
    }
    if not wanted:
        return
    known = set(
        ForeignReference.objects.filter(ticket_id__in={key[0] for key in wanted}).values_list(
            "ticket_id", "system", "number_key"
        )
    )
    fresh = {key: value for key, value in wanted.items() if key not in known}
    ForeignReference.objects.bulk_create(
        [
            ForeignReference(
                ticket=ticket,
                organization_id=ticket.organization_id,
                system=system,
                number=number,
                number_key=key,
                url=url or "",
            )
            for (_ticket_id, system, key), (ticket, number, url) in fresh.items()
        ],
        ignore_conflicts=True,
    )
    added: dict[int, tuple[Ticket, list[str]]] = {}
    for ticket, number, _url in fresh.values():
        added.setdefault(ticket.pk, (ticket, []))[1].append(number)
    record_many(
        [
            (events.ReferencesChanged(subject_id=pk, team_id=ticket.team_id, added=numbers), by)
            for pk, (ticket, numbers) in added.items()
        ]
    )


def set_references(ticket: Ticket, *, references: Sequence[Reference], by: Actor) -> bool:
    """Make these the ticket's foreign references; return false when nothing changes.

    Raises ``Invalid`` naming the field ``foreign_refs`` for a number or address that cannot be stored.
    """
    allowed(policies.can_edit, ticket, by)
    if len(references) > MOST:
        raise Invalid(_("A ticket has at most 20 foreign references."), field="foreign_refs")
    wanted = {(s, normal_form(n)[:64]): (s, n, u) for s, n, u in (clean_reference(*r) for r in references)}
    with transaction.atomic():
        current = locked(ticket)
        rows = {(row.system, row.number_key): row for row in current.references.all()}
        gone = [row for key, row in rows.items() if key not in wanted]
        fresh = [reference for key, reference in wanted.items() if key not in rows]
        if gone:
            ForeignReference.objects.filter(pk__in=[row.pk for row in gone]).delete()
            numbers = [row.number for row in gone]
            record(events.ReferencesChanged(subject_id=ticket.pk, team_id=current.team_id, removed=numbers), by=by)
        add_references([(current, fresh)], by=by)
    return bool(gone or fresh)


def remove_reference(ticket: Ticket, *, reference_id: int, by: Actor) -> bool:
    """Take one reference off; a second time changes nothing and returns false."""
    allowed(policies.can_edit, ticket, by)
    with transaction.atomic():
        row = ForeignReference.objects.filter(ticket=ticket, pk=reference_id).first()
        if row is None or not ForeignReference.objects.filter(pk=row.pk).delete()[0]:
            return False
        record(events.ReferencesChanged(subject_id=ticket.pk, team_id=ticket.team_id, removed=[row.number]), by=by)
    return True
