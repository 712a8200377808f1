"""A request that a colleague forwards belongs to the person who wrote it; a customer's forward stays the customer's."""

from otklik.accounts.policies import can
from otklik.accounts.queries import actor_for
from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.parse.model import Mailbox
from otklik.core.text import normal_address


def unwrap_forward(case: Case, facts: Facts) -> Stop | None:
    """Make the original sender the author when a believed colleague forwarded the mail."""
    forward = case.reading.forward
    if case.agent is None or forward is None or case.sides:  # what is forwarded into a side conversation stays there
        return None
    if not can(actor_for(case.agent, team_ids=frozenset()), "tickets.open"):
        return None
    address = normal_address(forward.address)
    if not address or "@" not in address:
        case.tell("forward_without_address", name=forward.name)
        return None
    if address in facts.own_addresses or address == normal_address(case.author_address):
        return None
    case.forwarded_by = case.agent
    case.author = Mailbox(forward.name, forward.address)
    case.author_by = "forward"
    case.subject = forward.subject or case.mail.subject
    case.text, case.html, case.note = forward.text, forward.html, forward.note
    case.candidates, case.outer_ids = [], []
    case.tell("forwarded", by=case.agent.name, address=forward.address)
    return None
