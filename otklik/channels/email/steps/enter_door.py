"""The answer to a notification: taken from the one it was sent to, when a trusted server says that it is he.

Being believed is not enough: a door is one person's. Whoever else writes there is held and shown on the card.
"""

from otklik.channels.email.case import Case, Facts, Match, Stop
from otklik.channels.email.models import InboundState
from otklik.channels.email.steps.quiet_automatic import is_answer, null_sender


def enter_door(case: Case, facts: Facts) -> Stop | None:
    """Set ``door`` and ``match``; hold what is not of the door's owner, ignore what a machine answered."""
    if not case.doors:
        return None
    door = next((facts.doors[number] for number in case.doors if number in facts.doors), None)
    ticket = door.ticket if door is not None else None
    if case.mail.auto_reply or null_sender(case) or is_answer(case):
        return Stop(InboundState.IGNORED, "auto_reply", ticket)
    if door is None:
        return Stop(InboundState.QUARANTINED, "door_gone")
    if case.agent is None or case.agent.pk != door.user_id:
        return Stop(InboundState.QUARANTINED, "not_yours", ticket)
    case.door, case.match = door, Match(door.ticket, "door")
    case.forwarded_by, case.author, case.author_by = None, case.mail.from_, "from"  # what looks forwarded is his quote
    case.tell("thread", by="door", ticket=door.ticket.pk)
    return None
