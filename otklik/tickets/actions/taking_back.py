"""The way back of a message that was sent a moment ago, whatever kind of letter it was."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from django.db import transaction

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, NotFound
from otklik.core.events import DomainEvent, record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, locked
from otklik.tickets.models import Attachment, Message, Step, Ticket

GRACE: Final = timedelta(seconds=5)  # between the press and the request that tells of it
_ATTEMPTS: Final = 3


def take_back(step: Step, undo: Callable[[Ticket, Message, Step], None], *, too_late: str, by: Actor) -> Ticket:
    """Let ``undo`` take the message of a step off its ticket while its mails are held; return the ticket, which is
    another than the one it was sent on when that was merged meanwhile.

    Records ``message.unsent``. Raises ``NotFound`` for somebody else's step, ``Conflict`` in the words of ``too_late``
    when the time is over or a mail has left; then nothing is changed. A second time changes nothing.
    """
    for _attempt in range(_ATTEMPTS):
        with transaction.atomic():
            ticket = Ticket.objects.filter(pk=_ticket_now(step)).first()
            if ticket is None or step.user_id != by.id:
                raise NotFound
            allowed(policies.can_reply, ticket, by)
            current = locked(ticket, shelved=True)
            fresh, message = held_message(step, too_late=too_late)
            if message is not None and message.ticket_id != current.pk:
                continue  # merged, or parted again, while we waited for the lock
            if message is not None:
                unsent = events.MessageUnsent(subject_id=current.pk, team_id=current.team_id, message_id=message.pk)
                call_back(unsent, too_late=too_late, by=by)
                undo(current, message, fresh)
                close(fresh)
            return current
    raise Conflict(too_late)


def _ticket_now(step: Step) -> int:
    """Return the number of the ticket that holds the message: another one, once its own was merged into that."""
    held = Message.objects.filter(pk=step.data["message"]).values_list("ticket_id", flat=True).first()
    return held or step.data["ticket"]


def held_message(step: Step, *, too_late: str) -> tuple[Step, Message | None]:
    """Lock a step and return it with its message, None when it was undone already; raises ``Conflict`` when too late.

    The caller has locked the ticket before.
    """
    fresh = Step.objects.select_for_update().get(pk=step.pk)
    if fresh.undone_at is not None:
        return fresh, None
    message = Message.objects.filter(pk=fresh.data["message"]).first()
    if message is None or now() > fresh.until + GRACE:
        raise Conflict(too_late)
    return fresh, message


def call_back(unsent: DomainEvent, *, too_late: str, by: Actor) -> None:
    """Record that a letter is taken back: whoever carries it does so here, or refuses, which ``Conflict`` tells."""
    try:
        record(unsent, by=by)
    except Conflict as error:
        raise Conflict(too_late) from error


def close(step: Step) -> None:
    """Mark a locked step as undone."""
    step.undone_at = now()
    step.save(update_fields=["undone_at"])


def free_files(message: Message, user_id: int) -> list[int]:
    """Take the files off a message that goes, so that they stay with its author's draft; return their ids."""
    files = list(Attachment.objects.filter(message=message).values_list("pk", flat=True))
    Attachment.objects.filter(pk__in=files).update(message=None, ticket=None, uploaded_by=user_id)
    return files
