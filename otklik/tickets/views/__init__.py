"""Pages of tickets: the list, the card, and one noun for each thing people do on them."""

from otklik.tickets.views.assignments import assignment
from otklik.tickets.views.beside import next_ticket, previous_ticket
from otklik.tickets.views.bulk import bulk
from otklik.tickets.views.card import card
from otklik.tickets.views.files import attachment, retention_preview, upload
from otklik.tickets.views.frame import frame, outside_picture
from otklik.tickets.views.incoming import incoming
from otklik.tickets.views.lists import ticket_list
from otklik.tickets.views.new import new_ticket, suggestions
from otklik.tickets.views.properties import people, person, properties, reference, references, requester, tags
from otklik.tickets.views.replies import notes, replies
from otklik.tickets.views.states import snooze, status

__all__ = [
    "assignment",
    "attachment",
    "bulk",
    "card",
    "frame",
    "incoming",
    "new_ticket",
    "next_ticket",
    "notes",
    "outside_picture",
    "people",
    "person",
    "previous_ticket",
    "properties",
    "reference",
    "references",
    "replies",
    "requester",
    "retention_preview",
    "snooze",
    "status",
    "suggestions",
    "tags",
    "ticket_list",
    "upload",
]
