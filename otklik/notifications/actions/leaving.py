"""What goes: of people who are blocked, of tickets somebody no longer sees, and what is old."""

from collections.abc import Collection
from datetime import timedelta

from otklik.accounts.events import SUBJECT_USER
from otklik.core.clock import now
from otklik.core.moments import clear_moments
from otklik.core.settings_store import get
from otklik.notifications.actions.boxes import MAIL_MOMENT, PUSH_MOMENT
from otklik.notifications.actions.reading import recount
from otklik.notifications.app_settings import KEEP_DAYS
from otklik.notifications.models import DROPPED, WAITING, AnswerDoor, Box, Browser, Notification

_SLICE = 2000


def forget_blocked(user_ids: Collection[int]) -> None:
    """Let nothing more leave for people who are blocked, and forget their browsers."""
    rows = Notification.objects.filter(user_id__in=user_ids)
    rows.filter(mail=WAITING).update(mail=DROPPED)
    rows.filter(push=WAITING).update(push=DROPPED)
    Browser.objects.filter(user_id__in=user_ids).delete()
    Box.objects.filter(pk__in=user_ids).update(mail_at=None, push_at=None)
    for kind in (MAIL_MOMENT, PUSH_MOMENT):
        clear_moments(kind, SUBJECT_USER, sorted(user_ids))


def recount_tickets(numbers: Collection[int]) -> None:
    """Count anew for those who have not read something of these tickets: they may no longer see them, or do again."""
    people = Notification.objects.filter(ticket_id__in=numbers, read_at__isnull=True, in_desk=True)
    recount(sorted(set(people.values_list("user_id", flat=True))))


def sweep_old() -> int:
    """Remove notifications older than the setting says, and doors of mails nobody answered; return how many went."""
    before = now() - timedelta(days=int(get(KEEP_DAYS)))
    gone, people = 0, set()
    old = Notification.objects.filter(made_at__lt=before).order_by("made_at", "id")
    while part := list(old.values_list("pk", "user_id")[:_SLICE]):
        people |= {user_id for _pk, user_id in part}
        gone += Notification.objects.filter(pk__in=[pk for pk, _user in part]).delete()[0]
    AnswerDoor.objects.filter(made_at__lt=before).delete()
    unread = set(Box.objects.filter(unread__gt=0).values_list("pk", flat=True))
    recount(sorted(people | unread))  # whatever went meanwhile with its ticket
    return gone
