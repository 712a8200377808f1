"""What the people of the demo company were told in the last days: the bell has something to show at once."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery

from otklik.accounts.events import SUBJECT_USER
from otklik.core.events import Event
from otklik.core.moments import clear_moments
from otklik.notifications.actions import make_notifications
from otklik.notifications.actions.boxes import MAIL_MOMENT, PUSH_MOMENT
from otklik.notifications.causes import CAUSES
from otklik.notifications.models import Box, Notification

SINCE: Final = timedelta(days=4)
NEW_FOR: Final = timedelta(hours=48)
"""What is older has been read."""
MOST: Final = 400


def tell_people(at: datetime) -> int:
    """Tell people of what happened lately, as of when it happened; nothing of it leaves by mail or push."""
    recent = Event.objects.filter(kind__in=[*CAUSES], at__gt=at - SINCE).order_by("-id")[:MOST]
    events = [row.stored() for row in reversed(recent)]
    with transaction.atomic():
        make_notifications(events)
        made = Subquery(Event.objects.filter(pk=OuterRef("event_id")).values("at")[:1])
        Notification.objects.update(mail="", push="", made_at=made)
        Notification.objects.filter(made_at__lt=at - NEW_FOR).update(read_at=at - NEW_FOR)
        unread = dict(
            Notification.objects.filter(read_at__isnull=True, in_desk=True).values_list("user_id").annotate(Count("id"))
        )
        for box in Box.objects.all():
            box.unread, box.mail_at, box.push_at = unread.get(box.pk, 0), None, None
            box.save()
        for kind in (MAIL_MOMENT, PUSH_MOMENT):
            clear_moments(kind, SUBJECT_USER, list(Box.objects.values_list("pk", flat=True)))
    return len(events)
