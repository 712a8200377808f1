"""The right to join: having found a request does not mean belonging to it.

Requester and participants continue their thread, unless a trusted server says that the sender is forged, or they are
named by another header than From or beside others in it: anybody can write such a header. A colleague
joins by his own address when he is believed. Others join only when a trusted server verified a sender of the same
organisation. Everybody else is held and shown on the card; he reopens nothing and receives nothing.
"""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState, SenderState
from otklik.channels.email.old_mail import is_old
from otklik.channels.email.steps.find_thread import organization_of
from otklik.channels.email.steps.quiet_automatic import is_answer
from otklik.core.text import normal_address
from otklik.tickets.models import Category, Ticket


def check_right(case: Case, facts: Facts) -> Stop | None:
    """Hold the mail of a stranger; send an answer to a closed request on as a new one that names the old.

    What lies in the bin or in spam is not meant: it comes out for an answer.
    """
    if case.match is None:
        return None
    ticket = case.match.ticket
    if case.agent is not None and case.forwarded_by is None:
        case.tell("joins", as_="colleague")
        return None
    if case.forwarded_by is None and (reason := refusal(case, facts, ticket)):
        if is_answer(case):
            return Stop(InboundState.IGNORED, "auto_reply", ticket)
        return Stop(InboundState.QUARANTINED, reason, ticket)
    stays = is_answer(case) or is_old(case.row)
    if ticket.category == Category.CLOSED and ticket.shelf is None and not stays:
        case.previous, case.match = ticket, None
        case.tell("closed", ticket=ticket.pk)
    return None


def refusal(case: Case, facts: Facts, ticket: Ticket) -> str:
    """Return why the author may not join the request, or nothing."""
    if takes_part(case, facts, ticket):
        return unproven(case)
    organization = organization_of(case, facts)
    same = organization is not None and organization.pk == ticket.organization_id
    if same and case.sender_state == SenderState.VERIFIED:
        return ""
    return "stranger"


def unproven(case: Case) -> str:
    """Return why the author may not be taken for the one he is said to be, or nothing."""
    if case.sender_state == SenderState.FAILED:
        return "sender_failed"
    return "claimed" if case.author_claimed else ""


def takes_part(case: Case, facts: Facts, ticket: Ticket) -> bool:
    """Tell whether the author is the requester or a participant."""
    contact = facts.contacts.get(normal_address(case.author_address))
    if contact is None:
        return False
    return contact.pk == ticket.requester_id or any(person["contact_id"] == contact.pk for person in ticket.people)
