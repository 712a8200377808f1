"""Who else takes part: people in CC join only when the one who names them is verified and belongs to the request."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.ids import without_plus
from otklik.channels.email.models import SenderState
from otklik.channels.email.parse.model import Mailbox
from otklik.channels.email.steps.check_right import takes_part
from otklik.channels.email.steps.quiet_automatic import is_answer
from otklik.core.text import normal_address

MOST = 20
_ROBOTS = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "bounce", "abuse")


def gather_people(case: Case, facts: Facts) -> Stop | None:
    """Set ``people`` who become participants.

    A colleague of the requester who was let in as verified takes part from now on. Addresses of our own, of our staff
    and of machines never do.
    """
    if case.side is not None:
        return None
    if case.agent is not None and case.match is not None and case.forwarded_by is None:
        return None
    if case.sender_state != SenderState.VERIFIED or case.report or is_answer(case):
        return None
    mail = case.mail
    ticket = case.match.ticket if case.match else None
    named: list[Mailbox] = []
    if ticket is not None and not takes_part(case, facts, ticket) and case.author is not None:
        named.append(case.author)
        case.people = named
        return None
    named += [*mail.to, *mail.cc]
    seen = {normal_address(case.author_address)}
    for person in named:
        address = normal_address(person.address)
        if address in seen or not _is_person(address, facts):
            continue
        seen.add(address)
        case.people.append(person)
        if len(case.people) >= MOST:
            break
    if case.people:
        case.tell("people", count=len(case.people))
    return None


def _is_person(address: str, facts: Facts) -> bool:
    local = address.partition("@")[0]
    return (
        "@" in address
        and without_plus(address) not in facts.own_addresses
        and address not in facts.agents
        and not local.startswith(_ROBOTS)
    )
