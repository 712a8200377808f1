"""Writes the answer of a colleague to a notification: to the customer, or as a note, as its door and its marks say."""

from io import BytesIO

from otklik.accounts.queries import actor_for
from otklik.channels.email.case import Case
from otklik.channels.email.doors import answer_of
from otklik.core.errors import DomainError
from otklik.tickets.actions import add_note, reply, upload
from otklik.tickets.actions.base import Shelved
from otklik.tickets.models import Message


class NotTaken(Exception):
    """The answer cannot be written; ``reason`` is one of the ledger's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def write_answer(case: Case) -> Message:
    """Write what a colleague answered, inside the caller's transaction; only his own words, never what he quotes.

    Raises ``NotTaken``: nothing is said (``empty``), the ticket lies in the bin or in spam (``shelved``), or he
    has no right any more (``no_right``).
    """
    assert case.agent is not None
    assert case.door is not None
    actor, ticket = actor_for(case.agent), case.door.ticket
    text, as_note = answer_of(case.reading.visible_reply, case.mail.subject, as_note=case.door.as_note)
    files = [part for part in case.mail.attachments if not part.inline]
    if not text and not files:
        raise NotTaken("empty")
    write = add_note if as_note else reply
    try:
        uploaded = [
            upload(BytesIO(part.data), name=part.name, content_type=part.content_type, size=part.size, by=actor).pk
            for part in files
        ]
        return write(ticket, body_text=text, attachments=uploaded, by=actor)
    except Shelved as error:
        raise NotTaken("shelved") from error
    except DomainError as error:
        raise NotTaken("no_right") from error
