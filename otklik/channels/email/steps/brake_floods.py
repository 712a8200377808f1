"""Too much from one sender, or the same again and again: everything is kept, nothing is answered."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.core.text import normal_address

MOST_AN_HOUR = 30
MOST_EQUAL = 3


def brake_floods(case: Case, facts: Facts) -> Stop | None:
    """Set ``quiet`` for floods and for equal mails in a row (two desks that answer each other)."""
    if case.match is not None or case.side is not None:
        return None
    address = normal_address(case.author_address)
    if facts.recent.get(address, 0) > MOST_AN_HOUR:
        case.quiet = True
        case.tell("flood", count=facts.recent[address])
    elif facts.repeats.get((address, case.mail.subject[:300]), 0) >= MOST_EQUAL:
        case.quiet = True
        case.tell("repeated", count=facts.repeats[(address, case.mail.subject[:300])])
    return None
