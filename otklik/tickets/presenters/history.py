"""The tickets of a person or an organisation in which something was found, as their history shows them."""

from typing import Any

from otklik.contacts.models import Contact, Organization
from otklik.core.actor import Actor
from otklik.core.errors import Invalid
from otklik.tickets.panels import history_of_organization, history_of_person, history_rows
from otklik.tickets.presenters.found import trouble_of
from otklik.tickets.queries.found import found_tickets
from otklik.tickets.queries.searching import search
from otklik.tickets.queries.understanding import understand

MOST = 100


def found_history(
    actor: Actor, line: str, *, person: Contact | None = None, organization: Organization | None = None
) -> dict[str, Any]:
    """Return the rows of a history that fit a search line, newest first; all of it without one."""
    within = person or organization
    assert within is not None
    try:
        asked = understand(actor, line)
    except Invalid as error:
        return {"rows": [], "trouble": trouble_of(error)}
    if not asked:
        whole = history_of_person(actor, person) if person else history_of_organization(actor, organization)  # type: ignore[arg-type]
        return {"rows": whole["rows"]}
    found = search(actor, asked, limit=MOST, within=within)
    tickets = {ticket.pk: ticket for ticket in found_tickets(actor, found).select_related("status")}
    rows = history_rows([tickets[number] for number in found.numbers if number in tickets])
    return {"rows": rows, "corrected": found.corrected, "looked": True}
