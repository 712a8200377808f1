"""Everything that writes in this room."""

from otklik.notifications.actions.browsers import add_browser, remove_browser
from otklik.notifications.actions.choosing import change_wishes
from otklik.notifications.actions.making import make_notifications
from otklik.notifications.actions.reading import mark_all_read, mark_read, mark_ticket_read, undo_read

__all__ = [
    "add_browser",
    "change_wishes",
    "make_notifications",
    "mark_all_read",
    "mark_read",
    "mark_ticket_read",
    "remove_browser",
    "undo_read",
]
