"""Hears of events and tells people; and what follows when rights or tickets go."""

from typing import Final

from otklik.accounts.events import SUBJECT_USER
from otklik.core.events import StoredEvent, subscriber
from otklik.notifications.actions.leaving import forget_blocked, recount_tickets
from otklik.notifications.actions.making import make_notifications
from otklik.notifications.actions.overtaking import tell_overtaken
from otklik.notifications.actions.reading import recount
from otklik.notifications.causes import CAUSES

_HIDING: Final = frozenset(
    {"ticket.assigned", "ticket.unfollowed", "ticket.binned", "ticket.marked_spam", "ticket.restored"}
)


@subscriber("notifications", *CAUSES)
def notify(events: list[StoredEvent]) -> None:
    """Tell people of what concerns them; told twice, they hear it once."""
    make_notifications(events)


@subscriber("notifications.rights", "user.blocked", "user.access_changed", *sorted(_HIDING))
def follow_rights(events: list[StoredEvent]) -> None:
    """Take back what people may not see any more, from the number on their bell too."""
    blocked = {event.subject_id for event in events if event.kind == "user.blocked"}
    if blocked:
        forget_blocked(blocked)
    if changed := {event.subject_id for event in events if event.subject_kind == SUBJECT_USER} - blocked:
        recount(sorted(changed))
    if tickets := {event.subject_id for event in events if event.kind in _HIDING}:
        recount_tickets(tickets)


@subscriber("notifications.overtaken", "answer.kept", inside=True)
def answer_kept(events: list[StoredEvent]) -> None:
    """Mail to whoever answered by mail that his answer became a draft."""
    for event in events:
        tell_overtaken(event)
