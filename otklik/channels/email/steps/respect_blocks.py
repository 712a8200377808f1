"""A person whom the desk has blocked opens nothing and joins nothing; so does a whole domain of spam."""

from otklik.channels.email.case import Case, Facts, Stop
from otklik.channels.email.models import InboundState
from otklik.core.text import normal_address


def respect_blocks(case: Case, facts: Facts) -> Stop | None:
    """Ignore mail of blocked contacts and domains."""
    address = normal_address(case.author_address)
    if address in facts.spam_domains or address.rpartition("@")[2] in facts.spam_domains:
        return Stop(InboundState.IGNORED, "blocked")
    contact = facts.contacts.get(address)
    if contact is not None and contact.is_blocked:
        return Stop(InboundState.IGNORED, "blocked")
    return None
