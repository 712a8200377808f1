"""Push: what is due goes to each browser of a person as a job, which tries again while the other side is away."""

import json
from collections.abc import Sequence
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from otklik.accounts.events import SUBJECT_USER
from otklik.accounts.models import User
from otklik.accounts.queries import actor_for, team_ids_of
from otklik.core.actor import Actor
from otklik.core.clock import now
from otklik.core.errors import Forbidden
from otklik.core.jobs import task
from otklik.core.moments import set_moments
from otklik.notifications.actions.boxes import PUSH_MOMENT
from otklik.notifications.actions.browsers import remove_browser
from otklik.notifications.actions.making import hold_boxes
from otklik.notifications.client import Browserish, push
from otklik.notifications.models import DROPPED, SENT, WAITING, Browser, Notification
from otklik.notifications.push_words import payload_of
from otklik.notifications.queries import SHOWN, wishes_of
from otklik.notifications.rules import person_of
from otklik.tickets.queries import visible_numbers

SINGLE: Final = 3
MOST: Final = 100


class PushFailed(Exception):
    """The server of the maker is away or busy: the job tries again."""


def push_due(user_ids: Sequence[int]) -> int:
    """Plan jobs for what waits for these people; return how many. Database only.

    More than a few tickets at once make one message. In quiet hours everything waits until they end.
    """
    at, planned = now(), 0
    boxes = hold_boxes(sorted(user_ids))
    for user in User.objects.select_related("custom_role").filter(pk__in=user_ids).order_by("pk"):
        box = boxes[user.pk]
        person = person_of(user, team_ids_of(user), wishes_of(user.pk))
        due = person.rules.leaves_at(at, person.zone)
        box.push_at = due if due > at and user.is_active else None
        if box.push_at is not None:
            set_moments([(PUSH_MOMENT, SUBJECT_USER, user.pk, due, None)])
        else:
            planned += _plan(user)
        box.save(update_fields=["push_at"])
    return planned


def _plan(user: User) -> int:
    waiting = Notification.objects.filter(user=user, push=WAITING)
    browsers = list(Browser.objects.filter(user=user).values_list("pk", flat=True)) if user.is_active else []
    if not browsers:
        waiting.update(push=DROPPED)
        return 0
    rows = list(waiting.order_by("-id").values_list("pk", "ticket_id", "read_at")[:MOST])
    waiting.update(push=SENT)
    groups: dict[int, list[int]] = {}
    for pk, ticket_id, read_at in reversed(rows):
        if read_at is None:
            groups.setdefault(ticket_id, []).append(pk)
    parts = [[pk for group in groups.values() for pk in group]] if len(groups) > SINGLE else list(groups.values())
    for part in parts:
        for browser in browsers:
            send_push.enqueue(browser, part)
    return len(parts) * len(browsers)


@task(max_attempts=6, backoff=15, lease=60)
def send_push(browser_id: int, notification_ids: list[int]) -> str:
    """Send one message to one browser; return what came of it.

    What was read meanwhile or may not be seen any more is not sent. A browser that is gone is forgotten.
    """
    browser = Browser.objects.select_related("user__custom_role").filter(pk=browser_id).first()
    if browser is None or not browser.user.is_active:
        return "nobody"
    rows = _shown(browser.user, notification_ids)
    if not rows:
        return "read"
    with translation.override(browser.user.language):
        payload = payload_of(rows)
    tickets = {row.ticket_id for row in rows}
    topic = f"ticket-{tickets.pop()}" if len(tickets) == 1 else "many"
    return deliver(browser, payload, topic)


def _shown(user: User, notification_ids: Sequence[int]) -> list[Notification]:
    rows = Notification.objects.filter(pk__in=notification_ids, user=user, read_at__isnull=True)
    rows = rows.filter(SHOWN).select_related("ticket").order_by("id")
    actor = actor_for(user)
    seen = visible_numbers({actor}, {row.ticket_id for row in rows})[actor]
    return [row for row in rows if row.ticket_id in seen]


def deliver(browser: Browser, payload: bytes, topic: str) -> str:
    """Send bytes to a browser and keep what came of it. Raises ``PushFailed`` when it is worth trying again."""
    outcome = push(Browserish(browser.endpoint, browser.p256dh, browser.auth), payload, topic=topic)
    if outcome.gone:
        remove_browser(browser, by=Actor.system())
        return "gone"
    held = Browser.objects.filter(pk=browser.pk)
    if not outcome.error:
        held.update(last_ok_at=now(), last_error="")
        return "sent"
    held.update(last_error=outcome.error[:20])
    if outcome.again:
        raise PushFailed(outcome.error)
    return outcome.error


def try_push(browser: Browser, *, by: Actor) -> None:
    """Plan a trial message to one's own browser; while one waits another is not added. Raises ``Forbidden``."""
    if by.kind != "user" or by.id != browser.user_id:
        raise Forbidden
    send_trial.using(key=f"push.trial.{browser.pk}").enqueue(browser.pk)


@task(max_attempts=2, backoff=5, lease=60)
def send_trial(browser_id: int) -> str:
    """Send a trial message to one browser; return what came of it."""
    browser = Browser.objects.select_related("user").filter(pk=browser_id, user__is_active=True).first()
    if browser is None:
        return "nobody"
    with translation.override(browser.user.language):
        words = {"title": _("It works"), "body": _("So notifications look here."), "tag": "trial"}
    return deliver(browser, json.dumps(words | {"url": "/notifications/"}, ensure_ascii=False).encode(), "trial")
