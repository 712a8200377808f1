"""Writes the answer of a colleague to a notification: to the customer, or as a note, as its door and its marks say."""

from io import BytesIO

from django.db import transaction

from otklik.accounts.queries import actor_for
from otklik.channels.email.case import Case
from otklik.channels.email.doors import answer_of
from otklik.channels.email.events.inbound import AnswerKept
from otklik.core.actor import Actor
from otklik.core.errors import DomainError
from otklik.core.events import record
from otklik.tickets.actions import Unseen, add_note, reply, upload
from otklik.tickets.actions.base import Shelved
from otklik.tickets.actions.drafting import bring_back
from otklik.tickets.actions.replying import clean_body
from otklik.tickets.models import Message


class NotTaken(Exception):
    """The answer cannot be written; ``reason`` is one of the ledger's."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def write_answer(case: Case) -> Message | None:
    """Write what a colleague answered, inside the caller's transaction; only his own words, never what he quotes.

    A reply that messages overtook which the mail that he answers did not show becomes his draft, and there is no
    message: records ``answer.kept``. Raises ``NotTaken``: nothing is said (``empty``), the ticket lies in the bin or in
    spam (``shelved``), or he has no right any more (``no_right``).
    """
    assert case.agent is not None
    assert case.door is not None
    actor, door = actor_for(case.agent), case.door
    text, as_note = answer_of(case.reading.visible_reply, case.mail.subject, as_note=door.as_note)
    files = [part for part in case.mail.attachments if not part.inline]
    if not text and not files:
        raise NotTaken("empty")
    try:
        uploaded = [
            upload(BytesIO(part.data), name=part.name, content_type=part.content_type, size=part.size, by=actor).pk
            for part in files
        ]
        if as_note:
            return add_note(door.ticket, body_text=text, attachments=uploaded, by=actor)
        with transaction.atomic():
            return reply(door.ticket, body_text=text, attachments=uploaded, seen=door.newest_id, by=actor)
    except Unseen:
        _keep(case, text, uploaded, actor)
        return None
    except Shelved as error:
        raise NotTaken("shelved") from error
    except DomainError as error:
        raise NotTaken("no_right") from error


def _keep(case: Case, text: str, files: list[int], actor: Actor) -> None:
    assert case.door is not None
    assert actor.id is not None
    ticket = case.door.ticket
    html, _plain = clean_body("", text)
    bring_back(ticket, mode="reply", text=html, attachments=files, user_id=actor.id)
    kept = AnswerKept(
        subject_id=ticket.pk, team_id=ticket.team_id, inbound_id=case.row.pk, user_id=actor.id,
        seen=case.door.newest_id or 0,
    )  # fmt: skip
    record(kept, by=actor)
