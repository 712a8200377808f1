"""Everything that writes tickets, by subject."""

from otklik.tickets.actions.assigning import assign
from otklik.tickets.actions.editing import edit_properties
from otklik.tickets.actions.files import upload
from otklik.tickets.actions.meeting import Clash, Unseen
from otklik.tickets.actions.opening import open_ticket
from otklik.tickets.actions.people import add_people, add_person, remove_person
from otklik.tickets.actions.receiving import Incoming, NewAttachment, Received, receive
from otklik.tickets.actions.references import add_references, remove_reference, set_references
from otklik.tickets.actions.refreshing import READ_FROM_MAIL, refresh_message
from otklik.tickets.actions.replying import add_incoming, add_note, reply
from otklik.tickets.actions.requester import change_requester
from otklik.tickets.actions.snoozing import snooze, unsnooze, wake_by_time
from otklik.tickets.actions.status import change_status, close_solved
from otklik.tickets.actions.tagging import set_tags

__all__ = [
    "READ_FROM_MAIL",
    "Clash",
    "Incoming",
    "NewAttachment",
    "Received",
    "Unseen",
    "add_incoming",
    "add_note",
    "add_people",
    "add_person",
    "add_references",
    "assign",
    "change_requester",
    "change_status",
    "close_solved",
    "edit_properties",
    "open_ticket",
    "receive",
    "refresh_message",
    "remove_person",
    "remove_reference",
    "reply",
    "set_references",
    "set_tags",
    "snooze",
    "unsnooze",
    "upload",
    "wake_by_time",
]
