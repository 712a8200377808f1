"""The tickets of a tag: read from the index of tags by number, so that a page costs the same at any depth."""

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.text import normal_form
from otklik.tickets.models import Ticket
from otklik.tickets.queries.access import visible_to


def tagged(
    actor: Actor, name: str, *, before: int = 0, among: list[int] | None = None, limit: int = 50
) -> QuerySet[Ticket]:
    """Return up to ``limit`` + 1 visible tickets with a tag, the newest numbers first, those below ``before``.

    Open and closed ones; a tag that nobody has given finds none. ``among`` leaves only these numbers.
    """
    tickets = visible_to(actor).filter(tickettag__tag__name_key=normal_form(name)[:40], shelf__isnull=True)
    if before:
        tickets = tickets.filter(tickettag__ticket_id__lt=before)
    if among is not None:
        tickets = tickets.filter(pk__in=among)
    return tickets.order_by("-tickettag__ticket_id")[: limit + 1]
