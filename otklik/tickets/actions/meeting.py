"""Two people at one ticket: what one of them has not seen yet is shown to him before his change goes.

A change may say what its author saw. Under the ticket's lock that is compared with what stands there now; a difference
stops the change with a ``Conflict`` that carries everything a door needs to show it.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.core.actor import Actor
from otklik.core.errors import Conflict
from otklik.tickets.models import Message, SideConversation, Ticket

MOST_SHOWN = 20
_VALUES: Final = {
    "subject": lambda ticket: ticket.subject,
    "priority": lambda ticket: ticket.priority,
    "type": lambda ticket: ticket.type_id,
    "status": lambda ticket: ticket.status.key,
    "assignee": lambda ticket: ticket.assignee_id,
    "team": lambda ticket: ticket.team_id,
    "requester": lambda ticket: ticket.requester_id,
    "until": lambda ticket: ticket.snoozed_until,
    "shelf": lambda ticket: ticket.shelf,
}  # fmt: skip


class Clash(Conflict):
    """Somebody gave a property another value meanwhile. Values are as doors send them: keys, ids, numbers, text;
    ``until``, the end of a snooze, is a moment or nothing, ``shelf`` bin, spam or nothing."""

    code = "clash"
    default = _("Somebody changed this meanwhile. Your choice is not saved.")

    def __init__(self, name: str, *, seen: Any, wanted: Any, current: Ticket) -> None:
        super().__init__(current=current)
        self.name = name
        self.seen = seen
        self.now = _VALUES[name](current)
        self.wanted = wanted


class Unseen(Conflict):
    """Messages came that the author of an answer has not seen; ``messages`` are the newest of them, oldest first."""

    code = "unseen"
    default = _("New messages came while you were writing. Read them before the reply goes.")

    def __init__(self, messages: list[Message], current: Ticket) -> None:
        super().__init__(current=current)
        self.messages = messages


def value_of(ticket: Ticket, name: str) -> Any:
    """Return a property as doors send it: a key, an id, a number, a text, a moment or nothing."""
    return _VALUES[name](ticket)


def look_for_clash(ticket: Ticket, seen: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> None:
    """Raise ``Clash`` when a property of the locked ticket is neither as its author saw it nor as he wants it."""
    for name, value in (seen or {}).items():
        now = _VALUES[name](ticket)
        if name in wanted and now not in (value, wanted[name]):
            raise Clash(name, seen=value, wanted=wanted[name], current=ticket)


def look_for_unseen(ticket: Ticket, seen: int | None, *, side: SideConversation | None = None, by: Actor) -> None:
    """Raise ``Unseen`` when the locked ticket has messages after ``seen`` that are not the author's own.

    Those of a side conversation count in it alone: ``side``.
    """
    if seen is None:
        return
    here = Message.objects.filter(ticket_id=ticket.pk, id__gt=seen, side=side)
    newer = here.exclude(author_kind=by.kind, author_id=by.id)
    if messages := list(newer.order_by("-id")[:MOST_SHOWN]):
        raise Unseen(messages[::-1], ticket)
