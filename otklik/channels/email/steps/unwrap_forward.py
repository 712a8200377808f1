"""A request that a colleague forwards belongs to the person who wrote it; a customer's forward stays the customer's.

Outlook quotes what one answers as it quotes what one forwards. So a forward that shows itself by nothing else waits
until it is known whether the mail names a thread of ours (``weigh_forward``): then it is the colleague's answer in it.
"""

from dataclasses import replace

from otklik.accounts.policies import can
from otklik.accounts.queries import actor_for
from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.parse.model import Mailbox
from otklik.channels.email.reading import ForwardedMail
from otklik.channels.email.steps.find_thread import names_thread
from otklik.core.text import normal_address


def unwrap_forward(case: Case, facts: Facts) -> Stop | None:
    """Make the original sender the author when a believed colleague forwarded the mail; let an uncertain one wait."""
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
    if forward.certain:
        _unwrap(case, forward)
    else:
        case.forward_waits = True
    return None


def weigh_forward(case: Case, facts: Facts) -> Stop | None:
    """Take an uncertain forward for an answer when it names a thread of ours, else for a forward."""
    forward = case.reading.forward
    if not case.forward_waits or forward is None:
        return None
    case.forward_waits = False
    if names_thread(case, facts):
        case.tell("answers")
    else:
        _unwrap(case, forward)
    return None


def as_forwarded(case: Case) -> Case:
    """Return a copy of a case whose forward waits, as it will be when it proves to be one; the case stays."""
    forward = case.reading.forward
    assert forward is not None
    copy = replace(case, way=[])
    _unwrap(copy, forward)
    return copy


def _unwrap(case: Case, forward: ForwardedMail) -> None:
    assert case.agent is not None
    case.forwarded_by = case.agent
    case.author = Mailbox(forward.name, forward.address)
    case.author_by = "forward"
    case.subject = forward.subject or case.mail.subject
    case.text, case.html, case.note = forward.text, forward.html, forward.note
    case.candidates, case.outer_ids = [], []
    case.tell("forwarded", by=case.agent.name, address=forward.address)
