"""Which request a mail belongs to. Signed names first, then what others wrote, then what people can type."""

from collections.abc import Iterator

from otklik.channels.email.case import Case, Facts, Match, Stop
from otklik.channels.email.models import SenderState
from otklik.contacts.models import Organization
from otklik.contacts.references import FoundReference, find_references
from otklik.core.text import normal_address, normal_form
from otklik.tickets.models import Ticket

_TEXT = 4000


def find_thread(case: Case, facts: Facts) -> Stop | None:
    """Set ``match`` to the first request found; note the customer's own numbers on the way."""
    if case.side is not None:
        return None
    if case.door is not None:
        return None
    organization, numbers = numbers_in(case, facts)
    case.foreign_refs = [(item.system, item.number, item.url) for item in numbers]
    for by, ticket in _found(case, facts, organization):
        case.match = Match(ticket, by)
        case.tell("thread", by=by, ticket=ticket.pk)
        break
    return None


def names_thread(case: Case, facts: Facts) -> bool:
    """Tell whether the mail names a request that is there, or a door; changes nothing."""
    organization = organization_of(case, facts)
    return any(door in facts.doors for door in case.doors) or next(_found(case, facts, organization), None) is not None


def numbers_in(case: Case, facts: Facts) -> tuple[Organization | None, list[FoundReference]]:
    """Return the organisation of the author and the numbers of its own desk in subject and text."""
    organization = organization_of(case, facts)
    if organization is None or not organization.reference_patterns:
        return organization, []
    texts = (case.subject or case.mail.subject, (case.text or case.reading.visible_new)[:_TEXT])
    return organization, find_references(texts, organization.reference_patterns)


def organization_of(case: Case, facts: Facts) -> Organization | None:
    """Return the organisation of the author: the contact's, else the owner of his mail domain unless he is forged."""
    author = case.author or case.mail.from_
    address = normal_address(author.address) if author is not None else ""
    contact = facts.contacts.get(address)
    if contact is not None:
        return contact.organization
    if case.sender_state == SenderState.FAILED:
        return None
    return facts.organizations.get(address.rpartition("@")[2])


def _found(case: Case, facts: Facts, organization: Organization | None) -> Iterator[tuple[str, Ticket]]:
    channel = case.channel.pk
    signed = [item for item in case.candidates if item[0] != "subject"]
    for by, number in signed:
        if number in facts.tickets:
            yield by, facts.tickets[number]
    for outer in case.outer_ids:
        if known := facts.known_ids.get((channel, outer)):
            yield "their_id", facts.tickets[known]
    own_id = case.row.mail_id
    if own_id and not case.forwarded_by and (child := facts.children.get((channel, own_id))):
        yield "late_parent", facts.tickets[child]
    for by, number in case.candidates:
        ticket = facts.tickets.get(number) if by == "subject" else None
        if ticket is not None and (ticket.channel_id == channel or ticket.channel.kind != "email"):
            yield "subject", ticket
    if organization is not None:
        for system, number_text, _url in case.foreign_refs:
            key = (organization.pk, system, normal_form(number_text)[:64])
            if held := facts.references.get(key):
                yield "foreign_reference", facts.tickets[held]
