"""Correcting how long somebody worked on an answer or a note; the history keeps what it said before."""

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.accounts import policies as rights
from otklik.core.actor import Actor
from otklik.core.errors import Forbidden, Invalid
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, locked
from otklik.tickets.actions.replying import clean_time
from otklik.tickets.models import Message, MessageKind


def may_correct(actor: Actor, message: Message) -> bool:
    """Tell whether somebody may correct the time of a message he sees: its author, or who supervises."""
    if message.kind not in {MessageKind.REPLY, MessageKind.NOTE} or message.removed_at is not None:
        return False
    own = message.author_kind == "user" == actor.kind and message.author_id == actor.id
    return rights.can(actor, "tickets.note") and (own or rights.sees_everything(actor))


def correct_time(message: Message, *, spent: int | None, by: Actor) -> bool:
    """Say anew how many seconds the work on a message took, none for nothing; false when it says that already.

    The ticket's sum follows. Records ``message.time_changed``. Raises ``Forbidden`` for anybody but the author and
    supervisors, ``Invalid`` over a day.
    """
    allowed(policies.can_note, message.ticket, by)
    if not may_correct(by, message):
        raise Forbidden(_("Only the author and supervisors correct the time."))
    seconds = clean_time(spent)
    with transaction.atomic():
        ticket = locked(message.ticket)
        current = Message.objects.filter(pk=message.pk, ticket=ticket, removed_at__isnull=True).first()
        if current is None:
            raise Invalid(_("This message is not there any more."), field="spent_seconds")
        before = current.spent_seconds
        if before == seconds:
            return False
        current.spent_seconds = seconds
        current.save(update_fields=["spent_seconds"])
        ticket.spent_seconds = max(0, (ticket.spent_seconds or 0) - (before or 0) + (seconds or 0)) or None
        ticket.save(update_fields=["spent_seconds"])
        record(
            events.MessageTimeChanged(
                subject_id=ticket.pk, team_id=ticket.team_id, message_id=current.pk, before=before, after=seconds
            ),
            by=by,
        )
    message.spent_seconds = seconds
    return True
