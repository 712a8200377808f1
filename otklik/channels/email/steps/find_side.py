"""Which side conversation a letter belongs to, and whether its author takes part in it.

A signed name of a side conversation decides alone: what bears one never reaches the conversation with the customer,
whatever else it names, and is never words of the customer, even when it is he who wrote.
"""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.channels.email.steps.check_right import unproven
from otklik.channels.email.steps.quiet_automatic import is_answer, null_sender
from otklik.core.text import normal_address
from otklik.tickets.models import SideConversation


def find_side(case: Case, facts: Facts) -> Stop | None:
    """Set ``side``; hold the letter of somebody who takes no part in it. Its absence notes are ignored."""
    side = next((facts.sides[number] for number in case.sides if number in facts.sides), None)
    if side is None:
        return None
    case.tell("side", side=side.pk, ticket=side.ticket_id)
    if reason := refusal(case, facts, side):
        if is_answer(case):
            return Stop(InboundState.IGNORED, "auto_reply", side.ticket)
        return Stop(InboundState.QUARANTINED, reason, side.ticket)
    mail = case.mail
    case.side = side
    case.quiet = mail.quiet or mail.auto_reply or mail.list is not None or null_sender(case)
    if case.quiet:
        case.tell("automatic", signs=list(mail.kind_signs)[:5])
    return None


def refusal(case: Case, facts: Facts, side: SideConversation) -> str:
    """Return why the author may not write here, or nothing. Colleagues may who are believed."""
    if case.agent is not None:
        return ""
    if normal_address(case.author_address) in facts.side_people.get(side.pk, frozenset()):
        return unproven(case)
    return "stranger"
