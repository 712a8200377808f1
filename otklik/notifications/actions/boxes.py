"""The box of a person: when his mail and push are due, and the number on his bell."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from otklik.accounts.events import SUBJECT_USER
from otklik.core.cached import forget
from otklik.core.engine.bell import wake
from otklik.core.moments import set_moments
from otklik.core.settings_store import get
from otklik.notifications.app_settings import MAIL_DELAY
from otklik.notifications.models import WAITING, Box, Notification
from otklik.notifications.queries import BELL
from otklik.notifications.rules import Directory, Rules

MAIL_MOMENT: Final = "notifications.mail"
PUSH_MOMENT: Final = "notifications.push"


def forget_bell() -> None:
    """Let this process read the numbers anew, and wake the live stream, which tells them to browsers."""
    forget(BELL)
    wake("live")


def plan(boxes: Mapping[int, Box], rows: Sequence[Notification], people: Directory, at: datetime) -> None:
    """Set when mail and push of new notifications leave: what is planned already is only moved to an earlier time."""
    delay = timedelta(seconds=int(get(MAIL_DELAY)))
    moments: list[tuple[str, int, int, datetime, None]] = []
    changed: dict[int, Box] = {}
    for row in rows:
        person, box = people.people[row.user_id], boxes[row.user_id]
        if row.mail == WAITING:
            due = person.rules.mail_at(at + delay, person.zone)
            if box.mail_at is None or due < box.mail_at:
                box.mail_at = due
                changed[box.pk] = box
                moments.append((MAIL_MOMENT, SUBJECT_USER, box.pk, due, None))
        if row.push == WAITING:
            due = person.rules.leaves_at(at, person.zone)
            if box.push_at is None or due < box.push_at:
                box.push_at = due
                changed[box.pk] = box
                moments.append((PUSH_MOMENT, SUBJECT_USER, box.pk, due, None))
    if changed:
        Box.objects.bulk_update(changed.values(), ["mail_at", "push_at"])
        set_moments(moments)


def hurry(box: Box, rules: Rules, zone: ZoneInfo, at: datetime) -> None:
    """Let what waits in a box leave as rules say that were just changed, where that is sooner."""
    ready = at + timedelta(seconds=int(get(MAIL_DELAY)))
    moments: list[tuple[str, int, int, datetime, None]] = []
    mail, push = rules.mail_at(ready, zone), rules.leaves_at(at, zone)
    if box.mail_at is not None and mail < box.mail_at:
        box.mail_at = mail
        moments.append((MAIL_MOMENT, SUBJECT_USER, box.pk, mail, None))
    if box.push_at is not None and push < box.push_at:
        box.push_at = push
        moments.append((PUSH_MOMENT, SUBJECT_USER, box.pk, push, None))
    if moments:
        box.save(update_fields=["mail_at", "push_at"])
        set_moments(moments)
