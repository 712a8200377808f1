"""What is selected of notifications: a person's own, of tickets he may see still."""

from collections.abc import Mapping
from typing import Final

from django.db.models import Q, QuerySet

from otklik.core.actor import Actor
from otklik.core.cached import forget, kept_for
from otklik.core.errors import NotFound
from otklik.core.pages import Page, keyset_page
from otklik.notifications.kinds import PLANNED
from otklik.notifications.models import Box, Browser, Notification, Wishes
from otklik.tickets.queries import visible_to as tickets_visible_to
from otklik.tickets.queries.access import sees_all

PAGE: Final = 50
IN_PANEL: Final = 40
BELL: Final = "bell"
SHOWN: Final = Q(ticket__shelf__isnull=True) | Q(why=PLANNED)
"""What is shown, mailed and pushed: of tickets in the bin or in spam only what became of a planned reply."""


def visible_to(actor: Actor | None) -> QuerySet[Notification]:
    """Return the notifications that an actor sees: his own, in the desk, of tickets he may see now."""
    if actor is None or actor.kind != "user" or actor.id is None:
        return Notification.objects.none()
    own = Notification.objects.filter(SHOWN, user_id=actor.id, in_desk=True)
    return own if sees_all(actor) else own.filter(ticket__in=tickets_visible_to(actor))


def page_of(actor: Actor, *, cursor: str | None = None, limit: int = PAGE, unread: bool = False) -> Page[Notification]:
    """Return a page of an actor's notifications, newest first, with tickets and their statuses (one statement)."""
    rows = visible_to(actor).select_related("ticket__status", "in_place_of")
    if unread:
        rows = rows.filter(read_at__isnull=True)
    return keyset_page(rows, order=[("-id", int)], cursor=cursor, limit=limit)


def get_notification(actor: Actor, notification_id: int) -> Notification:
    """Return one of an actor's notifications, or raise ``NotFound``."""
    rows = visible_to(actor).select_related("ticket__status", "in_place_of")
    found = rows.filter(pk=notification_id).first() if 0 < notification_id < 2**63 else None
    if found is None:
        raise NotFound
    return found


@kept_for(2, BELL)
def _bells() -> tuple[Mapping[int, int]]:
    # in a tuple, because nothing empty is kept, and "nobody has anything" is an answer too
    return (dict(Box.objects.filter(unread__gt=0).values_list("user_id", "unread")),)


def unread_numbers() -> Mapping[int, int]:
    """Return how many notifications each person has not read; who has none is missing.

    One small read for everybody, kept for a moment: a page with a bell costs no statement of its own.
    """
    return _bells()[0]


def fresh_unread_numbers() -> Mapping[int, int]:
    """Return the numbers as they are now, and keep them: for the live stream, which was told that something changed."""
    forget(BELL)
    return unread_numbers()


def unread_of(actor: Actor) -> int:
    """Return the number on a person's bell."""
    return unread_numbers().get(actor.id or 0, 0) if actor.kind == "user" else 0


def wishes_of(user_id: int) -> Wishes | None:
    """Return what a person chose, None when he never did."""
    return Wishes.objects.filter(pk=user_id).first()


def browsers_of(user_id: int) -> QuerySet[Browser]:
    """Return the browsers of a person that take push messages."""
    return Browser.objects.filter(user_id=user_id)


def count_unread(actor: Actor) -> int:
    """Return how many notifications an actor has not read, as the kept number says now (one statement)."""
    return Box.objects.filter(pk=actor.id or 0).values_list("unread", flat=True).first() or 0
