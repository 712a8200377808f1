"""Changing and taking away one's own notes. What a note said is kept for supervisors."""

from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Forbidden, Invalid, NotFound
from otklik.core.events import record
from otklik.tickets import events, policies
from otklik.tickets.actions.base import allowed, locked
from otklik.tickets.actions.drafting import forget_draft, note_mode
from otklik.tickets.actions.following import call_mentioned
from otklik.tickets.actions.replying import clean_body
from otklik.tickets.models import Message, MessageKind, MessageVersion, Step, Ticket

_UNDO_FOR: Final = timedelta(hours=1)


def edit_note(message: Message, *, body_html: str = "", body_text: str = "", by: Actor) -> bool:
    """Change one's own note; false when it says that already. Records ``note.edited``; new names behind ``@`` are told.

    Raises ``Forbidden`` for somebody else's note, ``Invalid`` for an empty text or one that was taken away.
    """
    html, text = clean_body(body_html, body_text)
    _own(message, by)
    if not text and "<img" not in html:
        raise Invalid(_("Write something first."), field="body")
    with transaction.atomic():
        current = _locked(message)
        if current.removed_at is not None:
            raise Invalid(_("This note was taken away."), field="body")
        if current.body_html == html:
            forget_draft(message.ticket, mode=note_mode(current), by=by)
            return False
        _keep(current)
        before = current.body_text
        current.body_html, current.body_text, current.visible_text, current.edited_at = html, text, text, now()
        current.save(update_fields=["body_html", "body_text", "visible_text", "edited_at"])
        ticket = Ticket.objects.get(pk=current.ticket_id)
        forget_draft(ticket, mode=note_mode(current), by=by)
        record(events.NoteEdited(subject_id=ticket.pk, team_id=ticket.team_id, message_id=current.pk), by=by)
        call_mentioned(ticket, current, by=by, before=before)
    return True


def remove_note(message: Message, *, by: Actor) -> Step | None:
    """Take one's own note away: its place stays, text and files are for supervisors only. Records ``note.removed``.

    Returns the step that brings it back, none the second time.
    """
    _own(message, by)
    at = now()
    with transaction.atomic():
        current = _locked(message)
        if current.removed_at is not None:
            return None
        _keep(current)
        current.body_html = current.body_text = current.visible_text = ""
        current.removed_at = at
        current.save(update_fields=["body_html", "body_text", "visible_text", "removed_at"])
        forget_draft(message.ticket, mode=note_mode(current), by=by)
        _tell(events.NoteRemoved, current, by=by)
        data = {"message": current.pk}
        return Step.objects.create(kind="note", user_id=by.id or 0, data=data, made_at=at, until=at + _UNDO_FOR)


def restore_note(message: Message, *, by: Actor) -> bool:
    """Bring one's own note back as it was; false when it is there. Records ``note.restored``."""
    _own(message, by)
    with transaction.atomic():
        current = _locked(message)
        held = MessageVersion.objects.filter(message=current).order_by("-id").first()
        if current.removed_at is None or held is None:
            return False
        current.body_html, current.body_text, current.visible_text = held.body_html, held.body_text, held.body_text
        current.removed_at = None
        current.save(update_fields=["body_html", "body_text", "visible_text", "removed_at"])
        held.delete()
        _tell(events.NoteRestored, current, by=by)
    return True


def _own(message: Message, by: Actor) -> None:
    allowed(policies.can_note, message.ticket, by)
    own = message.author_kind == "user" == by.kind and message.author_id == by.id
    if message.kind != MessageKind.NOTE or not own:
        raise Forbidden(_("Only your own notes can be changed."))


def _locked(message: Message) -> Message:
    current = Message.objects.filter(pk=message.pk, ticket=locked(message.ticket)).first()
    if current is None:
        raise NotFound
    return current


def _keep(message: Message) -> None:
    MessageVersion.objects.create(
        message=message, body_html=message.body_html, body_text=message.body_text, until=now()
    )


def _tell(kind: type[events.NoteAdded], message: Message, *, by: Actor) -> None:
    ticket = Ticket.objects.only("pk", "team_id").get(pk=message.ticket_id)
    record(kind(subject_id=ticket.pk, team_id=ticket.team_id, message_id=message.pk), by=by)
