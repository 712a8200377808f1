"""Who may do what to a ticket: the role's right, on a ticket that the actor sees."""

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.tickets.models import Ticket


def _may(actor: Actor | None, ticket: Ticket, permission: str) -> bool:
    from otklik.tickets.queries import visible_to

    if not rights.can(actor, permission):
        return False
    assert actor is not None
    return rights.sees_everything(actor) or visible_to(actor).filter(pk=ticket.pk).exists()


def can_reply(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may answer the customer on this ticket."""
    return _may(actor, ticket, "tickets.reply")


def can_note(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may write notes on this ticket."""
    return _may(actor, ticket, "tickets.note")


def can_assign(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may give this ticket to somebody."""
    return _may(actor, ticket, "tickets.assign")


def can_change_status(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may change the status of this ticket."""
    return _may(actor, ticket, "tickets.status")


def can_edit(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may change properties, tags, references and participants of this ticket."""
    return _may(actor, ticket, "tickets.edit")


def can_follow(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may follow this ticket and let colleagues follow it."""
    return _may(actor, ticket, "tickets.note")


def can_snooze(actor: Actor | None, ticket: Ticket) -> bool:
    """Tell whether the actor may put this ticket off."""
    return _may(actor, ticket, "tickets.snooze")
