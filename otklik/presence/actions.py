"""Saying that one is there. Nothing is recorded: presence is no part of a ticket's history."""

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _

from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.engine.bell import wake
from otklik.core.errors import Forbidden, Invalid, TooMany
from otklik.presence.models import Looking, Writing
from otklik.tickets.models import Ticket

LASTS: Final = timedelta(seconds=50)  # without a word: two of a tab's words may be lost
WRITING_LASTS: Final = timedelta(seconds=30)
MOST_AT_ONCE: Final = 20  # tickets that one person has open by programs
BETWEEN: Final = timedelta(seconds=8)  # the same word sooner than that is not written again
_TAB = 16


def look(ticket: Ticket, *, tab: str, writing: str = "", by: Actor) -> bool:
    """Say that a colleague has a visible ticket open in ``tab``, and what he writes ("", ``reply``, ``note`` or
    ``incoming``).

    A tab in which nothing is written does not end what another tab of his began. Returns whether others see a
    difference; the stream is woken then. Raises ``Invalid`` for words that make no sense.
    """
    if by.kind != "user" or by.id is None:
        raise Forbidden
    if writing not in Writing.values:
        raise Invalid(field="writing")
    if not (tab.isascii() and tab.isalnum() and len(tab) <= _TAB):
        raise Invalid(field="tab")
    at = now()
    known = Looking.objects.filter(ticket_id=ticket.pk, user_id=by.id).first()
    here = known is not None and known.until > at
    said = known.writing if known is not None and here and known.writing_until > at else ""
    if known is not None and said and not writing and known.tab != tab:
        writing = said
    if known is not None and here and said == writing and known.until - at > LASTS - BETWEEN:
        return False
    ends = at + WRITING_LASTS
    if known is not None and known.tab != tab and said and said == writing:
        tab, ends = known.tab, known.writing_until  # the tab that writes keeps the word
    row = Looking(
        ticket_id=ticket.pk, user_id=by.id, tab=tab, until=at + LASTS, writing=writing, writing_until=ends
    )  # fmt: skip
    Looking.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["ticket", "user"],
        update_fields=["tab", "until", "writing", "writing_until"],
    )
    changed = not here or said != writing
    if changed:
        wake("live")
    return changed


def look_by_program(ticket: Ticket, *, tab: str, writing: str = "", by: Actor) -> bool:
    """Say the same for the owner of a token, whose program shows him the ticket.

    Raises ``TooMany`` where he would be at more than ``MOST_AT_ONCE`` tickets: nobody reads so many at a time.
    """
    others = Looking.objects.filter(user_id=by.id or 0, until__gt=now()).exclude(ticket_id=ticket.pk)
    if others.count() >= MOST_AT_ONCE:
        raise TooMany(_("You cannot have so many tickets open at once."), retry_after=LASTS.total_seconds())
    return look(ticket, tab=tab, writing=writing, by=by)


def leave(ticket: Ticket, *, tab: str, by: Actor) -> bool:
    """Say that the ticket is closed in ``tab``; another tab of the same person that spoke later stays."""
    gone, _rows = Looking.objects.filter(ticket_id=ticket.pk, user_id=by.id or 0, tab=tab).delete()
    if gone:
        wake("live")
    return bool(gone)


def prune_looking() -> int:
    """Remove what ran out; return how many rows that were."""
    return Looking.objects.filter(until__lt=now() - timedelta(hours=1)).delete()[0]
