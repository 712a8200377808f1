"""What rooms above need to send mail of their own and to be answered: freezing, the mailbox it leaves from, doors."""

from otklik.channels.email.doors import ABOVE, Door, door_address, resolvers
from otklik.channels.email.ids import subject_token
from otklik.channels.email.keys import thread_key
from otklik.channels.email.models import OutgoingKind
from otklik.channels.email.outbox.enqueue import Draft, enqueue
from otklik.channels.email.outbox.freeze import Sender, sender_of

__all__ = [
    "ABOVE",
    "Door",
    "Draft",
    "OutgoingKind",
    "Sender",
    "answer_address",
    "enqueue",
    "resolvers",
    "sender_of",
    "subject_token",
]


def answer_address(number: int, mailbox: str) -> str:
    """Return the address at a mailbox that leads an answer to the door with this number."""
    return door_address(thread_key(), number, mailbox)
