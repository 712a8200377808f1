"""What is being written: the actor's own drafts, and answers that wait for their time."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from otklik.core.actor import Actor
from otklik.core.errors import NotFound
from otklik.tickets.models import Attachment, Draft, ScheduledReply, Ticket
from otklik.tickets.queries.access import sees_all, visible_to

COMPOSED: Final = ("reply", "note", "incoming")
"""What the composer of a card writes."""


@dataclass(frozen=True, slots=True)
class OwnDraft:
    """A draft with the files that are still there."""

    draft: Draft
    files: list[Attachment]


def own_drafts(actor: Actor, ticket: Ticket | None, modes: Collection[str] = COMPOSED) -> list[OwnDraft]:
    """Return the actor's drafts of these modes on a visible ticket, or without a ticket (two statements, one when there
    is none)."""
    drafts = list(Draft.objects.filter(ticket=ticket, user_id=actor.id or 0, mode__in=modes))
    wanted = {pk for draft in drafts for pk in draft.attachments}
    rows = Attachment.objects.filter(pk__in=wanted, message__isnull=True, uploaded_by_id=actor.id) if wanted else ()
    files = {row.pk: row for row in rows}
    return [OwnDraft(draft, [files[pk] for pk in draft.attachments if pk in files]) for draft in drafts]


def scheduled_visible_to(actor: Actor) -> QuerySet[ScheduledReply]:
    """Return the answers that wait for their time on tickets the actor sees, soonest first."""
    rows = ScheduledReply.objects.select_related("ticket", "user")
    return rows if sees_all(actor) else rows.filter(ticket__in=visible_to(actor))


def get_scheduled(actor: Actor, number: int, scheduled_id: int) -> ScheduledReply:
    """Return one that waits on a visible ticket, or raise ``NotFound``."""
    found = None
    if 0 < scheduled_id < 2**63:
        found = scheduled_visible_to(actor).filter(ticket_id=number, pk=scheduled_id).first()
    if found is None:
        raise NotFound
    return found
