"""The events a webhook can ask for, and which recorded fact each stands for.

One fact is one call: where two names fit and both are asked for, the first of the list wins.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from otklik.tickets.models import Category

Fits = Callable[[Mapping[str, Any]], bool]


def _always(data: Mapping[str, Any]) -> bool:
    return True


def _became(category: Category) -> Fits:
    """Return whether a change of status went into this category from another."""

    def fits(data: Mapping[str, Any]) -> bool:
        return data.get("category") == category != data.get("before_category")

    return fits


@dataclass(frozen=True, slots=True)
class Choice:
    """One event to choose: its public name, its words, the recorded kind and when that fits."""

    name: str
    label: Any
    kind: str
    fits: Fits = _always

    @property
    def group(self) -> str:
        """Return of what it tells: ``ticket``, ``message``, ``side`` or ``people``."""
        return _GROUPS.get(self.kind.partition(".")[0], "ticket")


_GROUPS: Final = {
    "message": "message", "note": "message", "side": "side", "contact": "people", "organization": "people",
}  # fmt: skip
GROUPS: Final = {
    "ticket": _("Tickets"),
    "message": _("Messages and notes"),
    "side": _("Third parties"),
    "people": _("Customers and organisations"),
}


CHOICES: Final = (
    Choice("ticket.opened", _("A ticket was opened"), "ticket.opened"),
    Choice("ticket.closed", _("A ticket was closed"), "ticket.status_changed", _became(Category.CLOSED)),
    Choice("ticket.solved", _("A ticket was solved"), "ticket.status_changed", _became(Category.SOLVED)),
    Choice("ticket.status_changed", _("The status changed"), "ticket.status_changed"),
    Choice("ticket.reopened", _("A solved ticket was opened again"), "ticket.reopened"),
    Choice("ticket.assigned", _("Team or assignee changed"), "ticket.assigned"),
    Choice("ticket.edited", _("Subject, type or priority changed"), "ticket.edited"),
    Choice("ticket.tagged", _("Tags changed"), "ticket.tagged"),
    Choice("ticket.merged", _("A ticket was merged into another"), "ticket.merged"),
    Choice("ticket.merge_undone", _("A merge was undone"), "ticket.merge_undone"),
    Choice("ticket.split", _("A message was taken out into a ticket of its own"), "ticket.split"),
    Choice("ticket.snoozed", _("A ticket was put off"), "ticket.snoozed"),
    Choice("ticket.woken", _("A ticket came back from snooze"), "ticket.woken"),
    Choice("ticket.binned", _("A ticket went to the bin"), "ticket.binned"),
    Choice("ticket.marked_spam", _("A ticket was marked as spam"), "ticket.marked_spam"),
    Choice("ticket.restored", _("A ticket came back from bin or spam"), "ticket.restored"),
    Choice("ticket.linked", _("A ticket was linked with another"), "ticket.linked"),
    Choice("ticket.unlinked", _("A link of tickets was taken off"), "ticket.unlinked"),
    Choice("ticket.followed", _("Followers were added"), "ticket.followed"),
    Choice("ticket.unfollowed", _("Followers were removed"), "ticket.unfollowed"),
    Choice("foreign_reference.changed", _("The customer’s own numbers changed"), "foreign_reference.changed"),
    Choice("person.added", _("Somebody takes part in a ticket"), "person.added"),
    Choice("person.removed", _("Somebody takes part no more"), "person.removed"),
    Choice("message.received", _("The customer wrote"), "message.received"),
    Choice("message.sent", _("The customer was answered"), "message.sent"),
    Choice("note.added", _("A note was written"), "note.added"),
    Choice("note.edited", _("A note was changed"), "note.edited"),
    Choice("note.removed", _("A note was taken away"), "note.removed"),
    Choice("note.restored", _("A note is back"), "note.restored"),
    Choice("side.opened", _("A side conversation with a third party was begun"), "side.opened"),
    Choice("side.sent", _("A third party was written to"), "side.sent"),
    Choice("side.received", _("A third party answered"), "side.received"),
    Choice("side.closed", _("A side conversation was closed"), "side.closed"),
    Choice("contact.added", _("A customer was seen or entered for the first time"), "contact.added"),
    Choice("contact.changed", _("Facts of a customer changed"), "contact.changed"),
    Choice("contact.merged", _("A customer turned out to be another one"), "contact.merged"),
    Choice("contact.merge_undone", _("Merged customers were parted again"), "contact.merge_undone"),
    Choice("contact.erased", _("The data of a customer were erased"), "contact.erased"),
    Choice("organization.added", _("An organisation was entered"), "organization.added"),
    Choice("organization.changed", _("Facts of an organisation changed"), "organization.changed"),
)
NAMES: Final = frozenset(choice.name for choice in CHOICES)
KINDS: Final = tuple(dict.fromkeys(choice.kind for choice in CHOICES))
TEST: Final = "webhook.test"


def name_of(kind: str, data: Mapping[str, Any], asked: Collection[str]) -> str:
    """Return under which of the names that are asked for a fact is told; empty when under none."""
    for choice in CHOICES:
        if choice.kind == kind and choice.name in asked and choice.fits(data):
            return choice.name
    return ""
