"""Letters of ours that begin a ticket, with the same way back as an answer has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.tickets.actions.base import touch
from otklik.tickets.actions.drafting import NEW_TICKET, bring_back, forget_draft
from otklik.tickets.actions.opening import write_first
from otklik.tickets.actions.replying import clean_body
from otklik.tickets.actions.saving import NUMBER_LATER
from otklik.tickets.actions.sending import undo_window
from otklik.tickets.actions.shelving import bin_unsent
from otklik.tickets.actions.sums import newest_of
from otklik.tickets.actions.taking_back import free_files, take_back
from otklik.tickets.models import Message, MessageKind, Step, Ticket


@dataclass(frozen=True, slots=True)
class FirstSent:
    """The ticket that a letter of ours began, and the step that takes it back (None: not held, or it waits)."""

    ticket: Ticket
    step: Step | None


def send_first(
    *, send_at: datetime | None = None, form: Mapping[str, Any] | None = None, by: Actor, **words: Any
) -> FirstSent:
    """Begin a ticket as ``write_first`` does, end the author's draft, and hold the mail for the setting's seconds.

    ``form`` is what the form held besides text and files; ``undo_first`` gives it back. A letter that waits until
    ``send_at`` has no such step: it is called off on its ticket.
    """
    window = undo_window() if send_at is None and by.kind == "user" and by.id is not None else timedelta(0)
    with transaction.atomic():
        at = now()
        ticket = write_first(send_at=send_at, not_before=at + window if window else None, by=by, **words)
        forget_draft(None, mode=NEW_TICKET, by=by)
        if not window:
            return FirstSent(ticket, None)
        message = Message.objects.get(ticket=ticket, kind=MessageKind.REPLY)
        data = {"ticket": ticket.pk, "message": message.pk, "form": dict(form or {}), "text": _unnumbered(words)}
        step = Step.objects.create(kind="first", user_id=by.id or 0, data=data, made_at=at, until=at + window)
    return FirstSent(ticket, step)


def _unnumbered(words: Mapping[str, Any]) -> str:
    """Return the text as it was written where the ticket's number stands in it: taken back, it is of no ticket yet."""
    html, _text = clean_body(words.get("body_html", ""), words.get("body_text", ""))
    return html if NUMBER_LATER in html else ""


def undo_first(step: Step, *, by: Actor) -> Ticket:
    """Take a first letter back before it leaves: text, files and form are its author's draft again.

    The ticket goes to the bin when nothing else was said on it; else the text is the draft of a reply there. Records
    ``message.unsent`` and ``ticket.binned``. Raises ``NotFound`` for somebody else's step, ``Conflict`` when it is too
    late. A second time changes nothing.
    """

    def undo(current: Ticket, message: Message, fresh: Step) -> None:
        _take_back(current, message, fresh, by=by)

    return take_back(step, undo, too_late=_("Too late: the letter is on its way."), by=by)


def _take_back(ticket: Ticket, message: Message, step: Step, *, by: Actor) -> None:
    files = free_files(message, step.user_id)
    text = step.data["text"] or message.body_html
    message.delete()
    ticket.message_count -= 1
    alone = not Message.objects.filter(ticket=ticket).exists()
    if alone:
        ticket.preview = ""
    newest = newest_of(ticket) if ticket.pk != step.data["ticket"] else []  # merged meanwhile
    touch(ticket, *{"message_count", "preview", *newest}, versioned=False)
    kept: dict[str, Any] = {"text": text if alone else message.body_html, "attachments": files, "user_id": step.user_id}
    if alone:
        bring_back(None, mode=NEW_TICKET, fields=step.data["form"], **kept)
        bin_unsent(ticket, by=by)
    else:
        bring_back(ticket, mode="reply", **kept)
