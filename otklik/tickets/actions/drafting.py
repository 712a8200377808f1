"""Drafts of replies and notes: private to their agent, kept on the server until they are sent or emptied."""

from collections.abc import Sequence
from typing import Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Invalid, NotFound
from otklik.tickets import policies
from otklik.tickets.actions.base import allowed
from otklik.tickets.models import Attachment, Draft, Ticket

MODES: Final = ("reply", "note")
LONGEST: Final = 1_000_000
_POLICIES: Final = {"reply": policies.can_reply, "note": policies.can_note}


def save_draft(
    ticket: Ticket, *, mode: str, text: str, attachments: Sequence[int] = (), version: int = 0, by: Actor
) -> int:
    """Keep what the actor has written so far; return the version to send with the next change.

    An empty draft is forgotten (version 0). ``version`` is the one the writer has seen, 0 for none. Writing the same
    again changes nothing. A draft is nobody else's business, so nothing is recorded. Raises ``Conflict`` with the
    present draft when another tab or machine wrote meanwhile, ``Invalid`` for an unknown mode or a text too long.
    """
    _check(ticket, mode, by)
    if len(text) > LONGEST:
        raise Invalid(_("The text is longer than a million characters."), field="text")
    files = _own_files(attachments, by)
    with transaction.atomic():
        rows = Draft.objects.select_for_update().filter(ticket=ticket, user_id=by.id or 0, mode=mode)
        draft = rows.first()
        if draft is not None and (draft.text, draft.attachments) == (text, files):
            return draft.version
        if draft is not None and draft.version != version:
            raise Conflict(_("This draft was changed in another window."), current=draft)
        if not text.strip() and not files:
            rows.delete()
            return 0
        if draft is None:
            return _begin(ticket, mode, text, files, by)
        draft.text, draft.attachments, draft.version, draft.saved_at = text, files, draft.version + 1, now()
        draft.save(update_fields=["text", "attachments", "version", "saved_at"])
        return draft.version


def _begin(ticket: Ticket, mode: str, text: str, files: list[int], by: Actor) -> int:
    """Write the first row; of two tabs that begin at once the second is told of the first."""
    key = {"ticket": ticket, "user_id": by.id, "mode": mode}
    try:
        with transaction.atomic():
            return Draft.objects.create(**key, text=text, attachments=files, saved_at=now()).version
    except IntegrityError:
        current = Draft.objects.get(**key)
        raise Conflict(_("This draft was changed in another window."), current=current) from None


def forget_draft(ticket: Ticket, *, mode: str, by: Actor) -> bool:
    """Drop the actor's own draft, as when it was sent; return false when there was none."""
    return Draft.objects.filter(ticket_id=ticket.pk, user_id=by.id or 0, mode=mode).delete()[0] > 0


def bring_back(
    ticket: Ticket, *, mode: str, text: str, attachments: Sequence[int], user_id: int, behind: bool = False
) -> None:
    """Put text that did not leave into its author's draft, before (or ``behind``) what he has begun there since."""
    draft = Draft.objects.select_for_update().filter(ticket=ticket, user_id=user_id, mode=mode).first()
    if draft is None:
        Draft.objects.create(
            ticket=ticket, user_id=user_id, mode=mode, text=text, attachments=list(attachments), saved_at=now()
        )
        return
    if draft.text != text:
        draft.text = f"{draft.text}{text}" if behind else f"{text}{draft.text}"
    draft.attachments = list(dict.fromkeys([*attachments, *draft.attachments]))
    draft.version, draft.saved_at = draft.version + 1, now()
    draft.save(update_fields=["text", "attachments", "version", "saved_at"])


def _check(ticket: Ticket, mode: str, by: Actor) -> None:
    if mode not in MODES:
        raise Invalid(_("There is no such draft."), field="mode")
    if by.kind != "user":
        raise NotFound
    allowed(_POLICIES[mode], ticket, by)


def _own_files(attachments: Sequence[int], by: Actor) -> list[int]:
    """Return those of the files that are the actor's own and not sent yet, in their order."""
    wanted = list(dict.fromkeys(attachments))[:50]
    if not wanted:
        return []
    rows = Attachment.objects.filter(pk__in=wanted, message__isnull=True, uploaded_by_id=by.id)
    held = set(rows.values_list("pk", flat=True))
    return [pk for pk in wanted if pk in held]
