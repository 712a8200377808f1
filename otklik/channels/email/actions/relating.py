"""One mail that came to several of our mailboxes: its tickets are linked with each other, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

from otklik.channels.email.case import Case
from otklik.channels.email.models import Inbound, InboundState
from otklik.channels.email.standing import mail_channels
from otklik.core.actor import Actor
from otklik.tickets.actions.linking import link
from otklik.tickets.models import LinkKind, Ticket

_SYSTEM = Actor.system()
_WITH_TICKET = (InboundState.TICKET, InboundState.MESSAGE)
_MERGES = 10


class Ended(Protocol):
    """Where a mail ended, as far as it matters here."""

    case: Case
    state: InboundState
    reason: str
    ticket_id: int | None


@dataclass(frozen=True, slots=True)
class _Twin:
    """The same mail in another mailbox: its row, its digest and its ticket."""

    row: int
    digest: str
    ticket: int


def hold_twins(cases: Sequence[Case]) -> list[_Twin]:
    """Return the same mails in other mailboxes that are on tickets; call it first in the transaction that writes these.

    Both sides lock the rows of each other in the order of their numbers, so that of two that are written at once the
    later sees the ticket of the earlier. Costs a statement, and none where there is but one mailbox.
    """
    places = mail_channels()
    if len(places) < 2:
        return []
    own = {case.row.pk for case in cases}
    rows = Inbound.objects.filter(channel__in=places, dedupe__in={case.row.dedupe for case in cases}).order_by("pk")
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(no_key=True)
    return [
        _Twin(pk, digest, ticket)
        for pk, digest, state, reason, ticket in rows.values_list("pk", "dedupe", "state", "reason", "ticket_id")
        if pk not in own and state in _WITH_TICKET and not reason and ticket is not None
    ]


def relate(ends: Sequence[Ended], twins: Sequence[_Twin]) -> None:
    """Link the tickets of equal mails with the oldest of them, and say so on the way of each that ends here."""
    mine = [end for end in ends if end.state in _WITH_TICKET and not end.reason and end.ticket_id is not None]
    places = [*twins, *(_Twin(end.case.row.pk, end.case.row.dedupe, end.ticket_id or 0) for end in mine)]
    for end in mine:
        row = end.case.row
        same = {one.ticket for one in places if one.digest == row.dedupe and one.row != row.pk} - {end.ticket_id}
        if not same:
            continue
        ticket, *others = _as_they_are([end.ticket_id or 0, *sorted(same)])
        others = [other for other in others if other.pk != ticket.pk and other.shelf is None]
        if others and ticket.shelf is None:
            link(ticket, other=min(others, key=lambda one: one.pk), kind=LinkKind.RELATED, by=_SYSTEM)
            end.case.tell("related", tickets=sorted({other.pk for other in others}))


def _as_they_are(numbers: Sequence[int]) -> list[Ticket]:
    """Return tickets in this order, those that were merged by the one they were taken into; none that are gone."""
    found = []
    for number in numbers:
        ticket = Ticket.objects.filter(pk=number).first()
        for _again in range(_MERGES):
            if ticket is None or ticket.merged_into_id is None:
                break
            ticket = Ticket.objects.filter(pk=ticket.merged_into_id).first()
        if ticket is not None:
            found.append(ticket)
    return found
