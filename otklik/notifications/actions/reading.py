"""What a person has read. Nothing is recorded: that somebody looked is no part of a ticket's history."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from otklik.accounts.models import User
from otklik.accounts.queries import actor_for
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Conflict, Forbidden
from otklik.notifications.actions.boxes import forget_bell
from otklik.notifications.actions.making import hold_boxes
from otklik.notifications.models import Box, Notification
from otklik.notifications.queries import visible_to

UNDO_FOR: Final = timedelta(hours=1)


def _person(by: Actor) -> int:
    if by.kind != "user" or by.id is None:
        raise Forbidden
    return by.id


def mark_ticket_read(number: int, *, by: Actor) -> int:
    """Mark what a person was told of one ticket as read: he has it open. Return how many; again changes nothing."""
    user_id = _person(by)
    unread = Notification.objects.filter(user_id=user_id, ticket_id=number, read_at__isnull=True)
    if not unread.exists():
        return 0
    with transaction.atomic():
        hold_boxes([user_id])
        changed = unread.update(read_at=now())
        _recount(user_id, by)
    return changed


def mark_read(notification_ids: Sequence[int], *, by: Actor, read: bool = True) -> int:
    """Mark single notifications of one's own as read, or as not read; those of others are not touched."""
    user_id = _person(by)
    rows = Notification.objects.filter(user_id=user_id, pk__in=notification_ids, read_at__isnull=read)
    with transaction.atomic():
        hold_boxes([user_id])
        changed = rows.update(read_at=now() if read else None)
        _recount(user_id, by)
    return changed


def mark_all_read(*, by: Actor, until: int | None = None) -> datetime | None:
    """Mark everything up to the notification ``until`` as read (what came since stays); return the mark for
    ``undo_read``, None when there was nothing."""
    user_id = _person(by)
    at = now()
    rows = Notification.objects.filter(user_id=user_id, read_at__isnull=True)
    if until is not None:
        rows = rows.filter(pk__lte=until)
    with transaction.atomic():
        hold_boxes([user_id])
        changed = rows.update(read_at=at)
        _recount(user_id, by)
    return at if changed else None


def undo_read(mark: datetime, *, by: Actor) -> int:
    """Take a "mark all read" back within an hour; a second time finds nothing. Raises ``Conflict`` when it is late."""
    user_id = _person(by)
    if not now() - UNDO_FOR <= mark <= now():
        raise Conflict
    with transaction.atomic():
        hold_boxes([user_id])
        changed = Notification.objects.filter(user_id=user_id, read_at=mark).update(read_at=None)
        _recount(user_id, by)
    return changed


def _recount(user_id: int, actor: Actor) -> None:
    unread = visible_to(actor).filter(read_at__isnull=True).count()
    Box.objects.filter(pk=user_id).exclude(unread=unread).update(unread=unread)
    transaction.on_commit(forget_bell)


def recount(user_ids: Sequence[int]) -> None:
    """Count anew what these people have not read of what they may see: rights changed, or a ticket went away."""
    for user in User.objects.select_related("custom_role").filter(pk__in=user_ids).order_by("pk"):
        with transaction.atomic():
            hold_boxes([user.pk])
            _recount(user.pk, actor_for(user))
