"""A person whom the desk has blocked opens nothing and joins nothing; so does a whole domain of spam."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.core.text import normal_address
from otklik.tickets.queries.unwelcome import is_unwelcome


def respect_blocks(case: Case, facts: Facts) -> Stop | None:
    """Ignore mail of blocked contacts and domains."""
    address = normal_address(case.author_address)
    contact = facts.contacts.get(address)
    if is_unwelcome(address, senders=facts.spam_domains, blocked=contact is not None and contact.is_blocked):
        return Stop(InboundState.IGNORED, "blocked")
    return None
