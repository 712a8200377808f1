"""Pages of notifications: the bell, the list, a person's rules, his browsers."""

from otklik.notifications.views.bell import panel, read, undo
from otklik.notifications.views.browsers import browser, browsers, worker
from otklik.notifications.views.listing import notifications
from otklik.notifications.views.wishes import person_wishes, wishes

__all__ = [
    "browser",
    "browsers",
    "notifications",
    "panel",
    "person_wishes",
    "read",
    "undo",
    "wishes",
    "worker",
]
